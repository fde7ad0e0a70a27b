//! Which members of a token others may read, and how the rest is described: by type and length alone.
//!
//! A list names what is harmless; every other claim is masked. No hash of a masked value is given: whoever
//! knows ten thousand addresses finds the one with that hash. `kid`, `jti` and the client's id are shown,
//! because a provider finds its key, its record of the token and its configuration by them, and they open
//! nothing.

use claviger_token::{Fact, Fault, Key, PRIVATE_MEMBERS, lasting, rfc3339};
use serde_json::Value;

use super::hide::{Hide, scalars};
use super::safe::code;

/// More members than this are counted.
const MOST_MEMBERS: usize = 80;
/// More entries of one list than this are counted.
const MOST_ENTRIES: usize = 20;

/// Instants: numbers only.
const TIMES: &[&str] = &["iat", "nbf", "exp", "auth_time"];

/// What says for whom, by whom and for what a token is, and nothing about a person.
const HARMLESS: &[&str] = &[
    "iss",
    "aud",
    "azp",
    "client_id",
    "appid",
    "cid",
    "jti",
    "uti",
    "tid",
    "ver",
    "typ",
    "token_use",
    "token_type",
    "idtyp",
    "gty",
    "acr",
    "amr",
    "azpacr",
    "appidacr",
    "tfp",
    "aal",
    "ref",
    "sign_in_provider",
];

/// Rights: a missing one can only be discussed with those that are there.
const RIGHTS: &[&str] =
    &["scope", "scp", "scopes", "roles", "role", "permissions", "realm_access", "resource_access"];

/// Members of a header that are names and addresses of keys, not keys.
const HEADER: &[&str] = &[
    "alg", "typ", "cty", "kid", "enc", "zip", "crit", "b64", "jku", "x5u", "x5t", "x5t#S256", "iss",
];

/// Whether a claim's value may be read by others.
pub(super) fn is_shown(name: &str) -> bool {
    [TIMES, HARMLESS, RIGHTS].iter().any(|list| list.contains(&name))
}

pub(super) fn is_shown_of_header(name: &str) -> bool {
    HEADER.contains(&name)
}

/// Puts the texts of each member where they belong.
pub(super) fn sort(
    members: &Value,
    is_shown: fn(&str) -> bool,
    shown: &mut Vec<String>,
    hidden: &mut Vec<String>,
) {
    for (name, value) in members.as_object().into_iter().flatten() {
        // A time that is no number may be anything.
        let odd = TIMES.contains(&name.as_str()) && !value.is_number();
        let public = matches!(name.as_str(), "cnf" | "jwk");
        let list = if (is_shown(name) && !odd) || public { &mut *shown } else { &mut *hidden };
        scalars(value, list);
    }
}

/// What the evidence of a fault says of a claim that is masked.
pub(super) fn told_of_a_person(fault: &Fault) -> Vec<String> {
    let Some(Fact::Text(claim)) = fault.fact("claim") else { return Vec::new() };
    if is_shown(claim) || is_shown_of_header(claim) {
        return Vec::new();
    }
    let told = ["found", "expected"].into_iter().filter_map(|name| fault.fact(name));
    told.flat_map(|fact| match fact {
        Fact::Text(text) => vec![text.clone()],
        Fact::List(list) => list.clone(),
        _ => Vec::new(),
    })
    .collect()
}

/// The name of a member, where it is one: a name can carry anything.
fn name_of(name: &str, hide: &Hide) -> String {
    let is_name = name.len() <= 100
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/#$".contains(&byte));
    if is_name {
        code(&hide.blot(name))
    } else {
        format!("a member with a name of {}", characters(name))
    }
}

fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("{count} {one}") } else { format!("{count} {one}s") }
}

fn characters(text: &str) -> String {
    counted(text.chars().count(), "character")
}

/// An instant, and how far it is from the time of the judgement.
pub(super) fn moment(at: i64, now: i64) -> String {
    let distance = match now.checked_sub(at) {
        Some(0) => "the time of the judgement".to_owned(),
        Some(past) if past > 0 => format!("{} before the judgement", lasting(past)),
        Some(ahead) => format!("{} after the judgement", lasting(ahead)),
        None => "far from the judgement".to_owned(),
    };
    format!("`{at}` = {}, {distance}", rfc3339(at))
}

/// A value that may be read, in one line.
fn shown(value: &Value, hide: &Hide) -> String {
    match value {
        Value::String(text) => code(&hide.blot(text)),
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(list) => {
            let mut said: Vec<String> =
                list.iter().take(MOST_ENTRIES).map(|one| shown(one, hide)).collect();
            if list.len() > MOST_ENTRIES {
                said.push(format!("and {} more", list.len() - MOST_ENTRIES));
            }
            said.join(", ")
        }
        other => code(&hide.blot(&other.to_string())),
    }
}

/// What is said of a value that is not shown.
fn masked(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean, masked".to_owned(),
        Value::Number(number) if number.is_f64() => "a number with a fraction, masked".to_owned(),
        Value::Number(number) => {
            format!("a number of {}, masked", counted(number.to_string().len(), "digit"))
        }
        Value::String(text) => format!("a text of {}{}, masked", characters(text), form(text)),
        Value::Array(list) => format!("a list of {}, masked", counted(list.len(), "value")),
        Value::Object(members) => {
            format!("an object of {}, masked", counted(members.len(), "member"))
        }
    }
}

/// A form that says how a value was made, and not which it is.
fn form(text: &str) -> &'static str {
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let uuid = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(hex);
    if uuid {
        " (a UUID)"
    } else if text.contains('@') && !text.contains(char::is_whitespace) {
        " (with an `@`)"
    } else if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        " (digits)"
    } else {
        ""
    }
}

/// Who the token is about, where that is the client itself.
fn same_as_client(name: &str, value: &Value, claims: &Value) -> Option<String> {
    if name != "sub" || !value.is_string() {
        return None;
    }
    let claim = ["client_id", "azp", "appid", "cid"]
        .into_iter()
        .find(|claim| claims.get(claim) == Some(value))?;
    Some(format!("the same as `{claim}`: no person, but the client itself"))
}

/// The lines of the claims.
pub(super) fn of_payload(claims: &Value, now: i64, hide: &Hide) -> Vec<String> {
    lines(claims, |name, value| {
        let said = if let Some(at) = value.as_i64().filter(|_| TIMES.contains(&name)) {
            moment(at, now)
        } else if TIMES.contains(&name) {
            masked(value)
        } else if let Some(same) = same_as_client(name, value, claims) {
            same
        } else if name == "cnf" {
            confirmation(value)
        } else if name == "events" {
            let names = value.as_object().into_iter().flat_map(|events| events.keys());
            let names: Vec<String> =
                names.take(MOST_ENTRIES).map(|name| code(&hide.blot(name))).collect();
            format!("events {}", names.join(", "))
        } else if is_shown(name) && !value.is_object() {
            shown(value, hide)
        } else if RIGHTS.contains(&name) {
            code(&hide.blot(&value.to_string()))
        } else {
            masked(value)
        };
        format!("{}: {said}", name_of(name, hide))
    })
}

/// The lines of the header: keys by their thumbprint.
pub(super) fn of_header(header: &Value, hide: &Hide) -> Vec<String> {
    lines(header, |name, value| {
        let said = match name {
            "jwk" => key(value),
            "x5c" => {
                let chain = value.as_array().map_or(0, Vec::len);
                format!("a chain of {}, not shown", counted(chain, "certificate"))
            }
            _ if is_shown_of_header(name) => shown(value, hide),
            _ => masked(value),
        };
        format!("{}: {said}", name_of(name, hide))
    })
}

fn lines(members: &Value, line: impl Fn(&str, &Value) -> String) -> Vec<String> {
    let Some(members) = members.as_object() else { return Vec::new() };
    let mut lines: Vec<String> =
        members.iter().take(MOST_MEMBERS).map(|(name, value)| line(name, value)).collect();
    if members.len() > MOST_MEMBERS {
        lines.push(format!("and {} more", counted(members.len() - MOST_MEMBERS, "member")));
    }
    lines
}

/// A key in a header or in `cnf`: what it is called by, never the key.
fn key(jwk: &Value) -> String {
    let private =
        jwk.get("k").is_some() || PRIVATE_MEMBERS.iter().any(|member| jwk.get(member).is_some());
    let warned = if private { "; it holds private members, which are not shown" } else { "" };
    match Key::from_jwk(jwk) {
        Ok(found) if !private => {
            format!(
                "{}, {} bits, thumbprint `{}`",
                found.kind().as_str(),
                found.bits(),
                found.thumbprint()
            )
        }
        _ => format!("a key that is not shown{warned}"),
    }
}

/// What a token is bound to.
fn confirmation(value: &Value) -> String {
    let said: Vec<String> = value
        .as_object()
        .into_iter()
        .flatten()
        .take(MOST_ENTRIES)
        .map(|(name, value)| match (name.as_str(), value) {
            ("jkt" | "x5t#S256" | "kid", Value::String(text)) => format!("`{name}` {}", code(text)),
            ("jwk", jwk) => format!("`jwk` {}", key(jwk)),
            _ => "a further member, masked".to_owned(),
        })
        .collect();
    if said.is_empty() { masked(value) } else { format!("bound to {}", said.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_known_to_be_harmless_is_masked() {
        let claims = json!({
            "iss": "https://id.example", "sub": "alice", "email": "alice@corp.example", "x": {"a": [1]},
            "exp": "alice", "iat": 1_795_000_000, "tel": 4_917_012_345_678_i64, "groups": ["a", "b"],
            "alice smith": true, "cnf": {"jkt": "abc"}, "nick": null,
        });
        let said = of_payload(&claims, 1_795_000_060, &Hide::default());
        assert_eq!(
            said,
            [
                "`iss`: `https://id.example`",
                "`sub`: a text of 5 characters, masked",
                "`email`: a text of 18 characters (with an `@`), masked",
                "`x`: an object of 1 member, masked",
                "`exp`: a text of 5 characters, masked",
                "`iat`: `1795000000` = 2026-11-18T11:06:40Z, 1 min before the judgement",
                "`tel`: a number of 13 digits, masked",
                "`groups`: a list of 2 values, masked",
                "a member with a name of 11 characters: a boolean, masked",
                "`cnf`: bound to `jkt` `abc`",
                "`nick`: null",
            ]
        );
    }

    #[test]
    fn a_client_that_acts_for_itself_is_no_person() {
        let said = of_payload(&json!({"sub": "web", "azp": "web"}), 0, &Hide::default());
        assert_eq!(said[0], "`sub`: the same as `azp`: no person, but the client itself");
    }

    #[test]
    fn keys_in_a_header_are_thumbprints() {
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c"});
        let said = of_header(
            &json!({"alg": "ES256", "jwk": jwk, "x5c": ["MII"], "who": "alice"}),
            &Hide::default(),
        );
        assert_eq!(
            said,
            [
                "`alg`: `ES256`",
                "`jwk`: a key that is not shown; it holds private members, which are not shown",
                "`x5c`: a chain of 1 certificate, not shown",
                "`who`: a text of 5 characters, masked",
            ]
        );
    }
}
