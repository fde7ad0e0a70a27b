//! Introspection (RFC 7662): what an API is told about a token.
//!
//! Decides whether the asker may learn anything. Whatever is wrong, with the token or with the asker,
//! the answer is the same two words: it must not tell which stolen tokens still work (RFC 7662 §4).

use claviger_token::Verified;
use serde_json::{Map, Value, json};

use crate::client_credentials::ACCESS_TOKEN_TYPE;
use crate::confirmation::token_type;
use crate::resource::Resource;

/// The claims that are told; what else a token carries is told, too, once it is registered here.
const TOLD: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "client_id",
    "exp",
    "iat",
    "nbf",
    "jti",
    "scope",
    "sid",
    "act",
    "cnf",
    // RFC 9470 §6.2: by these an API asks for a better log-in.
    "auth_time",
    "acr",
    "amr",
];

/// The answer. `verified` is the token judged under this authority's own keys and issuer; `resource`
/// the record of its audience; `caller` the authenticated client that asks.
#[must_use]
pub fn introspect(
    verified: Option<&Verified>,
    revoked: bool,
    resource: Option<&Resource>,
    caller: &str,
) -> Value {
    let inactive = || json!({ "active": false });
    let (Some(verified), Some(resource), false) = (verified, resource, revoked) else {
        return inactive();
    };
    let for_it = verified.claims().audiences().iter().any(|aud| *aud == resource.uri);
    let may_ask = resource.introspectors.iter().any(|id| id == caller);
    // An ID token under the same key is no access token.
    let typ = verified.header().text("typ").map(|typ| typ.to_ascii_lowercase());
    let access = typ
        .is_some_and(|typ| typ.strip_prefix("application/").unwrap_or(&typ) == ACCESS_TOKEN_TYPE);
    if !for_it || !may_ask || !access {
        return inactive();
    }
    let members = verified.claims().members();
    let mut answer = Map::new();
    answer.insert("active".to_owned(), Value::Bool(true));
    // RFC 9449 §6.2: whoever lets the token pass has to ask for the proof as well.
    let bond = members.get("cnf").and_then(|cnf| serde_json::from_value(cnf).ok());
    answer.insert("token_type".to_owned(), Value::from(token_type(bond.as_ref())));
    for name in TOLD {
        if let Some(value) = members.get(name) {
            answer.insert(name.to_owned(), value);
        }
    }
    // No rule can have a name of the list above.
    for rule in &resource.claims {
        if let Some(value) = members.get(&rule.name) {
            answer.insert(rule.name.clone(), value);
        }
    }
    Value::Object(answer)
}

#[cfg(test)]
mod tests {
    use claviger_testkit::{access_claims, keys, mint_with};
    use claviger_token::{Algorithm, KeySet, Policy, verify};

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn verified(typ: &str) -> Verified {
        verified_with(typ, &json!({}))
    }

    fn verified_with(typ: &str, changes: &Value) -> Verified {
        let key = keys::signing(Algorithm::Es256);
        let header = json!({ "alg": "ES256", "kid": key.kid(), "typ": typ });
        let claims = access_claims("https://id.example", "https://api.example", NOW);
        let claims = claviger_testkit::mint::with(claims, changes);
        let token = mint_with(&key, &header, &claims);
        let set = KeySet::new(vec![key.public().unwrap()]);
        let issuers = vec!["https://id.example".into()];
        let policy = Policy { issuers, sender_bound: true, ..Policy::default() };
        verify(&token, &policy, &set, NOW).unwrap()
    }

    #[test]
    fn only_an_introspector_of_the_audience_learns_anything() {
        let token = verified("at+jwt");
        let id_token = verified("JWT");
        let api = Resource {
            introspectors: vec!["api".into()],
            ..Resource::new("https://api.example", 0)
        };
        let other = Resource { uri: "https://other.example".into(), ..api.clone() };
        let told = introspect(Some(&token), false, Some(&api), "api");
        assert_eq!(told["active"], true);
        assert_eq!(told["aud"], "https://api.example");
        assert_eq!(told["token_type"], "Bearer");
        let bound = verified_with("at+jwt", &json!({ "cnf": { "jkt": "t" } }));
        let told = introspect(Some(&bound), false, Some(&api), "api");
        assert_eq!((&told["token_type"], &told["cnf"]["jkt"]), (&json!("DPoP"), &json!("t")));
        let inactive = json!({ "active": false });
        for said in [
            introspect(None, false, Some(&api), "api"),
            introspect(Some(&token), true, Some(&api), "api"),
            introspect(Some(&token), false, None, "api"),
            introspect(Some(&token), false, Some(&other), "api"),
            introspect(Some(&token), false, Some(&api), "curious"),
            introspect(Some(&id_token), false, Some(&api), "api"),
        ] {
            assert_eq!(said, inactive);
        }
    }
}
