//! What the admin API answers, for people: one object as lines of name and value, several as a table.
//!
//! Times are said as such, and how far away they are; what is empty or not set is left out. Programs read
//! the JSON.

use std::fmt::Write as _;

use claviger_token::{lasting, rfc3339};
use serde_json::Value;

use crate::say::{BOLD, CYAN};

/// Members that are times, beside those whose names end with `_at`. Unix seconds.
const TIMES: [&str; 4] = ["started", "auth_time", "expires", "until"];

/// One object, a member a line.
pub(crate) fn members(object: &Value, now: i64) -> String {
    let shown: Vec<(String, String)> = object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (plain(&name.replace('_', " ")), said(name, value, now)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let width = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, text) in shown {
        let _ = writeln!(out, "{CYAN}{name:<width$}{CYAN:#}  {text}");
    }
    out
}

/// Several objects by these members: a table where it is no wider than the terminal, else a few lines each.
/// A column in which nothing stands is left out.
pub(crate) fn rows(objects: &[Value], columns: &[&str], now: i64, width: usize) -> String {
    let mut table: Vec<Vec<String>> =
        vec![columns.iter().map(|name| name.replace('_', " ")).collect()];
    for object in objects {
        let cell =
            |name: &&str| object.get(*name).map_or_else(String::new, |it| said(name, it, now));
        table.push(columns.iter().map(cell).collect());
    }
    let longest = |column: usize| {
        let cells = table.iter().map(|row| row[column].chars().count());
        let filled = table[1..].iter().any(|row| !row[column].is_empty());
        filled.then(|| cells.max().unwrap_or(0))
    };
    let widths: Vec<Option<usize>> = (0..columns.len()).map(longest).collect();
    let total: usize = widths.iter().flatten().map(|width| width + 2).sum();
    let is_wide = total > width.saturating_add(2);
    let mut out = String::new();
    let (names, rows) = (&table[0], &table[1..]);
    for (nth, row) in table.iter().enumerate().skip(usize::from(is_wide)) {
        let mut line = String::new();
        for (column, text) in row.iter().enumerate() {
            let Some(width) = widths[column].filter(|_| !is_wide || column == 0) else { continue };
            let style = if nth == 0 {
                CYAN
            } else if column == 0 {
                BOLD
            } else {
                anstyle::Style::new()
            };
            let blanks = " ".repeat(width - text.chars().count() + 2);
            let _ = write!(line, "{style}{text}{style:#}{blanks}");
        }
        let _ = writeln!(out, "{}", line.trim_end());
        if is_wide {
            let label = names[1..].iter().map(|name| name.chars().count()).max().unwrap_or(0);
            for (name, text) in names.iter().zip(&rows[nth - 1]).skip(1) {
                if !text.is_empty() {
                    let _ = writeln!(out, "  {CYAN}{name:<label$}{CYAN:#}  {text}");
                }
            }
        }
    }
    out
}

fn said(name: &str, value: &Value, now: i64) -> String {
    let is_time = name.ends_with("_at") || TIMES.contains(&name);
    match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        Value::Number(at) if is_time => {
            at.as_i64().map_or_else(|| at.to_string(), |at| time(at, now))
        }
        Value::Array(list) => {
            list.iter().map(|item| said("", item, now)).collect::<Vec<_>>().join(" ")
        }
        Value::Object(members) if members.is_empty() => String::new(),
        other => plain(&other.to_string()),
    }
}

/// A time, and how far away it is.
pub(crate) fn time(at: i64, now: i64) -> String {
    let far = match at.saturating_sub(now) {
        0 => "now".to_owned(),
        ahead @ 1.. => format!("in {}", lasting(ahead)),
        past => format!("{} ago", lasting(past)),
    };
    format!("{} ({far})", rfc3339(at))
}

/// A text that forges no line and moves no cursor: the authority cleans what it keeps, and may be an older one.
pub(crate) fn plain(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if odd(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        assert_eq!(time(NOW - 192, NOW), "2026-11-18T11:03:28Z (3 min 12 s ago)");
        assert_eq!(time(NOW + 86_400, NOW), "2026-11-19T11:06:40Z (in 1 d)");
        assert_eq!(time(NOW, NOW), "2026-11-18T11:06:40Z (now)");
        assert!(time(i64::MIN, NOW).contains("ago"));
    }

    #[test]
    fn one_object_is_aligned_and_says_only_what_is_there() {
        let object = json!({"id": "x", "created_at": NOW - 60, "note": "", "scopes": ["a", "b"], "jwks": null,
            "email_verified": false, "count": 1_795_000_000, "attributes": {}, "uris": []});
        let expected = "\
id              x
created at      2026-11-18T11:05:40Z (1 min ago)
scopes          a b
email verified  false
count           1795000000
";
        assert_eq!(plain(&members(&object, NOW)), expected);
    }

    #[test]
    fn several_are_a_table_where_it_fits_and_blocks_where_not() {
        let all = [
            json!({"id": "shop", "name": "The Shop", "uris": [], "expires": NOW + 1}),
            json!({"id": "a-longer-one", "uris": ["https://a.example", "https://b.example"]}),
        ];
        let wide = "\
id            name      uris
shop          The Shop
a-longer-one            https://a.example https://b.example
";
        let columns = ["id", "name", "uris", "nothing"];
        assert_eq!(plain(&rows(&all, &columns, NOW, 120)), wide);
        let narrow = "\
shop
  name  The Shop
a-longer-one
  uris  https://a.example https://b.example
";
        assert_eq!(plain(&rows(&all, &["id", "name", "uris"], NOW, 40)), narrow);
    }
}
