//! How is a statement sent with its values apart from it, so that no value is ever taken for a part of it?
//!
//! `COM_STMT_PREPARE` and `COM_STMT_EXECUTE` as MariaDB and MySQL document them ("Prepared statements"). What comes back is asked
//! for as texts and bytes only, so that a row in the binary protocol is a list of these.

use super::definition::Kind;
use super::failure::Trouble;
use super::fields::Fields;
use super::session::{Session, row};

const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const CLOSE: u8 = 0x19;

/// Types by which values are sent.
const LONGLONG: u8 = 8;
const NULL: u8 = 6;
const BLOB: u8 = 252;
const VAR_STRING: u8 = 253;

/// Rows of an answer, at most.
const MOST: usize = 100_000;

/// A value for a statement.
#[derive(Clone, Copy)]
pub(crate) enum Bind<'b> {
    /// None.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'b str),
    /// Bytes, which have no character set.
    Bytes(&'b [u8]),
}

/// A statement that the server knows.
pub(super) struct Prepared {
    id: u32,
    values: usize,
}

/// What a statement did.
pub(crate) struct Executed {
    /// Rows that it gave.
    pub(crate) rows: Vec<Vec<Option<Vec<u8>>>>,
    /// Rows that it changed.
    pub(crate) changed: u64,
}

impl Session {
    /// Has the server read a statement.
    pub(super) fn prepare(&mut self, sql: &str) -> Result<Prepared, Trouble> {
        self.wire.command(&[&[PREPARE], sql.as_bytes()])?;
        let packet = self.wire.packet()?;
        let head = match packet.first() {
            Some(0xff) => return Err(Trouble::of_packet(packet)),
            Some(0) => head(packet).ok_or(Trouble::Garbled("the head of a statement is cut"))?,
            _ => return Err(Trouble::Garbled("a statement without a head")),
        };
        let (id, columns, values) = head;
        for count in [values, columns] {
            // Their descriptions, of which nothing is needed, and an end.
            for _ in 0..count {
                self.wire.packet()?;
            }
            if count > 0 && self.wire.packet()?.first() != Some(&0xfe) {
                return Err(Trouble::Garbled("descriptions without an end"));
            }
        }
        Ok(Prepared { id, values })
    }

    /// Has the server forget a statement; it says nothing to that.
    pub(super) fn forget(&mut self, prepared: &Prepared) -> Result<(), Trouble> {
        self.wire.command(&[&[CLOSE], &prepared.id.to_le_bytes()])
    }

    /// Carries a statement out.
    pub(super) fn run_prepared(&mut self, prepared: &Prepared, binds: &[Bind<'_>]) -> Result<Executed, Trouble> {
        if binds.len() != prepared.values {
            return Err(Trouble::Garbled("a statement with another number of values"));
        }
        let mut head = vec![EXECUTE];
        head.extend_from_slice(&prepared.id.to_le_bytes());
        // No cursor; once.
        head.extend_from_slice(&[0, 1, 0, 0, 0]);
        self.wire.command(&[&head, &values(binds)])?;
        let packet = self.wire.packet()?;
        let columns = match packet.first() {
            Some(0xff) => return Err(Trouble::of_packet(packet)),
            Some(0) => {
                let mut fields = Fields(packet);
                fields.u8();
                let changed = fields.length().flatten().and_then(|changed| u64::try_from(changed).ok());
                let changed = changed.ok_or(Trouble::Garbled("an answer without a count"))?;
                return Ok(Executed { rows: Vec::new(), changed });
            }
            _ => Fields(packet).length().flatten(),
        };
        let definitions = self.definitions(columns)?;
        if !definitions.iter().all(|definition| matches!(definition.kind, Kind::Text | Kind::Bytes)) {
            return Err(Trouble::Garbled("a column that is not the text that was asked for"));
        }
        let mut rows = Vec::new();
        while let Some(packet) = row(self.wire.packet()?)? {
            rows.push(fields(packet, definitions.len()).ok_or(Trouble::Garbled("a row is cut"))?);
            if rows.len() > MOST {
                return Err(Trouble::Garbled("rows without an end"));
            }
        }
        Ok(Executed { rows, changed: 0 })
    }
}

/// Number of the statement, of columns, of values.
fn head(packet: &[u8]) -> Option<(u32, usize, usize)> {
    let mut fields = Fields(packet);
    fields.u8()?;
    Some((fields.u32()?, usize::from(fields.u16()?), usize::from(fields.u16()?)))
}

/// Which values are missing, their types, and the others.
fn values(binds: &[Bind<'_>]) -> Vec<u8> {
    if binds.is_empty() {
        return Vec::new();
    }
    let mut missing = vec![0_u8; binds.len().div_ceil(8)];
    let (mut types, mut sent) = (Vec::new(), Vec::new());
    for (place, bind) in binds.iter().enumerate() {
        let kind = match bind {
            Bind::Null => {
                if let Some(byte) = missing.get_mut(place / 8) {
                    *byte |= 1 << (place % 8);
                }
                NULL
            }
            Bind::Integer(value) => {
                sent.extend_from_slice(&value.to_le_bytes());
                LONGLONG
            }
            Bind::Text(text) => {
                counted(text.as_bytes(), &mut sent);
                VAR_STRING
            }
            Bind::Bytes(bytes) => {
                counted(bytes, &mut sent);
                BLOB
            }
        };
        types.extend_from_slice(&[kind, 0]);
    }
    missing.push(1);
    missing.extend_from_slice(&types);
    missing.extend_from_slice(&sent);
    missing
}

/// Bytes after their length.
fn counted(bytes: &[u8], out: &mut Vec<u8>) {
    let length = (bytes.len() as u64).to_le_bytes();
    let (marker, digits): (Option<u8>, usize) = match bytes.len() {
        0..=0xfa => (None, 1),
        0xfb..=0xffff => (Some(0xfc), 2),
        0x1_0000..=0xff_ffff => (Some(0xfd), 3),
        _ => (Some(0xfe), 8),
    };
    out.extend(marker);
    out.extend(length.iter().take(digits));
    out.extend_from_slice(bytes);
}

/// A row of the binary protocol all of whose columns are texts or bytes.
fn fields(packet: &[u8], columns: usize) -> Option<Vec<Option<Vec<u8>>>> {
    let mut rest = Fields(packet);
    rest.u8()?;
    // Two bits of it are kept for something else.
    let missing = rest.take((columns + 2).div_ceil(8))?;
    let mut out = Vec::with_capacity(columns);
    for place in 0..columns {
        let bit = place + 2;
        let is_missing = missing.get(bit / 8)? & (1 << (bit % 8)) != 0;
        out.push(if is_missing { None } else { Some(rest.value()??.to_vec()) });
    }
    rest.0.is_empty().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_sent_after_their_lengths() {
        let binds = [Bind::Text("Zu"), Bind::Null, Bind::Integer(-1), Bind::Bytes(&[0xff])];
        let sent = values(&binds);
        assert_eq!(
            sent.split_at(10),
            (
                &[2, 1, 253, 0, 6, 0, 8, 0, 252, 0][..],
                &[2, b'Z', b'u', 255, 255, 255, 255, 255, 255, 255, 255, 1, 0xff][..]
            )
        );
        let mut long = Vec::new();
        counted(&[7; 0x1_0000], &mut long);
        assert_eq!(long.get(..4), Some(&[0xfd, 0, 0, 1][..]));
        assert!(values(&[]).is_empty());
    }

    #[test]
    fn a_row_that_is_cut_is_none() {
        assert_eq!(fields(&[0, 0b1000, 2, b'a', b'b'], 2), Some(vec![Some(b"ab".to_vec()), None]));
        assert_eq!(fields(&[0, 0, 2, b'a'], 1), None);
        assert_eq!(fields(&[0, 0, 1, b'a', b'b'], 1), None);
        assert_eq!(fields(&[0], 1), None);
    }
}
