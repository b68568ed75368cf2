//! How is an open target asked: what is there, what was applied?

use std::collections::BTreeMap;

use causeway_flow::accept::target::{
    Answer, Column, Datum, Found, Group, Keeper, Layout, MOST_CANDIDATES, Mapping, Marker, Message, Place, Row,
    Session, Stored, TargetError, Undone,
};
use causeway_model::{Code, ValueType};

use super::dialect::Dialect;
use super::link::{Fields, Link, Trouble};
use super::marker::{self, Kept, Plans};
use super::statement::{self, Condition, equal};
use super::wanted::wanted;

/// Markers that are told at once.
const PAGE: usize = 1_000;

/// An open target, and what is known of its tables.
pub(super) struct Open<L> {
    pub(super) link: L,
    pub(super) target: String,
    pub(super) layout: Layout,
    shapes: Vec<Shape>,
}

/// A row as it was read, and every column of it by name.
type Seen = (Row, BTreeMap<String, Stored>);

/// How the rows of a mapping are read.
pub(super) struct Shape {
    columns: Vec<Column>,
    /// The columns as they are read.
    read: Vec<String>,
    /// Types as the target declares them, by name.
    declared: BTreeMap<String, String>,
}

impl<L: Link> Open<L> {
    /// Makes sure that the target is prepared and our rights are right.
    pub(super) fn new(target: &str, layout: &Layout, mut link: L) -> Result<Self, TargetError> {
        let error = |trouble: Trouble| trouble.error(target);
        let wrong = |code, detail: String| TargetError::new(code, target, detail);
        let dialect = link.dialect();
        let wanted = wanted([layout]);
        let mut declared = BTreeMap::new();
        for table in &wanted {
            let name = &table.table;
            let Some(known) = link.columns(name).map_err(error)? else {
                return Err(wrong(
                    Code::TargetNotPrepared,
                    format!("there is no table `{}` that our user sees", name.escape_debug()),
                ));
            };
            let known: BTreeMap<String, String> = known.into_iter().collect();
            for column in table.selects.iter().chain(&table.inserts).chain(&table.updates) {
                if !known.contains_key(column) {
                    let (column, name) = (column.escape_debug(), name.escape_debug());
                    return Err(wrong(
                        Code::TargetNotPrepared,
                        format!("table `{name}` has no column `{column}` that our user sees"),
                    ));
                }
            }
            if let Some(why) = link.unfit(name).map_err(error)? {
                return Err(wrong(Code::TargetNotPrepared, format!("table `{}`: {why}", name.escape_debug())));
            }
            declared.insert(name.clone(), known);
        }
        for mapping in &layout.mappings {
            let kind = |column: &Column| declared.get(&mapping.table)?.get(&column.name).map(String::as_str);
            let mut bytes = mapping.columns.iter().filter(|column| column.value_type == ValueType::Bytes);
            if let Some(column) = bytes.find(|column| !dialect.holds_bytes(kind(column).unwrap_or_default())) {
                let (table, column) = (mapping.table.escape_debug(), column.name.escape_debug());
                let detail = format!("column `{column}` of table `{table}` is none of bytes");
                return Err(wrong(Code::TargetNotPrepared, detail));
            }
        }
        if let Some(why) = link.rights(&wanted).map_err(error)?.first() {
            return Err(wrong(Code::TargetRights, why.clone()));
        }
        let shape = |mapping: &Mapping| {
            let declared = declared.get(&mapping.table).cloned().unwrap_or_default();
            let columns: Vec<Column> = mapping.reads().into_iter().cloned().collect();
            let kind = |column: &Column| declared.get(&column.name).map(String::as_str).unwrap_or_default();
            let read = columns.iter().map(|column| dialect.read(column, kind(column))).collect();
            Shape { columns, read, declared }
        };
        let shapes = layout.mappings.iter().map(shape).collect();
        Ok(Self { link, target: target.to_owned(), layout: layout.clone(), shapes })
    }

    pub(super) fn error(&self, trouble: Trouble) -> TargetError {
        trouble.error(&self.target)
    }

    pub(super) fn wrong(&self, code: Code, detail: impl Into<String>) -> TargetError {
        TargetError::new(code, &self.target, detail)
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.link.dialect()
    }

    pub(super) fn mapping(&self, mapping: usize) -> Result<&Mapping, TargetError> {
        self.layout.mappings.get(mapping).ok_or_else(|| self.wrong(Code::RuleFailed, "no such mapping: report it"))
    }

    fn shape(&self, mapping: usize) -> Result<&Shape, TargetError> {
        self.shapes.get(mapping).ok_or_else(|| self.wrong(Code::RuleFailed, "no such mapping: report it"))
    }

    /// The type of a column as the target declares it.
    pub(super) fn declared(&self, mapping: usize, column: &str) -> &str {
        let shape = self.shapes.get(mapping);
        shape.and_then(|shape| shape.declared.get(column)).map(String::as_str).unwrap_or_default()
    }

    /// The key's columns as they are read.
    pub(super) fn read_key(&self, mapping: usize) -> Result<Vec<String>, TargetError> {
        let (shape, keys) = (self.shape(mapping)?, self.mapping(mapping)?.key.len());
        Ok(shape.read.iter().take(keys).cloned().collect())
    }

    /// What was read of the key's columns.
    pub(super) fn key(&self, mapping: usize, fields: Fields) -> Result<Vec<Stored>, TargetError> {
        let (shape, dialect) = (self.shape(mapping)?, self.dialect());
        Ok(shape.columns.iter().zip(fields).map(|(column, field)| dialect.stored(column, field)).collect())
    }

    /// A row as it was read, with every column by name.
    fn seen(&self, mapping: usize, fields: Fields) -> Result<Seen, TargetError> {
        let (shape, dialect, known) = (self.shape(mapping)?, self.dialect(), self.mapping(mapping)?);
        let fields = shape.columns.iter().zip(fields).map(|(column, field)| {
            let stored = dialect.stored(column, field);
            (column.name.clone(), stored)
        });
        let fields: BTreeMap<String, Stored> = fields.collect();
        let take = |column: &Column| {
            let missing = || self.wrong(Code::TargetUnreachable, "it answers otherwise than it was asked");
            fields.get(&column.name).cloned().ok_or_else(missing)
        };
        let key = known.key.iter().map(take).collect::<Result<Vec<_>, _>>()?;
        let stored = known.columns.iter().map(take).collect::<Result<Vec<_>, _>>()?;
        let version = known.version.as_ref().map(|version| take(&version.column)).transpose()?;
        let values = known.columns.iter().zip(&stored).map(|(column, stored)| Datum::read(&column.value_type, stored));
        let status = known.retire.as_ref().map(|(status, value)| (fields.get(&status.name), &status.value_type, value));
        let retired = status.is_some_and(|(stored, value_type, value)| {
            stored.is_some_and(|stored| Datum::read(value_type, stored).as_ref() == Ok(value))
        });
        let row = Row { key, version, values: values.collect(), stored: stored.clone(), retired };
        Ok((row, fields))
    }

    /// The row of a key, with every column by name; `lock` keeps it as it is until the transaction ends.
    pub(super) fn by_key(&mut self, mapping: usize, key: &[Stored], lock: &str) -> Result<Option<Seen>, TargetError> {
        let known = self.mapping(mapping)?;
        if known.key.len() != key.len() {
            return Err(self.wrong(Code::RuleFailed, "a key of another mapping: report it"));
        }
        let on = equal(statement::key(known));
        let sql = statement::select(self.dialect(), known, &self.shape(mapping)?.read, &on, lock);
        let rows = self.link.rows(&sql, key).map_err(|trouble| trouble.error(&self.target))?;
        for fields in rows {
            let (row, fields) = self.seen(mapping, fields)?;
            // Two keys that the target takes for equal are not, unless every byte is.
            if row.key == key {
                return Ok(Some((row, fields)));
            }
        }
        Ok(None)
    }

    /// Rows whose columns equal all of `wanted`; none where a column cannot hold what is wanted.
    pub(super) fn found(&mut self, mapping: usize, wanted: &[(String, Datum)]) -> Result<Option<Found>, TargetError> {
        let (known, dialect) = (self.mapping(mapping)?, self.dialect());
        if wanted.is_empty() || wanted.iter().any(|(_, value)| *value == Datum::Null) {
            return Ok(Some(Found::default()));
        }
        let shape = self.shape(mapping)?;
        let column = |name: &str| shape.columns.iter().find(|column| column.name == name).cloned();
        let columns: Option<Vec<Column>> = wanted.iter().map(|(name, _)| column(name)).collect();
        let columns =
            columns.ok_or_else(|| self.wrong(Code::RuleFailed, "no mapped column is called so: report it"))?;
        let on = equal(wanted.iter().map(|(name, _)| name.as_str()));
        let by = |column: &Column| statement::by(dialect, &known.table, &column.name);
        let order: Vec<String> = known.key.iter().map(by).collect();
        let rest = format!(" ORDER BY {} LIMIT {}", order.join(", "), MOST_CANDIDATES + 1);
        let sql = statement::select(dialect, known, &shape.read, &on, &rest);
        let binds: Vec<Stored> = wanted.iter().map(|(_, value)| dialect.bind(value)).collect();
        let rows = match self.link.rows(&sql, &binds) {
            Ok(rows) => rows,
            Err(Trouble::Refused { .. }) => return Ok(None),
            Err(trouble) => return Err(self.error(trouble)),
        };
        let mut found = Found { more: rows.len() > MOST_CANDIDATES, rows: Vec::new() };
        for fields in rows {
            let (row, fields) = self.seen(mapping, fields)?;
            let equal = columns.iter().zip(wanted).all(|(column, (_, value))| {
                let stored = fields.get(&column.name);
                stored.is_some_and(|stored| Datum::read(&column.value_type, stored).as_ref() == Ok(value))
            });
            if equal && found.rows.len() < MOST_CANDIDATES {
                found.rows.push(row);
            }
        }
        Ok(Some(found))
    }

    /// Markers that meet conditions, in an order.
    pub(super) fn kept(
        &mut self,
        conditions: &[(&str, &'static str, Stored)],
        order: &str,
        plans: Plans,
    ) -> Result<Vec<Kept>, TargetError> {
        let dialect = self.dialect();
        let on: Vec<Condition<'_>> = conditions.iter().map(|(column, is, _)| Condition { column, is }).collect();
        let binds: Vec<Stored> = conditions.iter().map(|(_, _, value)| value.clone()).collect();
        let rows = self.link.rows(&marker::select(dialect, &on, order, plans), &binds);
        let rows = rows.map_err(|trouble| trouble.error(&self.target))?;
        let strange = || self.wrong(Code::TargetNotPrepared, "`causeway_applied` holds a row that is none of ours");
        rows.into_iter().map(|fields| marker::kept(dialect, fields).ok_or_else(strange)).collect()
    }

    /// The marker of a group.
    pub(super) fn of_place(&mut self, place: &Place, lock: &str, plans: Plans) -> Result<Option<Kept>, TargetError> {
        let on = [
            ("exchange", "=", self.exchange()),
            ("intake", "=", Stored::Text(place.intake.clone())),
            ("group_number", "=", self.number(place.group)?),
        ];
        Ok(self.kept(&on, lock, plans)?.pop())
    }

    /// The newest marker of an external id that is not undone.
    pub(super) fn newest(&mut self, external_id: &str) -> Result<Option<Kept>, TargetError> {
        let on = [("exchange", "=", self.exchange()), ("external_id", "=", Stored::Text(external_id.to_owned()))];
        let order = format!(
            " AND {} NOT IN ('undone', 'undone-in-part') ORDER BY {} DESC LIMIT 1",
            self.dialect().name(marker::OUTCOME),
            statement::by(self.dialect(), marker::TABLE, marker::ID)
        );
        Ok(self.kept(&on, &order, Plans::Left)?.pop())
    }

    /// The newest marker of an external id, undone or not.
    pub(super) fn last(&mut self, external_id: &str) -> Result<Option<Kept>, TargetError> {
        let on = [("exchange", "=", self.exchange()), ("external_id", "=", Stored::Text(external_id.to_owned()))];
        let order = format!(" ORDER BY {} DESC LIMIT 1", statement::by(self.dialect(), marker::TABLE, marker::ID));
        Ok(self.kept(&on, &order, Plans::Left)?.pop())
    }

    pub(super) fn exchange(&self) -> Stored {
        Stored::Text(self.layout.exchange.clone())
    }

    pub(super) fn number(&self, group: u64) -> Result<Stored, TargetError> {
        let number = i64::try_from(group).map_err(|_| self.wrong(Code::RuleFailed, "a group without a number"))?;
        Ok(Stored::Integer(number))
    }

    /// Ends a transaction of which nothing is to hold. Where even that fails, the connection ends it.
    pub(super) fn give_up(&mut self) {
        let _ = self.link.rollback();
    }
}

impl<L: Link> Session for Open<L> {
    fn find(&mut self, mapping: usize, wanted: &[(String, Datum)]) -> Result<Found, TargetError> {
        // What the column cannot hold stands in no row.
        Ok(self.found(mapping, wanted)?.unwrap_or_default())
    }

    fn row(&mut self, mapping: usize, key: &[Stored]) -> Result<Option<Row>, TargetError> {
        Ok(self.by_key(mapping, key, "")?.map(|(row, _)| row))
    }

    fn applied(&mut self, message: &Message) -> Result<Option<Answer>, TargetError> {
        self.heed(message, "")
    }

    fn latest(&mut self, external_id: &str) -> Result<Option<Marker>, TargetError> {
        Ok(self.newest(external_id)?.map(|kept| kept.marker))
    }

    fn markers(&mut self, intake: &str, below: Option<u64>) -> Result<Vec<Marker>, TargetError> {
        let mut on = vec![("exchange", "=", self.exchange()), ("intake", "=", Stored::Text(intake.to_owned()))];
        if let Some(below) = below {
            on.push(("group_number", "<", self.number(below)?));
        }
        let by = statement::by(self.dialect(), marker::TABLE, "group_number");
        let order = format!(" ORDER BY {by} DESC LIMIT {PAGE}");
        Ok(self.kept(&on, &order, Plans::Left)?.into_iter().map(|kept| kept.marker).collect())
    }

    fn sealed(&mut self, place: &Place) -> Result<Option<Vec<u8>>, TargetError> {
        let kept = self.of_place(place, "", Plans::Read)?;
        Ok(kept.filter(|kept| !kept.marker.is_undone()).and_then(|kept| kept.undo))
    }

    fn apply(&mut self, group: &Group, keeper: &mut dyn Keeper) -> Result<Answer, TargetError> {
        super::apply::apply(self, group, keeper)
    }

    fn undo(&mut self, place: &Place, before: &[u8], keeper: &mut dyn Keeper) -> Result<Undone, TargetError> {
        super::undo::undo(self, place, before, keeper)
    }
}
