//! Where do the records of an exchange stand in their target, and which field does each column get?

use causeway_model::inbound::{ColumnMap, Field, Inbound, OnWrite, RaisedBy, TableMap, Unmatched};
use causeway_model::{Code, Value, ValueType, Violation};

use super::checks::Checks;
use super::target::{Column, Datum, Layout, Mapping, Raiser, Stored, Version};

/// An exchange's mapping, made ready once for a whole file.
#[derive(Debug)]
pub struct Mapped {
    pub(super) layout: Layout,
    /// The record's own table first.
    pub(super) tables: Vec<Table>,
}

/// One table: what each mapped column gets, and how a row is found.
#[derive(Debug)]
pub(super) struct Table {
    /// Place of its list among the record's; none for the record itself.
    pub(super) list: Option<usize>,
    /// For each mapped column, in its order.
    pub(super) columns: Vec<Gets>,
    /// Lists of columns by which a row is found, each with the place of its field.
    pub(super) matching: Vec<Vec<(String, usize)>>,
    /// What every row has that is found.
    pub(super) within: Vec<(String, Datum)>,
    pub(super) unmatched: Unmatched,
}

/// What a column gets, and when.
#[derive(Debug)]
pub(super) struct Gets {
    pub(super) from: From,
    pub(super) on: OnWrite,
    pub(super) value_type: ValueType,
}

#[derive(Debug)]
pub(super) enum From {
    /// The field at that place.
    Field(usize),
    /// The same in every row.
    Constant(Datum),
}

impl Mapped {
    /// Makes the mapping ready.
    ///
    /// # Errors
    /// A constant is none of its column's type; whatever else is wrong with it was a finding at import.
    pub fn compile(inbound: &Inbound, checks: &Checks) -> Result<Self, Vec<Violation>> {
        let mut wrong = Vec::new();
        let (mut mappings, mut tables) = (Vec::new(), Vec::new());
        for table in &inbound.apply.tables {
            match compile(inbound, checks, table) {
                Ok((mapping, table)) => {
                    mappings.push(mapping);
                    tables.push(table);
                }
                Err(violation) => wrong.push(violation),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self { layout: Layout { exchange: inbound.exchange.clone(), mappings }, tables })
    }

    /// Where the records stand.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

fn compile(inbound: &Inbound, checks: &Checks, table: &TableMap) -> Result<(Mapping, Table), Violation> {
    let broken = |detail: &str| Violation::new(Code::PlanNotProvable, &table.table, detail);
    let list = match &table.each {
        None => None,
        Some(list) => {
            Some(checks.nested.iter().position(|one| one.name == *list).ok_or_else(|| broken("no such list"))?)
        }
    };
    let (fields, own): (&[Field], &[String]) = match list.and_then(|at| checks.nested.get(at)) {
        None => (&inbound.record, checks.fields()),
        Some(nested) => {
            (inbound.field(&nested.name).map_or(&[], |field| field.fields.as_slice()), nested.fields.names.as_slice())
        }
    };
    let place = |name: &str| own.iter().position(|one| one == name).ok_or_else(|| broken("no such field"));
    let type_of = |map: &ColumnMap| -> ValueType {
        let field = map.from.as_ref().and_then(|name| fields.iter().find(|field| field.name == *name));
        let own = field.and_then(|field| field.value_type.clone());
        map.value_type.clone().or(own).unwrap_or_else(|| constant_type(map.constant.as_ref()))
    };
    let mut columns = Vec::new();
    for map in &table.columns {
        let value_type = type_of(map);
        let from = match (&map.from, &map.constant) {
            (Some(name), _) => From::Field(place(name)?),
            (None, Some(value)) => From::Constant(
                constant(value, &value_type)
                    .map_err(|code| Violation::new(code, &map.column, format!("its constant is no {value_type}")))?,
            ),
            (None, None) => return Err(broken("a column gets nothing")),
        };
        columns.push(Gets { from, on: map.on, value_type });
    }
    let mapped: Vec<Column> = table
        .columns
        .iter()
        .zip(&columns)
        .map(|(map, gets)| Column::new(&map.column, gets.value_type.clone()))
        .collect();
    let known = |name: &str, said: &Option<ValueType>, usual: ValueType| {
        let there = mapped.iter().find(|column| column.name == name).map(|column| column.value_type.clone());
        Column::new(name, said.clone().or(there).unwrap_or(usual))
    };
    let root = inbound.apply.root().map(|root| root.key.as_slice()).unwrap_or_default();
    let root_types = |at: usize| {
        let key = root.get(at);
        let mapped = key.and_then(|key| {
            let map = inbound.apply.root()?.columns.iter().find(|map| map.column == key.column)?;
            let field = inbound.field(map.from.as_ref()?)?;
            map.value_type.clone().or_else(|| field.value_type.clone())
        });
        key.and_then(|key| key.value_type.clone()).or(mapped).unwrap_or(ValueType::Text)
    };
    let retire = match &table.retire {
        None => None,
        Some(retire) => {
            let column = known(&retire.column, &retire.value_type, constant_type(Some(&retire.value)));
            let value = constant(&retire.value, &column.value_type);
            let value = value.map_err(|code| Violation::new(code, &retire.column, "its value is of another type"))?;
            Some((column, value))
        }
    };
    let sequence = inbound.sequence.as_ref().filter(|_| list.is_none());
    let mapping = Mapping {
        table: table.table.clone(),
        key: table.key.iter().map(|key| known(&key.column, &key.value_type, ValueType::Text)).collect(),
        parent: table.belongs.iter().enumerate().map(|(at, name)| known(name, &None, root_types(at))).collect(),
        version: table.version.as_ref().map(|version| Version {
            column: known(&version.column, &version.value_type, ValueType::Integer),
            raised_by: match version.raised_by {
                RaisedBy::Writer => Raiser::Writer,
                RaisedBy::Target => Raiser::Target,
            },
        }),
        sequence: sequence.and_then(|name| table.column_of(name)).map(|map| map.column.clone()),
        retire,
        columns: mapped,
    };
    let lists = if list.is_none() { &inbound.matching } else { &table.matching };
    let found_by = |name: &String| -> Result<(String, usize), Violation> {
        let map = table.column_of(name).ok_or_else(|| broken("it is found by a field that is mapped to nothing"))?;
        Ok((map.column.clone(), place(name)?))
    };
    let matching = lists.iter().map(|list| list.iter().map(found_by).collect()).collect::<Result<_, _>>()?;
    let constant = |(map, gets): (&ColumnMap, &Gets)| match &gets.from {
        From::Constant(value) if gets.on == OnWrite::Never => Some((map.column.clone(), value.clone())),
        _ => None,
    };
    let within = table.columns.iter().zip(&columns).filter_map(constant).collect();
    Ok((mapping, Table { list, columns, matching, within, unmatched: table.unmatched }))
}

fn constant_type(value: Option<&Value>) -> ValueType {
    match value {
        Some(Value::Boolean(_)) => ValueType::Boolean,
        Some(Value::Integer(_)) => ValueType::Integer,
        _ => ValueType::Text,
    }
}

fn constant(value: &Value, value_type: &ValueType) -> Result<Datum, Code> {
    Datum::read(value_type, &Stored::Text(value.to_string()))
}
