//! How is a group applied: once, as a whole or not at all, and over nobody's change?

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use causeway_flow::accept::target::{
    Answer, Before, Column, Datum, Group, Keeper, Mapping, Onto, Outcome, Refusal, Row, RowBefore, Stored, TargetError,
    Write,
};
use causeway_model::Code;

use super::link::{Fields, Link, Trouble};
use super::marker;
use super::session::Open;
use super::statement;

/// Why the writing of a group ends before its end.
enum Halt {
    /// Nothing is to be done with it, and that is the answer.
    Answer(Answer),
    /// It cannot be gone on.
    Error(TargetError),
}

impl From<TargetError> for Halt {
    fn from(error: TargetError) -> Self {
        Halt::Error(error)
    }
}

fn nothing(outcome: Outcome) -> Halt {
    Halt::Answer(Answer { outcome, key: Vec::new(), repeated: false })
}

/// Applies a group in one transaction, or answers what was applied before.
pub(super) fn apply<L: Link>(
    open: &mut Open<L>,
    group: &Group,
    keeper: &mut dyn Keeper,
) -> Result<Answer, TargetError> {
    open.link.begin().map_err(|trouble| trouble.error(&open.target))?;
    let mut applying = Applying { open: &mut *open, before: Before::default(), keeper: &mut *keeper };
    match applying.group(group) {
        Ok(answer) => {
            // CRASH: everything is written and nothing holds: the target forgets it, and the group is applied from the start.
            keeper.mark("apply-statement");
            if let Err(trouble) = open.link.commit() {
                // Rules that a target looks at last, when it would be settled. Some end the transaction by that, some do not.
                open.give_up();
                let table = open.mapping(group.record.mapping).map(|mapping| mapping.table.clone())?;
                let outcome = Outcome::Refused(trouble.of_record(&open.target, &table)?);
                return Ok(Answer { outcome, key: Vec::new(), repeated: false });
            }
            // CRASH: it holds, and nobody here knows: the marker tells whoever comes again.
            keeper.mark("apply-committed");
            Ok(answer)
        }
        Err(halt) => {
            open.give_up();
            match halt {
                Halt::Answer(answer) => Ok(answer),
                Halt::Error(error) => Err(error),
            }
        }
    }
}

struct Applying<'a, L> {
    open: &'a mut Open<L>,
    before: Before,
    keeper: &'a mut dyn Keeper,
}

impl<L: Link> Applying<'_, L> {
    fn group(&mut self, group: &Group) -> Result<Answer, Halt> {
        self.alone(&group.record)?;
        let lock = self.open.dialect().lock();
        if let Some(answer) = self.open.heed(&group.message, lock)? {
            return Err(Halt::Answer(answer));
        }
        let outcome = match group.record.onto {
            Onto::Insert(_) => Outcome::Inserted,
            Onto::Update(_) => Outcome::Updated,
        };
        let row = self.write(&group.record, None)?;
        let before = self.before.to_bytes(&self.open.target)?;
        let sealed = self.keeper.seal(&before);
        let sealed =
            sealed.map_err(|why| self.open.wrong(Code::CannotWrite, format!("old values are not sealed: {why}")))?;
        self.mark(group, &outcome, &row.key, sealed)?;
        Ok(Answer { outcome, key: row.key, repeated: false })
    }

    /// Keeps others of us from adding rows where this group does: every table at once, in the order of names, so that no two of us
    /// wait for each other.
    fn alone(&mut self, record: &Write) -> Result<(), Halt> {
        let (mut tables, mut left) = (BTreeSet::new(), vec![record]);
        while let Some(write) = left.pop() {
            left.extend(&write.nested);
            if matches!(&write.onto, Onto::Insert(unless) if !unless.is_empty()) {
                tables.insert(self.open.mapping(write.mapping)?.table.clone());
            }
        }
        for table in &tables {
            self.open.link.alone(table).map_err(|trouble| self.open.error(trouble))?;
        }
        Ok(())
    }

    /// Whether nobody added the row meanwhile.
    fn still_new(&mut self, place: usize, mapping: &Mapping, unless: &[Vec<(String, Datum)>]) -> Result<(), Halt> {
        for wanted in unless {
            match self.open.found(place, wanted)? {
                Some(found) if found.rows.is_empty() && !found.more => {}
                Some(_) => return Err(nothing(Outcome::Conflict)),
                None => {
                    return Err(self.refused(mapping, None, "a value by which it is found does not fit its column"));
                }
            }
        }
        Ok(())
    }

    /// Writes a record, then those below it.
    fn write(&mut self, write: &Write, parent: Option<&[Stored]>) -> Result<Row, Halt> {
        let mapping = self.open.mapping(write.mapping)?.clone();
        let fits = write.values.len() == mapping.columns.len() && parent.map_or(0, <[_]>::len) == mapping.parent.len();
        if !fits {
            return Err(self.open.wrong(Code::RuleFailed, "a record does not fit its mapping: report it").into());
        }
        let row = match &write.onto {
            Onto::Insert(unless) => {
                self.still_new(write.mapping, &mapping, unless)?;
                self.insert(write, &mapping, parent)?
            }
            Onto::Update(read) => self.update(write, &mapping, parent, read)?,
        };
        for below in &write.nested {
            self.write(below, Some(&row.key))?;
        }
        Ok(row)
    }

    fn insert(&mut self, write: &Write, mapping: &Mapping, parent: Option<&[Stored]>) -> Result<Row, Halt> {
        let dialect = self.open.dialect();
        let mut given: Vec<(&Column, Stored)> = Vec::new();
        for (column, value) in mapping.columns.iter().zip(&write.values) {
            let is_parent = mapping.parent.iter().any(|above| above.name == column.name);
            if let Some(value) = value.as_ref().filter(|_| !is_parent) {
                given.push((column, dialect.bind(value)));
            }
        }
        given.extend(mapping.parent.iter().zip(parent.unwrap_or_default().iter().cloned()));
        let mut rows = self.add(write.mapping, mapping, given)?;
        let (Some(key), true) = (rows.pop(), rows.is_empty()) else {
            return Err(self.refused(mapping, None, "a new row has no key of its own, or cannot be seen"));
        };
        let key = self.open.key(write.mapping, key)?;
        let Some((row, fields)) = self.open.by_key(write.mapping, &key, "")? else {
            return Err(self.refused(mapping, None, "a new row cannot be seen after it was written"));
        };
        self.exact(mapping, write, &row)?;
        self.below(mapping, parent, &fields)?;
        let stored = mapping.columns.iter().zip(&write.values).zip(&row.stored);
        let columns = stored.filter(|((_, value), _)| value.is_some());
        let columns = columns.map(|((column, _), now)| (column.name.clone(), Stored::Null, now.clone())).collect();
        let (table, key) = (mapping.table.clone(), row.key.clone());
        self.before.rows.push(RowBefore { mapping: write.mapping, table, key, inserted: true, columns });
        Ok(row)
    }

    /// Adds a row; its key as it is read.
    fn add(&mut self, place: usize, mapping: &Mapping, given: Vec<(&Column, Stored)>) -> Result<Vec<Fields>, Halt> {
        let dialect = self.open.dialect();
        let is_given = |key: &Column| given.iter().find(|(column, _)| column.name == key.name).map(|(_, value)| value);
        let mut key: Vec<Option<Stored>> = mapping.key.iter().map(|key| is_given(key).cloned()).collect();
        let (columns, binds): (Vec<&Column>, Vec<Stored>) = given.into_iter().unzip();
        let read = self.open.read_key(place)?;
        let is_filled_in = key.contains(&None);
        let returning = if is_filled_in && dialect.returns() { read.as_slice() } else { &[] };
        let sql = statement::insert(dialect, mapping, &columns, returning);
        // CRASH: nothing holds before the commit: the target forgets it.
        self.keeper.mark("apply-statement");
        let added = match returning {
            [] => self.open.link.run(&sql, &binds).map(|_| Vec::new()),
            _ => self.open.link.rows(&sql, &binds),
        };
        // CRASH: as before it.
        self.keeper.mark("apply-statement");
        let added = added.map_err(|trouble| self.halt(trouble, &mapping.table))?;
        if !returning.is_empty() {
            return Ok(added);
        }
        if is_filled_in {
            let counted = self.open.link.rows(statement::COUNTED, &[]).map_err(|trouble| self.open.error(trouble))?;
            let number = counted.into_iter().flatten().next();
            key.iter_mut().filter(|part| part.is_none()).for_each(|part| part.clone_from(&number));
        }
        // As the target spells it.
        let key: Vec<Stored> = key.into_iter().flatten().collect();
        let sql = statement::select(dialect, mapping, &read, &statement::equal(statement::key(mapping)), "");
        self.open.link.rows(&sql, &key).map_err(|trouble| self.halt(trouble, &mapping.table))
    }

    fn update(&mut self, write: &Write, mapping: &Mapping, parent: Option<&[Stored]>, read: &Row) -> Result<Row, Halt> {
        let lock = self.open.dialect().lock();
        let Some((now, fields)) = self.open.by_key(write.mapping, &read.key, lock)? else {
            return Err(nothing(Outcome::Conflict));
        };
        // Under the row's lock: nobody can change it between this look and the end of the transaction.
        let is_as_read = match &now.version {
            Some(version) if *version != Stored::Null => read.version.as_ref() == Some(version),
            // A version that nobody has raised yet says nothing of who changed the row.
            _ => now.stored == read.stored,
        };
        if !is_as_read {
            return Err(nothing(Outcome::Conflict));
        }
        self.below(mapping, parent, &fields)?;
        let mut changes: Vec<(&Column, &Datum, Stored)> = Vec::new();
        for (((column, value), stored), current) in
            mapping.columns.iter().zip(&write.values).zip(&now.stored).zip(&now.values)
        {
            let Some(value) = value else { continue };
            if mapping.sequence.as_ref() == Some(&column.name)
                && current.as_ref().is_ok_and(|current| value.newer(current) == Some(Ordering::Less))
            {
                return Err(nothing(Outcome::Superseded));
            }
            if current.as_ref() == Ok(value) {
                continue;
            }
            if mapping.key.iter().chain(&mapping.parent).any(|fixed| fixed.name == column.name) {
                return Err(self.refused(mapping, Some(&column.name), "the key of a row is never changed"));
            }
            changes.push((column, value, stored.clone()));
        }
        let mut after = now;
        if !changes.is_empty() {
            let dialect = self.open.dialect();
            let names: Vec<&str> = changes.iter().map(|(column, _, _)| column.name.as_str()).collect();
            let mut binds: Vec<Stored> = changes.iter().map(|(_, value, _)| dialect.bind(value)).collect();
            binds.extend(read.key.iter().cloned());
            let touched = self.run(mapping, &statement::update(dialect, mapping, &names), &binds)?;
            let seen = self.open.by_key(write.mapping, &read.key, "")?;
            let (1, Some((seen, _))) = (touched, seen) else {
                return Err(self.refused(mapping, None, "the target lets the row not be changed"));
            };
            self.exact(mapping, write, &seen)?;
            after = seen;
        }
        let now = |column: &Column| mapping.place(&column.name).and_then(|place| after.stored.get(place)).cloned();
        let columns = changes.into_iter().filter_map(|(column, _, old)| Some((column.name.clone(), old, now(column)?)));
        let (columns, table, key) = (columns.collect(), mapping.table.clone(), after.key.clone());
        self.before.rows.push(RowBefore { mapping: write.mapping, table, key, inserted: false, columns });
        Ok(after)
    }

    /// Whether exactly what came stands there now.
    fn exact(&self, mapping: &Mapping, write: &Write, row: &Row) -> Result<(), Halt> {
        for ((column, value), now) in mapping.columns.iter().zip(&write.values).zip(&row.values) {
            if value.as_ref().is_some_and(|value| now.as_ref() != Ok(value)) {
                let detail = "another value would stand there than came".to_owned();
                let (table, column) = (mapping.table.clone(), Some(column.name.clone()));
                let refusal = Refusal { code: Code::TargetInexact, table, column, detail };
                return Err(nothing(Outcome::Refused(refusal)));
            }
        }
        Ok(())
    }

    /// Whether a row stands below its record: one that was moved meanwhile is somebody else's.
    fn below(
        &self,
        mapping: &Mapping,
        parent: Option<&[Stored]>,
        fields: &BTreeMap<String, Stored>,
    ) -> Result<(), Halt> {
        for (column, above) in mapping.parent.iter().zip(parent.unwrap_or_default()) {
            let read = |stored: &Stored| Datum::read(&column.value_type, stored).ok();
            if fields.get(&column.name).and_then(read) != read(above) {
                return Err(nothing(Outcome::Conflict));
            }
        }
        Ok(())
    }

    fn run(&mut self, mapping: &Mapping, sql: &str, binds: &[Stored]) -> Result<u64, Halt> {
        // CRASH: nothing holds before the commit: the target forgets it.
        self.keeper.mark("apply-statement");
        let done = self.open.link.run(sql, binds);
        // CRASH: as before it.
        self.keeper.mark("apply-statement");
        done.map_err(|trouble| self.halt(trouble, &mapping.table))
    }

    /// Writes the group's marker.
    fn mark(&mut self, group: &Group, outcome: &Outcome, key: &[Stored], sealed: Vec<u8>) -> Result<(), Halt> {
        let text = |text: &str| Stored::Text(text.to_owned());
        let key = serde_json::to_string(key).map_err(|_| self.open.wrong(Code::RuleFailed, "a key cannot be kept"))?;
        let binds = [
            self.open.exchange(),
            text(&group.message.external_id),
            text(&key),
            text(&hex::encode(group.message.digest)),
            text(&group.message.place.intake),
            self.open.number(group.message.place.group)?,
            marker::written(group.message.sequence.as_ref()),
            text(outcome.as_str()),
            Stored::Bytes(sealed),
        ];
        let sql = marker::insert(self.open.dialect());
        // CRASH: nothing holds before the commit: the target forgets it.
        self.keeper.mark("apply-statement");
        let done = self.open.link.run(&sql, &binds);
        // CRASH: as before it.
        self.keeper.mark("apply-statement");
        match done {
            Ok(1) => Ok(()),
            // Its place is taken: somebody applied the same group while we did.
            Ok(_) | Err(Trouble::Taken(_)) => {
                let detail = "the marker of a group is not taken: somebody else applies it, perhaps";
                Err(self.open.wrong(Code::TargetBusy, detail).into())
            }
            // What cannot be held of this record is no reason to try it for ever.
            Err(trouble) => Err(self.halt(trouble, marker::TABLE)),
        }
    }

    fn halt(&self, trouble: Trouble, table: &str) -> Halt {
        match trouble.of_record(&self.open.target, table) {
            Ok(refusal) => nothing(Outcome::Refused(refusal)),
            Err(error) => Halt::Error(error),
        }
    }

    fn refused(&self, mapping: &Mapping, column: Option<&str>, detail: &str) -> Halt {
        let (table, column) = (mapping.table.clone(), column.map(str::to_owned));
        nothing(Outcome::Refused(Refusal { code: Code::TargetRefused, table, column, detail: detail.to_owned() }))
    }
}
