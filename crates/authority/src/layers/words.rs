//! What a person is told about a field: what it takes, what may have been meant, what is not shown.

use serde_json::Value;

use super::{is_section, join};

/// A guess must be this much like the text, of 1.
const ALIKE: f64 = 0.82;

/// What the parser's complaint means at this place, and what to write.
pub(super) fn syntax(text: &str, at: usize, said: &str) -> (String, String) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let fix = if said.contains("duplicate key") {
        "keep one of the two"
    } else if line.trim_end().ends_with('=') {
        "text stands in quotes (`name = \"text\"`); numbers, `true` and `false` stand without"
    } else if line.contains('=') {
        "end the value here: closing quotes or bracket, then a new line"
    } else {
        "write `name = value`, or `[section]` on a line of its own"
    };
    (format!("this is not TOML: {said}"), fix.to_owned())
}

/// What to write in place of a name that is no field.
pub(super) fn unknown(schema: &Value, field: &str) -> String {
    if let Some(home) = home(schema, field) {
        return match home.rsplit_once('.') {
            Some((section, _)) => format!("it belongs under `[{section}]`"),
            None => "it belongs at the top of the file, before the first `[section]`".to_owned(),
        };
    }
    match nearest(schema, field) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "take it out; `claviger config show` lists every field".to_owned(),
    }
}

/// The field that a name which is none was meant for, as [`unknown`] says.
pub(super) fn meant(schema: &Value, field: &str) -> Option<String> {
    home(schema, field).or_else(|| nearest(schema, field))
}

/// Where the field stands that has this very name, if one alone has it.
fn home(schema: &Value, field: &str) -> Option<String> {
    let name = field.rsplit('.').next().unwrap_or(field);
    let mut homes = fields(schema)
        .into_iter()
        .filter(|known| known.rsplit('.').next() == Some(name) && known != field);
    homes.next().filter(|_| homes.next().is_none())
}

/// The known field that the text resembles, if one does.
pub(super) fn nearest(schema: &Value, field: &str) -> Option<String> {
    let mut best: Option<(f64, String)> = None;
    for known in fields(schema) {
        // A right section speaks for the field, and must not make every field of it alike.
        let alike = match (known.rsplit_once('.'), field.rsplit_once('.')) {
            (Some((section, name)), Some((other, text))) => {
                let sections = likeness(section, other);
                if sections < ALIKE { 0.0 } else { likeness(name, text).min(sections) }
            }
            (None, None) => likeness(&known, field),
            _ => 0.0,
        };
        if alike >= ALIKE && best.as_ref().is_none_or(|(most, _)| alike > *most) {
            best = Some((alike, known));
        }
    }
    best.map(|(_, known)| known)
}

/// How much two names are like each other, of 1. One slip makes short names no strangers: `tsl`, `tls`.
fn likeness(one: &str, other: &str) -> f64 {
    let slip = one.len() >= 3 && strsim::osa_distance(one, other) == 1;
    strsim::jaro_winkler(one, other).max(if slip { ALIKE } else { 0.0 })
}

/// All fields, dotted, and the sections among them.
fn fields(schema: &Value) -> Vec<String> {
    let mut out = Vec::new();
    collect(schema, "", &mut out);
    out
}

fn collect(schema: &Value, above: &str, out: &mut Vec<String>) {
    for (name, value) in schema.as_object().into_iter().flatten() {
        let field = join(above, name);
        if is_section(value) {
            collect(value, &field, out);
        }
        out.push(field);
    }
}

/// What is wrong with a value of the wrong kind, and an example of the right one.
pub(super) fn value(field: &str, default: &Value, said: &str) -> (String, String) {
    let name = field.rsplit('.').next().unwrap_or(field);
    let problem = plain(&said.trim().replace('\n', "; "));
    let fix = match default {
        Value::Bool(_) => "write `true` or `false`".to_owned(),
        Value::Number(_) => {
            format!("write a whole number without quotes, such as `{name} = {default}`")
        }
        Value::String(_) | Value::Array(_) | Value::Object(_) => match literal(default) {
            Some(example) => format!("write for example `{name} = {example}`"),
            None => "compare it with the example in the documentation".to_owned(),
        },
        Value::Null => "compare it with the example in the documentation".to_owned(),
    };
    (problem, fix)
}

/// What the reader says, without the names that only programs have for a kind of value.
fn plain(said: &str) -> String {
    if said == "invalid socket address syntax" {
        return "is no IP address with a port".to_owned();
    }
    let mut said = said.to_owned();
    for kind in ["usize", "u64", "u32", "u16", "u8"] {
        let unsigned = format!("expected {kind}");
        if let Some(before) = said.strip_suffix(&unsigned) {
            said = format!("{before}expected a whole number, 0 or more");
        }
    }
    for (kind, word) in [("i64", "a whole number"), ("f64", "a number"), ("path string", "a path")]
    {
        if let Some(before) = said.strip_suffix(&format!("expected {kind}")) {
            said = format!("{before}expected {word}");
        }
    }
    said
}

/// A value as the file would have it; none for one that is not set.
pub(super) fn literal(value: &Value) -> Option<String> {
    toml::Value::try_from(value).ok().filter(|_| !value.is_null()).map(|value| value.to_string())
}

/// The value as it may be shown: not at all under a name that promises a secret, and without the
/// user information of a URL.
pub(super) fn shown(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect()
        }
        Value::Array(items) => items.iter().map(|item| shown(name, item)).collect(),
        Value::String(_) if is_secret(name) => Value::from("[redacted]"),
        Value::String(text) => match url::Url::parse(text) {
            Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
                // A URL that has user information can lose it.
                let _ = url.set_password(None);
                let _ = url.set_username("redacted");
                Value::from(url.as_str())
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// A line of a file without the value that its name calls a secret.
pub(super) fn hide_secret(line: &str) -> String {
    match line.split_once('=') {
        Some((name, _)) if is_secret(name.trim().trim_matches(['"', '\''])) => format!("{name}= …"),
        _ => line.to_owned(),
    }
}

/// Secrets stand in files of their own; a name that ends like this holds one by mistake.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["secret", "token", "password", "passphrase", "private_key", "master_key", "credential"]
        .iter()
        .any(|ending| name.ends_with(ending))
}
