//! Where else a needed right may stand: the places and shapes that the common issuers use.
//!
//! Decides whether the right is there at all; that it is not in `scope` as one text stays a fault
//! (RFC 9068 §2.2.3), only another one.

use claviger_token::{Code, Fact, Fault, Policy, Token};
use serde_json::Value;

use crate::compare;
use crate::passage::Passage;
use crate::peel::percent_decoded;

/// What the names of claims that carry rights have in them, in any letter case: `scp`, `userRoles`,
/// `custom:scopes`, `cognito:groups`, `realm_access`.
const STEMS: &[&str] = &[
    "scope",
    "scp",
    "role",
    "permission",
    "perms",
    "group",
    "authorit",
    "authorization",
    "entitlement",
    "access",
    "app_metadata",
    "capabilit",
    "privilege",
    "right",
    "grant",
    "resource",
];

/// The same, where only the whole name says so.
const PLACES: &[&str] = &["auth", "perm", "wids", "acl"];

/// Whether a claim of this name carries rights.
fn is_place(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    PLACES.contains(&lower.as_str())
        || STEMS.iter().any(|stem| lower.contains(stem))
        || name.contains("://")
}

/// Claims whose texts are names of other things.
const NOT_RIGHTS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "nonce",
    "azp",
    "client_id",
    "cid",
    "appid",
    "name",
    "email",
    "preferred_username",
    "given_name",
    "family_name",
    "acr",
    "amr",
    "cnf",
    "at_hash",
];

/// Turns an insufficient scope into a misplaced one, where every missing right is found elsewhere.
pub(crate) fn elsewhere(fault: Fault, token: &Token<'_>, policy: &Policy) -> Fault {
    let Some(payload) = token.payload() else { return fault };
    let missing: Vec<String> = match fault.fact("missing") {
        Some(Fact::List(list)) => list.clone(),
        _ => policy.scopes.clone(),
    };
    let mut places: Vec<(String, &'static str)> = Vec::new();
    for right in &missing {
        let found = payload.names().find_map(|name| {
            if NOT_RIGHTS.contains(&name.as_ref()) {
                return None;
            }
            let value = payload.get(&name)?;
            let how = holds(&value, right, is_place(&name) || matches!(value, Value::Array(_)))?;
            Some((path(&name, &value, right), how))
        });
        match found {
            Some(found) => places.push(found),
            None => return with_near_miss(fault, &missing),
        }
    }
    let Some((claim, how)) = places.first().cloned() else { return fault };
    let top = claim.split('.').next().unwrap_or(&claim).to_owned();
    let shaped = Fault::new(Code::ScopeShape)
        .with("missing", missing)
        .with("claim", claim)
        .with("reason", Fact::Words(how.to_owned()));
    match token.span_of_claim(&top) {
        Some(span) => shaped.at(span),
        None => shaped,
    }
}

/// Asks whether a scope of the token and one that is needed were meant to be the same.
fn with_near_miss(fault: Fault, missing: &[String]) -> Fault {
    let Some(Fact::List(found)) = fault.fact("found") else { return fault };
    let question = compare::mistyped(found, missing).map(Fact::Words);
    fault.with_some("reason", question)
}

/// Whether a value grants the right, and in which shape.
fn holds(value: &Value, right: &str, is_place: bool) -> Option<&'static str> {
    match value {
        Value::String(text) if is_place => in_text(text, right),
        Value::Array(list) => list.iter().find_map(|item| match item {
            Value::String(text) if same(text, right) => Some("as a member of a list"),
            Value::String(text) => in_text(text, right).map(|_| "inside a member of a list"),
            other => holds(other, right, is_place).map(|_| "nested in a list"),
        }),
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            if same(name, right) && matches!(member, Value::Bool(true)) {
                return Some("as the name of a member that is true");
            }
            holds(member, right, true).map(|_| "nested in an object")
        }),
        _ => None,
    }
}

fn in_text(text: &str, right: &str) -> Option<&'static str> {
    if text == right {
        return Some("as a text");
    }
    if text.split(' ').any(|part| part == right) {
        return Some("in a text");
    }
    let parts = |separators: &[char]| text.split(separators).any(|part| same(part.trim(), right));
    if parts(&[',']) {
        return Some("in a text with commas");
    }
    if parts(&[';', '|', '+', '\n', '\t']) {
        return Some("in a text with another separator");
    }
    if parts(&[' ', ',', ';', '|', '[', ']', '"', '\'']) {
        return Some("in a text of another shape");
    }
    if text.contains('%') {
        let plain = percent_decoded(&Passage::plain(text, 0));
        return (plain.text() != text)
            .then(|| in_text(plain.text(), right))
            .flatten()
            .map(|_| "in a text that is percent-encoded");
    }
    None
}

/// Whether two rights are the same, prefixes and letter case aside.
fn same(found: &str, right: &str) -> bool {
    if found.eq_ignore_ascii_case(right) {
        return true;
    }
    let bare = |text: &str| -> String {
        let text = ["SCOPE_", "ROLE_", "scope:", "role:"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(text);
        text.to_ascii_lowercase()
    };
    let (found, right) = (bare(found), bare(right));
    if found == right {
        return true;
    }
    // A resource's name stands before the right: `https://api/orders:read`, `api://orders/orders:read`.
    let behind = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|head| head.ends_with('/') || head.ends_with('#'))
    };
    if behind(&found, &right) || behind(&right, &found) {
        return true;
    }
    let dotted = |text: &str| text.replace([':', '/', '_', '-'], ".");
    dotted(&found) == dotted(&right)
}

/// The path of the claim, as far as it is an object: `realm_access.roles`.
fn path(name: &str, value: &Value, right: &str) -> String {
    match value {
        Value::Object(members) => {
            members.iter().find(|(_, member)| holds(member, right, true).is_some()).map_or_else(
                || name.to_owned(),
                |(inner, member)| format!("{name}.{}", path(inner, member, right)),
            )
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What is said of a token with these claims that lacks the scope `orders:read`.
    fn found(claims: &Value) -> Code {
        let text = format!(
            "{}.{}.",
            claviger_token::base64url::encode("{}"),
            claviger_token::base64url::encode(claims.to_string())
        );
        let token = Token::parse(&text).unwrap();
        let scopes = vec!["orders:read".to_owned()];
        let fault = Fault::new(Code::ScopeInsufficient).with("missing", scopes.clone());
        elsewhere(fault, &token, &Policy { scopes, ..Policy::default() }).code
    }

    #[test]
    fn rights_are_found_in_every_usual_place() {
        for value in [
            json!({"scp": "orders:read profile"}),
            json!({"scp": ["orders:read"]}),
            json!({"scope": ["orders:read", "x"]}),
            json!({"scope": "orders:read,profile"}),
            json!({"scopes": "orders:read"}),
            json!({"roles": ["orders:read"]}),
            json!({"permissions": ["orders:read"]}),
            json!({"realm_access": {"roles": ["orders:read"]}}),
            json!({"resource_access": {"api": {"roles": ["orders:read"]}}}),
            json!({"cognito:groups": ["orders:read"]}),
            json!({"https://example.test/roles": ["orders:read"]}),
            json!({"scope": "https://api.example.test/orders:read"}),
            json!({"scope": "Orders:Read"}),
            json!({"scope": "orders.read"}),
            json!({"authorities": ["SCOPE_orders:read"]}),
            json!({"scope": "[\"orders:read\"]"}),
            json!({"SCOPE": "profile orders:read"}),
            json!({"authority": "orders:read"}),
            json!({"custom:scopes": "orders:read"}),
            json!({"userRoles": "a,orders:read"}),
            json!({"scope": "profile%20orders%3Aread"}),
        ] {
            assert_eq!(found(&value), Code::ScopeShape, "{value}");
        }
        for value in [json!({"scope": "orders:write"}), json!({"sub": "orders:read"}), json!({})] {
            assert_eq!(found(&value), Code::ScopeInsufficient, "{value}");
        }
    }
}
