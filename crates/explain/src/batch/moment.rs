//! When a line was written: the notations that logs use for a time, to unix seconds.
//!
//! Decides what is a time. A time without a zone is taken for UTC; a text that is none gives nothing.

/// Times before this are small numbers (a duration, a port), not epochs: 2001-09-09.
const EARLIEST: i64 = 1_000_000_000;
/// 2286-11-20, where ten digits end.
const LATEST: i64 = 9_999_999_999;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Any of the notations, the whole text.
pub(super) fn whole(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches(['[', ']']);
    prefix(text).filter(|(_, length)| *length == text.len()).map(|(time, _)| time)
}

/// A time that the text begins with, and how many bytes it takes.
pub(super) fn prefix(text: &str) -> Option<(i64, usize)> {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    let time = reader.iso();
    if let Some(time) = time {
        return Some((time, reader.at));
    }
    reader.at = 0;
    if let Some(time) = reader.common() {
        return Some((time, reader.at));
    }
    reader.at = 0;
    reader.epoch().map(|time| (time, reader.at))
}

/// Unix seconds of a date of the proleptic Gregorian calendar, by counting days from a March.
fn unix(date: (i64, i64, i64), clock: (i64, i64, i64), offset: i64) -> Option<i64> {
    let ((year, month, day), (hour, minute, second)) = (date, clock);
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    // A leap second is written as the sixtieth.
    if !(1..=longest).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let days = era * 146_097 + of_days - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, any: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| any.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    /// Exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let digits = self.bytes.get(self.at..self.at + count)?;
        let number = digits.iter().try_fold(0_i64, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })?;
        self.at += count;
        Some(number)
    }

    fn fraction(&mut self) {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        if matches!(self.peek(), Some(b'.' | b',')) && is_digit(self.bytes.get(self.at + 1)) {
            self.at += 1;
            while is_digit(self.bytes.get(self.at)) {
                self.at += 1;
            }
        }
    }

    fn clock(&mut self) -> Option<(i64, i64, i64)> {
        let hour = self.digits(2)?;
        self.take(b":")?;
        let minute = self.digits(2)?;
        self.take(b":")?;
        Some((hour, minute, self.digits(2)?))
    }

    /// `Z`, `+01:00`, ` -0700`, or nothing.
    fn zone(&mut self) -> i64 {
        let start = self.at;
        let blank = self.take(b" ").is_some();
        if self.take(b"Zz").is_some() {
            return 0;
        }
        let found = (|| {
            let sign = if self.take(b"+-")? == b'-' { -1 } else { 1 };
            let hours = self.digits(2)?;
            let colon = self.take(b":").is_some();
            let minutes = match self.digits(2) {
                Some(minutes) => minutes,
                // ` - ` after a time is the next column.
                None if colon || blank => return None,
                None => 0,
            };
            (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
        })();
        found.unwrap_or_else(|| {
            self.at = start;
            0
        })
    }

    /// `2026-11-23T10:00:00.5+01:00`, with a blank for the T, with slashes for the hyphens (nginx).
    fn iso(&mut self) -> Option<i64> {
        let year = self.digits(4)?;
        let separator = self.take(b"-/")?;
        let month = self.digits(2)?;
        self.take(&[separator])?;
        let day = self.digits(2)?;
        self.take(b"Tt _")?;
        let clock = self.clock()?;
        self.fraction();
        let offset = self.zone();
        unix((year, month, day), clock, offset)
    }

    /// `10/Oct/2000:13:55:36 -0700` (nginx, Apache), `06/Feb/2009:12:14:14.655` (HAProxy).
    fn common(&mut self) -> Option<i64> {
        let day = self.digits(2)?;
        self.take(b"/")?;
        let name = self.bytes.get(self.at..self.at + 3)?;
        let month = MONTHS.iter().position(|month| month.as_bytes().eq_ignore_ascii_case(name))?;
        self.at += 3;
        self.take(b"/")?;
        let year = self.digits(4)?;
        self.take(b":")?;
        let clock = self.clock()?;
        self.fraction();
        let offset = self.zone();
        unix((year, month as i64 + 1, day), clock, offset)
    }

    /// Seconds, milli-, micro- or nanoseconds since 1970, told apart by their digits.
    fn epoch(&mut self) -> Option<i64> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let count = self.at - start;
        let number: i64 =
            std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?.parse().ok()?;
        let seconds = match count {
            10 => number,
            13 => number / 1_000,
            16 => number / 1_000_000,
            19 => number / 1_000_000_000,
            _ => return None,
        };
        self.fraction();
        let ends = self.peek().is_none_or(|byte| !byte.is_ascii_alphanumeric());
        (ends && (EARLIEST..=LATEST).contains(&seconds)).then_some(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_notation_is_read() {
        for (text, expected) in [
            ("10/Oct/2000:13:55:36 -0700", 971_211_336),
            ("[10/Oct/2000:13:55:36 -0700]", 971_211_336),
            ("06/Feb/2009:12:14:14.655", 1_233_922_454),
            ("2026-11-18T11:06:40Z", 1_795_000_000),
            ("2026-11-18 11:06:40", 1_795_000_000),
            ("2026/11/18 11:06:40", 1_795_000_000),
            ("2026-11-18T12:06:40.123456789+01:00", 1_795_000_000),
            ("2026-11-18T12:06:40,123+0100", 1_795_000_000),
            ("2026-11-18T06:06:40-05", 1_795_000_000),
            ("1795000000", 1_795_000_000),
            ("1795000000.123", 1_795_000_000),
            ("1795000000123", 1_795_000_000),
            ("1795000000123456", 1_795_000_000),
            ("1795000000123456789", 1_795_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
        ] {
            assert_eq!(whole(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "10",
            "2023-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "10/Okt/2000:13:55:36",
            "200",
            "17950000001",
            "2026-11-18",
            "2026-11-18T25:00:00Z",
            "1795000000ms",
            "é",
        ] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_in_front_of_other_words_ends_where_it_ends() {
        assert_eq!(prefix("2026-11-18T11:06:40Z WARN refused"), Some((1_795_000_000, 20)));
        assert_eq!(prefix("2026-11-18 11:06:40 - x"), Some((1_795_000_000, 19)));
        assert_eq!(prefix("1795000000.5 x"), Some((1_795_000_000, 12)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = whole(&text);
        }

        #[test]
        fn near_times_do_not_make_it_panic(text in "[0-9/:T. Z+-]{0,32}") {
            let _ = whole(&text);
        }

        #[test]
        fn it_reads_what_the_catalogue_writes(unix in 0_i64..250_000_000_000) {
            prop_assert_eq!(whole(&claviger_token::rfc3339(unix)), Some(unix));
        }
    }
}
