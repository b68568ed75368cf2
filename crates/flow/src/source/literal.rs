//! How is a number, a truth value or a UUID read from text without guessing?
//!
//! Numbers are plain decimal notation: an optional minus, no plus, no blanks, no group separators, no exponent, no
//! leading zeros (`007` is an identifier that somebody would miss). What is not exactly that is refused.

use causeway_model::Code;

/// A whole number of 64 bits.
pub(crate) fn integer(text: &str) -> Result<i64, Code> {
    if is_integer(text) { text.parse().map_err(|_| Code::WrongType) } else { Err(Code::WrongType) }
}

/// Whether `text` is a whole number in plain notation, of any length.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && (digits.len() == 1 || digits.first() != Some(&b'0'))
}

/// An exact decimal number, as the unscaled value of `scale`. More digits than the scale are refused, never rounded.
pub(crate) fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128, Code> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let negative = whole.starts_with('-');
    let scale = usize::try_from(scale).map_err(|_| Code::WrongType)?;
    let sound = is_integer(whole)
        && fraction.len() <= scale
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && (text.len() == whole.len() || !fraction.is_empty());
    if !sound {
        return Err(Code::WrongType);
    }
    let digits = whole.trim_start_matches('-').bytes().chain(fraction.bytes());
    let padded = digits.chain(std::iter::repeat_n(b'0', scale - fraction.len()));
    let mut value: i128 = 0;
    for digit in padded {
        value = value.checked_mul(10).and_then(|v| v.checked_add(i128::from(digit - b'0'))).ok_or(Code::WrongType)?;
    }
    within(if negative { -value } else { value }, precision)
}

/// A floating point number as the unscaled value of `scale`, if it is exactly that: 12.5 is 12.50, 0.1 is not 0.10.
pub(crate) fn exact(value: f64, precision: u8, scale: i8) -> Result<i128, Code> {
    if !value.is_finite() {
        return Err(Code::WrongType);
    }
    if value == 0.0 {
        return Ok(0);
    }
    let bits = value.to_bits();
    let (biased, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    let (mantissa, exponent) =
        if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), i32::try_from(biased).unwrap_or(0) - 1075) };
    let zeros = mantissa.trailing_zeros();
    let (odd, exponent) = (mantissa >> zeros, exponent + i32::try_from(zeros).unwrap_or(0));
    // value * 10^scale = odd * 5^scale * 2^(exponent + scale); odd and 5^scale are odd, so only a power of two that is
    // not negative leaves a whole number.
    let power = u32::try_from(exponent + i32::from(scale)).map_err(|_| Code::WrongType)?;
    let five = 5_i128.checked_pow(u32::try_from(scale).map_err(|_| Code::WrongType)?);
    let two = 2_i128.checked_pow(power);
    let unscaled = five.and_then(|five| i128::from(odd).checked_mul(five)).zip(two);
    let unscaled = unscaled.and_then(|(value, two)| value.checked_mul(two)).ok_or(Code::WrongType)?;
    within(if value.is_sign_negative() { -unscaled } else { unscaled }, precision)
}

/// An exact number of another scale; digits that would be lost are refused, never rounded.
pub(super) fn rescaled(unscaled: i128, from: u8, precision: u8, to: i8) -> Result<i128, Code> {
    let shift = i32::from(to) - i32::from(from);
    let factor = 10_i128.checked_pow(shift.unsigned_abs()).ok_or(Code::WrongType)?;
    let value = if shift >= 0 {
        unscaled.checked_mul(factor).ok_or(Code::WrongType)?
    } else if unscaled % factor == 0 {
        unscaled / factor
    } else {
        return Err(Code::WrongType);
    };
    within(value, precision)
}

fn within(value: i128, precision: u8) -> Result<i128, Code> {
    let limit = 10_u128.checked_pow(u32::from(precision)).ok_or(Code::WrongType)?;
    if value.unsigned_abs() < limit { Ok(value) } else { Err(Code::WrongType) }
}

/// `0`, `1`, `true` or `false`, the words in any case.
pub(crate) fn boolean(text: &str) -> Result<bool, Code> {
    match text {
        "1" => Ok(true),
        "0" => Ok(false),
        word if word.eq_ignore_ascii_case("true") => Ok(true),
        word if word.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Code::WrongType),
    }
}

/// A UUID in lower case with dashes, from any usual spelling: with or without dashes, braces or `urn:uuid:`.
pub(crate) fn uuid(text: &str) -> Result<[u8; 36], Code> {
    let bytes = text.as_bytes();
    let bytes = match bytes.split_at_checked(9) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"urn:uuid:") => rest,
        _ => bytes,
    };
    let bytes = match bytes {
        [b'{', inner @ .., b'}'] => inner,
        plain => plain,
    };
    if bytes.len() != 36 && bytes.len() != 32 {
        return Err(Code::WrongType);
    }
    let dashed = bytes.len() == 36;
    let mut out = [b'-'; 36];
    let mut from = bytes.iter();
    for (place, to) in out.iter_mut().enumerate() {
        let dash = matches!(place, 8 | 13 | 18 | 23);
        match (dash, dashed) {
            (true, true) if from.next() != Some(&b'-') => return Err(Code::WrongType),
            (true, _) => {}
            (false, _) => match from.next() {
                Some(digit) if digit.is_ascii_hexdigit() => *to = digit.to_ascii_lowercase(),
                _ => return Err(Code::WrongType),
            },
        }
    }
    Ok(out)
}

/// A UUID in lower case with dashes.
pub(super) fn written_uuid(uuid: &[u8; 16]) -> [u8; 36] {
    let (mut digits, mut out) = ([0; 32], [b'-'; 36]);
    let _fits = hex::encode_to_slice(uuid, &mut digits);
    out[..8].copy_from_slice(&digits[..8]);
    out[9..13].copy_from_slice(&digits[8..12]);
    out[14..18].copy_from_slice(&digits[12..16]);
    out[19..23].copy_from_slice(&digits[16..20]);
    out[24..].copy_from_slice(&digits[20..]);
    out
}

/// Whether this is a UUID exactly as we write it.
pub(super) fn is_usual_uuid(text: &[u8]) -> bool {
    let Ok(text) = <&[u8; 36]>::try_from(text) else { return false };
    let dashes = text[8] == b'-' && text[13] == b'-' && text[18] == b'-' && text[23] == b'-';
    // Without early exit, so that the compiler turns it into vector instructions.
    let good = text.iter().fold(0, |count, byte| count + u8::from(matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    dashes && good == 32
}

/// A number's text without an allocation.
#[derive(Default)]
pub(super) struct Digits {
    bytes: [u8; 20],
    length: usize,
}

impl Digits {
    pub(super) fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

impl std::fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
