//! How does a scan become statements, and their rows cells?

use std::sync::mpsc::SyncSender;

use causeway_flow::source::{Decoder, Outlook, Scan, SourceError};
use causeway_model::Code;
use causeway_model::catalogue::SnapshotMode;

use super::asked::Asked;
use super::cells::{How, push_row};
use super::definition::{Definition, Kind};
use super::failure::Trouble;
use super::known::Known;
use super::session::{Session, row};
use super::tables::Column;
use super::{outlook, statement, tables};
use crate::source::Refuse;
use crate::source::handoff::Sender;
use crate::source::pump::{self, Rows, Run};

/// A connection that reads.
pub(super) struct Reading<'s> {
    pub(super) session: &'s mut Session,
    pub(super) run: &'s Run,
    pub(super) mode: SnapshotMode,
}

impl Reading<'_> {
    /// Hands the rows of `scan` to `out`; says when they begin to come.
    pub(super) fn scan(
        &mut self,
        scan: &Scan,
        out: &Sender,
        begun: &SyncSender<Result<(), SourceError>>,
    ) -> Result<(), SourceError> {
        let what = reading(scan);
        let (definitions, columns) = self.describe(scan)?;
        let known = known(scan, &definitions, &columns);
        let mut asked = Asked::new(&self.session.target.database, scan, &definitions, &known);
        let how: Vec<How> = known.iter().map(|known| How::of(known.kind, known.column)).collect();
        // What the server itself calls a day or a moment is not read by the catalogue's notation.
        let mut scan = scan.clone();
        for (column, how) in scan.columns.iter_mut().zip(&how) {
            if matches!(how, How::Day | How::Moment) {
                column.format = None;
            }
        }
        self.session.wire.patience.scan(out.shared());
        let first = asked.next();
        if let Some(first) = &first {
            self.session.begin(first).map_err(|trouble| self.session.refuse(trouble, &what))?;
        }
        let _ = begun.send(Ok(()));
        let mut rows = ScanRows { session: self.session, asked, how, what, open: first.is_some() };
        pump::pump(&mut rows, &scan, self.run, out);
        if rows.open {
            rows.session.abandon();
        }
        Ok(())
    }

    /// What is known of `scan` before it is run.
    pub(super) fn outlook(&mut self, scan: &Scan) -> Result<Outlook, SourceError> {
        let (definitions, columns) = self.describe(scan)?;
        let known = known(scan, &definitions, &columns);
        let asked = Asked::new(&self.session.target.database, scan, &definitions, &known);
        let told = outlook::told(self.session, scan, &known, &asked);
        told.map_err(|trouble| self.session.refuse(trouble, &reading(scan)))
    }

    /// The columns of `scan`, as they come and as the server describes them, after making sure that they can be read.
    fn describe(&mut self, scan: &Scan) -> Result<(Vec<Definition>, Vec<Column>), SourceError> {
        self.session.alive()?;
        let head = statement::head(&self.session.target.database, scan);
        let described = self.session.describe(&head);
        let definitions = match described {
            Ok(definitions) => definitions,
            Err(trouble) => return Err(self.refuse(trouble, scan)),
        };
        let table = scan.table.as_deref().unwrap_or_default();
        let refuse = Refuse(&self.run.origin);
        for (column, definition) in scan.columns.iter().zip(&definitions) {
            if !definition.kind.holds(&column.value_type) {
                let (name, kind, declared) = (&column.column, definition.kind.name(), &column.value_type);
                let detail = format!("column `{name}` of table `{table}` is {kind}, and the element is {declared}");
                return Err(SourceError::new(Code::ColumnRetyped, &self.run.origin, detail));
            }
        }
        let mut look = || -> Result<_, Trouble> {
            let why = match self.mode {
                SnapshotMode::Transaction => tables::not_held_still(self.session, table)?,
                SnapshotMode::None => None,
            };
            Ok((why, tables::columns(self.session, Some(table))?))
        };
        match look() {
            Ok((Some(why), _)) => Err(refuse.unreachable(format!("table `{table}` cannot be held still: {why}"))),
            Ok((None, columns)) => Ok((definitions, columns)),
            Err(trouble) => Err(self.session.refuse(trouble, &reading(scan))),
        }
    }

    /// Trouble about a table's columns, with the columns that it is about.
    fn refuse(&mut self, trouble: Trouble, scan: &Scan) -> SourceError {
        let code = match trouble {
            Trouble::Refused(1054) => Code::ColumnMissing,
            Trouble::Refused(1143) => Code::SourceUnreachable,
            other => return self.session.refuse(other, &reading(scan)),
        };
        let table = scan.table.as_deref().unwrap_or_default();
        let visible = match tables::columns(self.session, Some(table)) {
            Ok(visible) => visible,
            Err(other) => return self.session.refuse(other, &reading(scan)),
        };
        let seen = |name: &str| visible.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let unseen: Vec<String> =
            scan.columns.iter().filter(|c| !seen(&c.column)).map(|c| format!("`{}`", c.column)).collect();
        let unseen = unseen.join(", ");
        let detail = match code {
            Code::ColumnMissing => format!("table `{table}` has no column {unseen}"),
            _ => format!("user `{}` has no right to read {unseen} of table `{table}`", self.session.target.user),
        };
        SourceError::new(code, &self.run.origin, detail)
    }
}

fn reading(scan: &Scan) -> String {
    format!("reading table `{}`", scan.table.as_deref().unwrap_or_default())
}

fn known<'k>(scan: &'k Scan, definitions: &[Definition], columns: &'k [Column]) -> Vec<Known<'k>> {
    let known = |(place, column): (usize, &'k causeway_flow::source::ScanColumn)| Known {
        column,
        kind: definitions.get(place).map_or(Kind::Other, |definition| definition.kind),
        real: columns.iter().find(|real| real.name.eq_ignore_ascii_case(&column.column)),
    };
    scan.columns.iter().enumerate().map(known).collect()
}

/// The rows of a scan, statement after statement.
struct ScanRows<'s, 'k> {
    session: &'s mut Session,
    asked: Asked<'k>,
    how: Vec<How>,
    what: String,
    /// Whether a statement is running.
    open: bool,
}

impl ScanRows<'_, '_> {
    fn read(&mut self, decoder: &mut Decoder) -> Result<bool, Trouble> {
        while self.open {
            if let Some(row) = row(self.session.wire.packet()?)? {
                push_row(row, &self.how, decoder)?;
                return Ok(true);
            }
            self.open = false;
            if let Some(next) = self.asked.next() {
                self.session.wire.patience.again();
                self.session.begin(&next)?;
                self.open = true;
            }
        }
        Ok(false)
    }
}

impl Rows for ScanRows<'_, '_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        self.read(decoder).map_err(|trouble| {
            self.open = false;
            self.session.refuse(trouble, &self.what)
        })
    }

    fn finish(&mut self, _rows: u64) -> Result<(), SourceError> {
        Ok(())
    }

    fn pausing(&mut self, paused: bool) {
        self.session.wire.patience.pause(paused);
    }
}
