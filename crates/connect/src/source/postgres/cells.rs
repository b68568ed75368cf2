//! How does a field of a row, in binary, become a cell?
//!
//! The forms are those of PostgreSQL's `…_send` functions: numbers in network order, days and microseconds since
//! 2000-01-01, texts as they are.

use causeway_flow::source::{Cell, Decoder};

use super::kind::Kind;
use super::numeric;

/// Days and microseconds from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Why a row cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misread {
    /// Its rest is still to come.
    Cut,
    /// It is not what was asked for: the server and we disagree on what is sent.
    Wrong,
}

/// Reads a fixed number of bytes from the head of `bytes`.
#[inline]
pub(super) fn take<'b, const N: usize>(bytes: &mut &'b [u8]) -> Result<&'b [u8; N], Misread> {
    let (head, rest) = bytes.split_first_chunk().ok_or(Misread::Cut)?;
    *bytes = rest;
    Ok(head)
}

/// Pushes the cells of one row: two bytes of count, then for each field four bytes of length (-1 for nothing) and the
/// value. What follows the row is returned.
#[inline]
pub(super) fn push_row<'b>(
    mut body: &'b [u8],
    kinds: &[Kind],
    decoder: &mut Decoder,
    scratch: &mut Vec<u8>,
) -> Result<&'b [u8], Misread> {
    let count = i16::from_be_bytes(*take(&mut body)?);
    if usize::try_from(count).ok() != Some(kinds.len()) {
        return Err(Misread::Wrong);
    }
    for (column, kind) in kinds.iter().enumerate() {
        let length = i32::from_be_bytes(*take(&mut body)?);
        let Ok(length) = usize::try_from(length) else {
            decoder.push(column, Cell::Null);
            continue;
        };
        let (field, rest) = body.split_at_checked(length).ok_or(Misread::Cut)?;
        body = rest;
        push(column, *kind, field, decoder, scratch)?;
    }
    Ok(body)
}

/// Pushes one value that is there.
#[inline]
pub(super) fn push(
    column: usize,
    kind: Kind,
    field: &[u8],
    decoder: &mut Decoder,
    scratch: &mut Vec<u8>,
) -> Result<(), Misread> {
    let cell = match kind {
        Kind::Text | Kind::Written => Cell::Text(field),
        Kind::Padded => {
            let end = field.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
            Cell::Text(field.get(..end).unwrap_or_default())
        }
        Kind::Uuid => Cell::Uuid(whole(field)?),
        Kind::Date => Cell::Date(i32::from_be_bytes(*whole(field)?).saturating_add(EPOCH_DAYS)),
        Kind::Moment => Cell::Timestamp(moment(field)?),
        Kind::Clock => clock(moment(field)?, scratch),
        Kind::Int2 => Cell::Integer(i16::from_be_bytes(*whole(field)?).into()),
        Kind::Int4 => Cell::Integer(i32::from_be_bytes(*whole(field)?).into()),
        Kind::Int8 => Cell::Integer(i64::from_be_bytes(*whole(field)?)),
        Kind::Oid => Cell::Integer(u32::from_be_bytes(*whole(field)?).into()),
        Kind::Bool => Cell::Boolean(whole::<1>(field)? != &[0]),
        Kind::Float4 => Cell::Real(f32::from_be_bytes(*whole(field)?).into()),
        Kind::Float8 => Cell::Real(f64::from_be_bytes(*whole(field)?)),
        Kind::Bytes => Cell::Bytes(field),
        Kind::Nested => Cell::Nested(field),
        Kind::Numeric => numeric::cell(field, scratch)?,
    };
    decoder.push(column, cell);
    Ok(())
}

/// Microseconds since 1970-01-01, in UTC or on the clock of whoever wrote them.
#[inline]
fn moment(field: &[u8]) -> Result<i64, Misread> {
    Ok(i64::from_be_bytes(*whole(field)?).saturating_add(EPOCH_MICROS))
}

/// A moment on nobody knows whose clock: no value of any type, and told as it is written.
#[cold]
fn clock(micros: i64, scratch: &mut Vec<u8>) -> Cell<'_> {
    use std::io::Write;
    scratch.clear();
    let at = jiff::Timestamp::from_microsecond(micros).map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    let _ = match at {
        Ok(at) => write!(scratch, "{at}"),
        Err(_) => write!(scratch, "microsecond {micros} after 1970-01-01"),
    };
    Cell::Nested(scratch)
}

#[inline]
fn whole<const N: usize>(field: &[u8]) -> Result<&[u8; N], Misread> {
    field.try_into().map_err(|_| Misread::Wrong)
}
