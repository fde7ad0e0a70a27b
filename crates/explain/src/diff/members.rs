//! Members of two JSON objects that differ, lists compared as sets and nested objects by their leaves.
//!
//! Knows which claims differ in any two tokens; knows no policy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::clip::clip;

/// Claims that are new in every token, or belong to the log-in and not to the access.
const NEW_EVERY_TIME: &[&str] =
    &["jti", "nonce", "at_hash", "c_hash", "s_hash", "uti", "aio", "rh", "origin_jti", "event_id"];

/// Numeric dates: what follows from them is told apart.
const TIMES: &[&str] = &["exp", "nbf", "iat"];

/// Members are looked into so deep.
const DEPTH: usize = 3;

/// More members than this of one object are not compared.
const MOST_MEMBERS: usize = 256;

/// The longest value that is shown.
const LONGEST: usize = 300;

/// One member that differs.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) good: Option<String>,
    pub(super) bad: Option<String>,
    /// What is missing and what is more, in lists.
    pub(super) note: Option<String>,
}

#[derive(Default)]
pub(super) struct Found {
    pub(super) members: Vec<Member>,
    pub(super) immaterial: Vec<String>,
}

/// What differs between two objects.
pub(super) fn differing(good: &Value, bad: &Value, claims: bool) -> Found {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    leaves("", good, DEPTH, &mut left);
    leaves("", bad, DEPTH, &mut right);
    let mut found = Found::default();
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    for name in names {
        let (one, other) = (left.get(name).copied(), right.get(name).copied());
        if one == other {
            continue;
        }
        let is_time = claims && TIMES.contains(&name.as_str());
        let both = one.is_some() && other.is_some();
        if is_time && one.is_some_and(Value::is_i64) && other.is_some_and(Value::is_i64) {
            continue;
        }
        if is_time && [one, other].into_iter().flatten().all(Value::is_i64) {
            // That it is missing in one is said with the times.
            continue;
        }
        if claims && NEW_EVERY_TIME.contains(&name.as_str()) {
            found.immaterial.push(name.clone());
            continue;
        }
        let (of_one, of_other) = (one.and_then(|v| set(name, v)), other.and_then(|v| set(name, v)));
        if both && of_one.is_some() && of_one == of_other {
            found.immaterial.push(format!("the form or order of {name}"));
            continue;
        }
        found.members.push(Member {
            name: name.clone(),
            good: one.map(shown),
            bad: other.map(shown),
            note: of_one.zip(of_other).and_then(|(one, other)| changes(&one, &other)),
        });
    }
    found
}

fn leaves<'v>(prefix: &str, value: &'v Value, depth: usize, out: &mut BTreeMap<String, &'v Value>) {
    match value {
        Value::Object(members) if depth > 0 => {
            for (name, member) in members.iter().take(MOST_MEMBERS) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
                let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                leaves(&path, member, depth - 1, out);
            }
        }
        Value::Null if prefix.is_empty() => {}
        _ => {
            out.insert(prefix.to_owned(), value);
        }
    }
}

/// The names that a list holds, or a text that is one: scopes, roles, audiences.
fn set(name: &str, value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::Array(list) => list.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        Value::String(text) if matches!(name, "scope" | "scp" | "roles") => {
            Some(text.split_whitespace().map(str::to_owned).collect())
        }
        Value::String(text) if name == "aud" => Some([text.clone()].into()),
        _ => None,
    }
}

/// `without orders:write; with billing`, where that is shorter than both lists.
fn changes(good: &BTreeSet<String>, bad: &BTreeSet<String>) -> Option<String> {
    if good.len() + bad.len() < 3 {
        return None;
    }
    let said = |word: &str, left: &BTreeSet<String>, right: &BTreeSet<String>| {
        let names: Vec<&str> = left.difference(right).map(String::as_str).take(8).collect();
        (!names.is_empty()).then(|| format!("{word} {}", short(&names.join(" "))))
    };
    let all: Vec<String> = [said("it lacks", good, bad), said("it has more:", bad, good)]
        .into_iter()
        .flatten()
        .collect();
    (!all.is_empty()).then(|| all.join("; "))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => short(text),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            short(&names.join(" "))
        }
        other => short(&other.to_string()),
    }
}

fn short(text: &str) -> String {
    clip(text, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_sets_and_nested_members_have_paths() {
        let good = json!({"scope": "a b", "aud": "x", "realm_access": {"roles": ["r", "s"]}, "jti": "1", "n": 1});
        let bad =
            json!({"scope": "b a", "aud": ["x"], "realm_access": {"roles": ["r"]}, "jti": "2"});
        let found = differing(&good, &bad, true);
        let names: Vec<&str> = found.members.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["n", "realm_access.roles"]);
        assert_eq!(found.members[1].note.as_deref(), Some("it lacks s"));
        assert_eq!(found.members[0].bad, None);
        assert_eq!(
            found.immaterial,
            ["the form or order of aud", "jti", "the form or order of scope"]
        );
        assert!(differing(&good, &good, true).members.is_empty());
    }

    #[test]
    fn a_time_that_is_no_number_is_a_difference() {
        let found = differing(&json!({"exp": 5}), &json!({"exp": "5"}), true);
        assert_eq!(found.members.len(), 1);
        assert!(differing(&json!({"exp": 5}), &json!({}), true).members.is_empty());
    }
}
