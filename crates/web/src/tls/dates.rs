//! From when to when is a certificate good (RFC 5280, 4.1)? Read by its own few steps: it may be its own authority, or that of nobody
//! whom we know.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The first and the last second, since 1970.
pub(super) fn dates(certificate: &[u8]) -> Option<(u64, u64)> {
    let (certificate, rest) = within(certificate, SEQUENCE)?;
    let (mut told, _) = within(certificate, SEQUENCE)?;
    if !rest.is_empty() {
        return None;
    }
    if told.first() == Some(&VERSION) {
        told = next(told)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        told = next(told)?.2;
    }
    let (validity, _) = within(told, SEQUENCE)?;
    let (begins, rest) = moment(validity)?;
    let (ends, rest) = moment(rest)?;
    (rest.is_empty() && begins <= ends).then_some((begins, ends))
}

fn within(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, inner, rest) = next(bytes)?;
    (found == tag).then_some((inner, rest))
}

/// Tag, content, and what comes behind.
fn next(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (inner, rest) = rest.split_at_checked(length)?;
    Some((*tag, inner, rest))
}

fn moment(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (tag, text, rest) = next(bytes)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let (year, at) = match (tag, text.len()) {
        (UTC_TIME, 12) => (number(0, 2).map(|year| if year < 50 { 2000 + year } else { 1900 + year })?, 2),
        (GENERALIZED_TIME, 14) => (number(0, 4)?, 4),
        _ => return None,
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |place: usize| i8::try_from(number(at + 2 * place, at + 2 * place + 2)?).ok();
    let civil = DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    let seconds = civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some((u64::try_from(seconds).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, inner: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, 0x82];
        bytes.extend(u16::try_from(inner.len()).unwrap().to_be_bytes());
        bytes.extend(inner);
        bytes
    }

    fn certificate(from: (u8, &str), to: (u8, &str)) -> Vec<u8> {
        let validity = tlv(SEQUENCE, &[tlv(from.0, from.1.as_bytes()), tlv(to.0, to.1.as_bytes())].concat());
        let before = [tlv(VERSION, &[2, 1, 2]), tlv(2, &[7]), tlv(SEQUENCE, &[]), tlv(SEQUENCE, &[])].concat();
        let told = tlv(SEQUENCE, &[before, validity, tlv(SEQUENCE, &[])].concat());
        tlv(SEQUENCE, &[told, tlv(SEQUENCE, &[]), tlv(3, &[0])].concat())
    }

    #[test]
    fn dates_are_read_or_there_are_none() {
        let good = certificate((UTC_TIME, "270201090000Z"), (GENERALIZED_TIME, "20580201090000Z"));
        assert_eq!(dates(&good), Some((1_801_472_400, 2_779_779_600)));
        let old = certificate((UTC_TIME, "700101000000Z"), (UTC_TIME, "700101000001Z"));
        assert_eq!(dates(&old), Some((0, 1)));
        for (from, to) in [
            ((UTC_TIME, "270201090000Z"), (UTC_TIME, "260201090000Z")),
            ((UTC_TIME, "271301090000Z"), (UTC_TIME, "280201090000Z")),
            ((UTC_TIME, "27020109000Z"), (UTC_TIME, "280201090000Z")),
            ((UTC_TIME, "+70201090000Z"), (UTC_TIME, "280201090000Z")),
            ((UTC_TIME, "2702010900+0Z"), (UTC_TIME, "280201090000Z")),
            ((UTC_TIME, "500101000000Z"), (UTC_TIME, "280201090000Z")),
            ((GENERALIZED_TIME, "270201090000Z"), (UTC_TIME, "280201090000Z")),
        ] {
            assert_eq!(dates(&certificate(from, to)), None, "{from:?} {to:?}");
        }
        for end in 0..good.len() {
            assert_eq!(dates(&good[..end]), None, "cut at {end}");
        }
        assert_eq!(dates(&[good, vec![0]].concat()), None);
    }
}
