//! How is a day or a moment read that a server writes in ISO 8601, and which are none?

const DAY_US: i64 = 86_400_000_000;

/// `YYYY-MM-DD` as days since 1970-01-01; none where the calendar has no such day.
pub(super) fn day(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = two(*y1, *y2)? * 100 + two(*y3, *y4)?;
    let (month, day) = (two(*m1, *m2)?, two(*d1, *d2)?);
    let length = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year == 0 || day == 0 || day > length {
        return None;
    }
    // Counted in years that begin in March, so that the leap day comes last.
    let years = year - i32::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(365 * years + years / 4 - years / 100 + years / 400 + day_of_year - 719_468)
}

/// `YYYY-MM-DD HH:MM:SS[.fraction]` in UTC as microseconds since 1970-01-01.
pub(super) fn moment(text: &[u8]) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let [b' ', h1, h2, b':', m1, m2, b':', s1, s2, fraction @ ..] = time else { return None };
    let (hour, minute, second) = (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let micros = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => {
            let mut micros = 0;
            for place in 0..6 {
                micros = micros * 10 + digits.get(place).map_or(Some(0), |digit| one(*digit))?;
            }
            micros
        }
        _ => return None,
    };
    let seconds = i64::from(hour * 3_600 + minute * 60 + second);
    Some(i64::from(day(date)?) * DAY_US + seconds * 1_000_000 + i64::from(micros))
}

fn one(digit: u8) -> Option<i32> {
    let value = digit.wrapping_sub(b'0');
    (value <= 9).then_some(i32::from(value))
}

fn two(tens: u8, ones: u8) -> Option<i32> {
    Some(one(tens)? * 10 + one(ones)?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let epoch = Date::constant(1970, 1, 1);
        let mut date = Date::constant(1, 1, 1);
        while date < Date::constant(9999, 12, 1) {
            let days = date.since(epoch).unwrap().get_days();
            assert_eq!(day(date.to_string().as_bytes()), Some(days), "{date}");
            date = date.checked_add(jiff::Span::new().days(29)).unwrap();
        }
        for none in ["0000-00-00", "2011-00-00", "2011-02-00", "2011-02-29", "2011-13-01", "0000-01-01", "2011-2-1"] {
            assert_eq!(day(none.as_bytes()), None, "{none}");
        }
        assert_eq!(day(b"2012-02-29"), Some(15_399));
    }

    #[test]
    fn moments_are_exact_to_the_microsecond() {
        assert_eq!(moment(b"1970-01-01 00:00:01"), Some(1_000_000));
        assert_eq!(moment(b"1970-01-02 00:00:00.000001"), Some(DAY_US + 1));
        assert_eq!(moment(b"1969-12-31 23:59:59.5"), Some(-500_000));
        for none in ["0000-00-00 00:00:00", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 24:00:00"] {
            assert_eq!(moment(none.as_bytes()), None, "{none}");
        }
    }
}
