//! How do texts and JSON values become Arrow columns?

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, ListArray, StringBuilder,
    StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields, SchemaRef};
use arrow::record_batch::RecordBatch;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::seal::civil::{read_date, read_moment};
use crate::seal::error::{EncodeError, ReadError};

/// One column in the making.
pub(super) enum Building {
    Text(StringBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Moment(TimestampMicrosecondBuilder),
    Bytes(BinaryBuilder),
    List { item: FieldRef, items: Box<Building>, lengths: Vec<usize>, valid: Vec<bool> },
    Struct { fields: Fields, members: Vec<Building>, valid: Vec<bool> },
}

impl Building {
    fn new(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Int64 => Self::Integer(Int64Builder::new()),
            DataType::Decimal128(precision, scale) => Self::Decimal(
                Decimal128Builder::new().with_precision_and_scale(*precision, *scale).ok()?,
                *precision,
                *scale,
            ),
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(_, zone) => {
                Self::Moment(TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            DataType::Binary => Self::Bytes(BinaryBuilder::new()),
            DataType::List(item) => Self::List {
                item: item.clone(),
                items: Box::new(Self::new(item.data_type())?),
                lengths: Vec::new(),
                valid: Vec::new(),
            },
            DataType::Struct(fields) => Self::Struct {
                fields: fields.clone(),
                members: fields.iter().map(|field| Self::new(field.data_type())).collect::<Option<_>>()?,
                valid: Vec::new(),
            },
            _ => return None,
        })
    }

    /// Appends no value.
    pub(super) fn null(&mut self) {
        match self {
            Self::Text(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::Decimal(builder, ..) => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Moment(builder) => builder.append_null(),
            Self::Bytes(builder) => builder.append_null(),
            Self::List { lengths, valid, .. } => {
                lengths.push(0);
                valid.push(false);
            }
            Self::Struct { members, valid, .. } => {
                members.iter_mut().for_each(Self::null);
                valid.push(false);
            }
        }
    }

    /// Appends the value that is written as `text`; `None` when it is not of this type.
    pub(super) fn text(&mut self, text: &str) -> Option<()> {
        match self {
            Self::Text(builder) => builder.append_value(text),
            Self::Integer(builder) => builder.append_value(read_integer(text)?),
            Self::Decimal(builder, precision, scale) => {
                builder.append_value(read_decimal(text, *precision, *scale)?);
            }
            Self::Boolean(builder) => builder.append_value(match text {
                "true" => true,
                "false" => false,
                _ => return None,
            }),
            Self::Date(builder) => builder.append_value(read_date(text)?),
            Self::Moment(builder) => builder.append_value(read_moment(text)?),
            Self::Bytes(builder) => builder.append_value(STANDARD.decode(text).ok()?),
            Self::List { .. } | Self::Struct { .. } => return None,
        }
        Some(())
    }

    /// Appends a JSON value; `None` when it is not of this type.
    pub(super) fn json(&mut self, value: &Value) -> Option<()> {
        match (&mut *self, value) {
            (_, Value::Null) => self.null(),
            (Self::Integer(builder), Value::Number(number)) => builder.append_value(number.as_i64()?),
            (Self::Boolean(builder), Value::Bool(value)) => builder.append_value(*value),
            (Self::Integer(_) | Self::Boolean(_), _) => return None,
            (_, Value::String(text)) => return self.text(text),
            (Self::List { items, lengths, valid, .. }, Value::Array(values)) => {
                values.iter().try_for_each(|value| items.json(value))?;
                lengths.push(values.len());
                valid.push(true);
            }
            (Self::Struct { fields, members, valid }, Value::Object(object)) => {
                if object.len() != fields.len() {
                    return None;
                }
                for ((field, member), (name, value)) in fields.iter().zip(members).zip(object) {
                    if field.name() != name {
                        return None;
                    }
                    member.json(value)?;
                }
                valid.push(true);
            }
            _ => return None,
        }
        Some(())
    }

    /// The column so far; the builder is empty afterwards. `None` when a value that must be there is not.
    fn take(&mut self) -> Option<ArrayRef> {
        Some(match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, ..) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Moment(builder) => Arc::new(builder.finish()),
            Self::Bytes(builder) => Arc::new(builder.finish()),
            Self::List { item, items, lengths, valid } => {
                let offsets = OffsetBuffer::from_lengths(std::mem::take(lengths));
                let nulls = NullBuffer::from(std::mem::take(valid));
                Arc::new(ListArray::try_new(item.clone(), offsets, items.take()?, Some(nulls)).ok()?)
            }
            Self::Struct { fields, members, valid } => {
                let columns = members.iter_mut().map(Self::take).collect::<Option<Vec<_>>>()?;
                let nulls = NullBuffer::from(std::mem::take(valid));
                Arc::new(StructArray::try_new(fields.clone(), columns, Some(nulls)).ok()?)
            }
        })
    }
}

fn read_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" && digits == text || !digits.starts_with(['0', '+']);
    plain.then(|| text.parse().ok()).flatten()
}

/// A decimal number of exactly `scale` digits after the point that fits `precision` digits.
fn read_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = !whole.is_empty()
        && (whole == "0" || !whole.starts_with('0'))
        && digits(whole)
        && digits(fraction)
        && fraction.len() == usize::try_from(scale).unwrap_or(0)
        && unsigned.contains('.') != fraction.is_empty();
    if !sound {
        return None;
    }
    let mut value: i128 = format!("{whole}{fraction}").parse().ok()?;
    if scale < 0 {
        let unit = 10_i128.checked_pow(u32::from(scale.unsigned_abs()))?;
        value = (value % unit == 0).then_some(value / unit)?;
    }
    let fits = 10_i128.checked_pow(u32::from(precision)).is_none_or(|limit| value < limit);
    match (fits, text.len() > unsigned.len()) {
        (false, _) => None,
        (true, false) => Some(value),
        (true, true) => (value != 0).then_some(-value),
    }
}

/// All columns of a batch in the making.
pub(super) struct Columns {
    schema: SchemaRef,
    building: Vec<Building>,
    waiting: usize,
    /// Records before the ones that wait.
    taken: u64,
}

impl Columns {
    pub(super) fn new(schema: SchemaRef) -> Result<Self, EncodeError> {
        let mut columns = Self { schema, building: Vec::new(), waiting: 0, taken: 0 };
        columns.clear();
        match columns.schema.fields().get(columns.building.len()) {
            None => Ok(columns),
            Some(field) => {
                Err(EncodeError::UnsupportedType { field: field.name().clone(), found: field.data_type().to_string() })
            }
        }
    }

    /// Forgets the records that wait.
    pub(super) fn clear(&mut self) {
        self.building = self.schema.fields().iter().map_while(|field| Building::new(field.data_type())).collect();
        self.waiting = 0;
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Records that wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Number of the record that comes next, from 1.
    pub(super) fn record(&self) -> u64 {
        self.taken + self.waiting as u64 + 1
    }

    /// Takes the next record's cells: `cell` is asked for each field, with its number and its builder.
    pub(super) fn push<'v, V: 'v>(
        &mut self,
        cells: impl Iterator<Item = V>,
        append: impl Fn(&mut Building, V) -> Option<()>,
    ) -> Result<(), ReadError> {
        for ((building, field), cell) in self.building.iter_mut().zip(self.schema.fields()).zip(cells) {
            if append(building, cell).is_none() {
                let record = self.taken + self.waiting as u64 + 1;
                let expected = expectation(field.data_type());
                return Err(ReadError::Cell { record, field: field.name().clone(), expected });
            }
        }
        self.waiting += 1;
        Ok(())
    }

    /// The records that wait, as a batch.
    pub(super) fn take(&mut self) -> Result<RecordBatch, ReadError> {
        let record = self.record() - 1;
        let missing =
            || ReadError::Record { record, problem: "a value that must be there is missing, here or shortly before" };
        let arrays = self.building.iter_mut().map(Building::take).collect::<Option<Vec<_>>>().ok_or_else(missing)?;
        let batch = RecordBatch::try_new(self.schema.clone(), arrays).map_err(|_| missing())?;
        self.taken += self.waiting as u64;
        self.waiting = 0;
        Ok(batch)
    }
}

/// What stands in a cell of this type, in words.
fn expectation(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 => "text".to_owned(),
        DataType::Int64 => "a whole number of 64 bits".to_owned(),
        DataType::Decimal128(precision, scale) => {
            format!("a decimal number of at most {precision} digits, exactly {scale} after the point")
        }
        DataType::Boolean => "`true` or `false`".to_owned(),
        DataType::Date32 => "a date such as `2026-06-30`".to_owned(),
        DataType::Timestamp(..) => "a moment in UTC such as `2026-06-30T12:00:00Z`".to_owned(),
        DataType::Binary => "base64 with padding".to_owned(),
        DataType::List(_) => "a list whose items have the declared type".to_owned(),
        _ => "an object with the declared members in order".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for (text, value) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("42", Some(42)),
            ("+1", None),
            ("007", None),
            ("-0", None),
            ("", None),
            ("1.0", None),
            ("-", None),
        ] {
            assert_eq!(read_integer(text), value, "{text}");
        }
        for (text, value) in [
            ("12.50", Some(1250)),
            ("-0.05", Some(-5)),
            ("0.00", Some(0)),
            ("99999.99", None),
            ("9999.99", Some(999_999)),
            ("1.5", None),
            ("1.500", None),
            ("1", None),
            (".50", None),
            ("01.50", None),
            ("-0.00", None),
            ("+1.50", None),
        ] {
            assert_eq!(read_decimal(text, 6, 2), value, "{text}");
        }
        assert_eq!((read_decimal("700", 3, -2), read_decimal("750", 3, -2)), (Some(7), None));
        assert_eq!((read_decimal("7", 3, 0), read_decimal("7.", 3, 0)), (Some(7), None));
    }
}
