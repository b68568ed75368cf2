//! How is a `numeric` of any size read exactly?
//!
//! It comes as digits of base 10,000 (`numeric_send`): how many, the power of the first, sign, digits shown after the
//! point, the digits. What fits into 128 bits is a decimal; what does not is written out, and the decoder says what the
//! catalogue thinks of it.

use causeway_flow::source::Cell;

use super::cells::{Misread, take};

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// Digits after the point that a decimal of the catalogue may have.
const SCALE: i32 = 38;

/// The cell of a `numeric`; `scratch` holds its text where it needs one.
pub(super) fn cell<'c>(mut field: &[u8], scratch: &'c mut Vec<u8>) -> Result<Cell<'c>, Misread> {
    let count = u16::from_be_bytes(*take(&mut field).map_err(|_| Misread::Wrong)?);
    let weight = i16::from_be_bytes(*take(&mut field).map_err(|_| Misread::Wrong)?);
    let sign = u16::from_be_bytes(*take(&mut field).map_err(|_| Misread::Wrong)?);
    let shown = u16::from_be_bytes(*take(&mut field).map_err(|_| Misread::Wrong)?);
    match sign {
        NAN => return Ok(Cell::Number("NaN")),
        INFINITY => return Ok(Cell::Number("Infinity")),
        MINUS_INFINITY => return Ok(Cell::Number("-Infinity")),
        _ => {}
    }
    let digits = field.as_chunks::<2>().0;
    if digits.len() != usize::from(count) {
        return Err(Misread::Wrong);
    }
    let number = Number { digits, weight: weight.into(), negative: sign == NEGATIVE };
    let scale = i32::from(shown).min(SCALE);
    if let Some((unscaled, scale)) = number.decimal(scale).or_else(|| number.decimal(number.needed())) {
        return Ok(Cell::Decimal(unscaled, scale));
    }
    number.write(scratch);
    Ok(Cell::Number(std::str::from_utf8(scratch).unwrap_or_default()))
}

struct Number<'n> {
    digits: &'n [[u8; 2]],
    /// Power of 10,000 of the first digit.
    weight: i32,
    negative: bool,
}

impl Number<'_> {
    /// As unscaled value and scale, if both fit.
    #[inline]
    fn decimal(&self, scale: i32) -> Option<(i128, u8)> {
        // 10,000 to the ninth is below 2 to the 127th.
        let unscaled = if self.digits.len() <= 4 {
            let small =
                self.digits.iter().fold(0_u64, |sum, digit| sum * 10_000 + u64::from(u16::from_be_bytes(*digit)));
            i128::from(small)
        } else if self.digits.len() <= 9 {
            self.digits.iter().fold(0_i128, |sum, digit| sum * 10_000 + i128::from(u16::from_be_bytes(*digit)))
        } else {
            return None;
        };
        if unscaled == 0 {
            return Some((0, u8::try_from(scale).ok()?));
        }
        let count = i32::try_from(self.digits.len()).ok()?;
        let shift = 4 * (self.weight + 1 - count) + scale;
        let factor = 10_i128.checked_pow(shift.unsigned_abs())?;
        let unscaled = if shift >= 0 {
            unscaled.checked_mul(factor)?
        } else if unscaled % factor == 0 {
            unscaled / factor
        } else {
            return None;
        };
        Some((if self.negative { -unscaled } else { unscaled }, u8::try_from(scale).ok()?))
    }

    /// Digits after the point that its own digits need.
    fn needed(&self) -> i32 {
        (4 * (i32::try_from(self.digits.len()).unwrap_or(0) - 1 - self.weight)).max(0)
    }

    /// Writes it out, without zeros at its end.
    fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        if self.negative {
            out.push(b'-');
        }
        let digit = |power: i32| {
            let place = usize::try_from(self.weight - power).ok();
            place.and_then(|place| self.digits.get(place)).map_or(0, |digit| u16::from_be_bytes(*digit))
        };
        let written = |power: i32| {
            let digit = digit(power);
            [digit / 1_000, digit / 100 % 10, digit / 10 % 10, digit % 10].map(|digit| b'0' + (digit as u8))
        };
        let from = out.len();
        for power in (0..=self.weight.max(0)).rev() {
            out.extend(written(power));
        }
        let zeros = out.iter().skip(from).take_while(|byte| **byte == b'0').count();
        let zeros = zeros.min(out.len() - from - 1);
        out.drain(from..from + zeros);
        let last = self.weight + 1 - i32::try_from(self.digits.len()).unwrap_or(0);
        if last < 0 {
            out.push(b'.');
            for power in (last..0).rev() {
                out.extend(written(power));
            }
            while out.last() == Some(&b'0') {
                out.pop();
            }
            if out.last() == Some(&b'.') {
                out.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(weight: i16, sign: u16, shown: u16, digits: &[u16]) -> Vec<u8> {
        let mut field = u16::try_from(digits.len()).unwrap().to_be_bytes().to_vec();
        field.extend(weight.to_be_bytes());
        field.extend(sign.to_be_bytes());
        field.extend(shown.to_be_bytes());
        digits.iter().for_each(|digit| field.extend(digit.to_be_bytes()));
        field
    }

    #[test]
    fn numbers_of_any_size_are_exact() {
        let decimal = |field: &[u8]| match cell(field, &mut Vec::new()) {
            Ok(Cell::Decimal(unscaled, scale)) => (unscaled, scale),
            other => panic!("{other:?}"),
        };
        assert_eq!(decimal(&field(0, 0, 0, &[])), (0, 0));
        assert_eq!(decimal(&field(0, NEGATIVE, 2, &[12, 5_000])), (-1_250, 2));
        assert_eq!(decimal(&field(-1, 0, 4, &[1])), (1, 4));
        assert_eq!(decimal(&field(2, 0, 0, &[1])), (100_000_000, 0));
        assert_eq!(decimal(&field(0, 0, 300, &[7])), (7, 0));
        let text = |field: &[u8]| match cell(field, &mut Vec::new()) {
            Ok(Cell::Number(text)) => text.to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(text(&field(10, 0, 0, &[1])), format!("1{}", "0".repeat(40)));
        assert_eq!(
            text(&field(0, NEGATIVE, 41, &[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1_200])),
            format!("-3.{}12", "0".repeat(36))
        );
        assert_eq!(decimal(&field(-11, 0, 44, &[1])), (1, 44));
        assert_eq!(text(&field(-64, 0, 256, &[1])), format!("0.{}1", "0".repeat(255)));
        assert_eq!(text(&field(0, NAN, 0, &[])), "NaN");
        assert!(cell(&field(0, 0, 0, &[1])[..9], &mut Vec::new()).is_err());
    }
}
