//! Times in words, the same everywhere a person reads them.

use jiff::Timestamp;

/// Seconds as a person says them: `3 min 12 s`, `2 d 4 h`, `45 s`. At most two units; the sign is dropped.
#[must_use]
pub fn lasting(seconds: i64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(365 * 86_400, "years"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds.unsigned_abs();
    let mut said: Vec<String> = Vec::with_capacity(2);
    for (size, unit) in UNITS {
        let count = rest / size;
        rest %= size;
        if count == 0 {
            // `1 h 0 min 1 s` says no more than `1 h`.
            if said.is_empty() { continue } else { break }
        }
        let unit = if unit == "years" && count == 1 { "year" } else { unit };
        said.push(format!("{count} {unit}"));
        if said.len() == 2 {
            break;
        }
    }
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
}

/// Unix seconds as RFC 3339 in UTC; a time that no calendar holds is said as seconds.
#[must_use]
pub fn rfc3339(unix: i64) -> String {
    Timestamp::from_second(unix)
        .map_or_else(|_| format!("{unix} s after 1970"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_units() {
        for (seconds, said) in [
            (0, "0 s"),
            (1, "1 s"),
            (60, "1 min"),
            (192, "3 min 12 s"),
            (-192, "3 min 12 s"),
            (3_600, "1 h"),
            (3_601, "1 h"),
            (90_000, "1 d 1 h"),
            (365 * 86_400, "1 year"),
            (2 * 365 * 86_400 + 86_400, "2 years 1 d"),
        ] {
            assert_eq!(lasting(seconds), said, "{seconds}");
        }
    }

    #[test]
    fn times_are_said_in_utc() {
        assert_eq!(rfc3339(1_795_000_000), "2026-11-18T11:06:40Z");
        assert!(rfc3339(i64::MAX).contains("s after 1970"));
    }
}
