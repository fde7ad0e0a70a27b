//! Claims of an operator's own: which attribute of a person stands under which name in which token.
//!
//! Decides whether such a rule can stand, and what comes of it. A rule never says who somebody is or what a
//! token means: those names are taken.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Invalid, quoted};
use crate::scope::check_scope;
use crate::user::User;
use crate::user_info::STANDARD_CLAIMS;

const MOST_RULES: usize = 50;
const LONGEST_NAME: usize = 100;
/// All claims of this kind in one token, as JSON: tokens travel in headers, which servers limit to 8 KiB.
const MOST_BYTES: usize = 4096;

/// Names that mean something to whoever reads a token (RFC 7519, RFC 9068 and others); the standard claims, which
/// the account has fields for, are reserved as well.
const RESERVED: [&str; 43] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "scope",
    "sid",
    "auth_time",
    "grant_id",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "azp",
    "acr",
    "amr",
    "cnf",
    "act",
    "may_act",
    "status",
    "events",
    "toe",
    "txn",
    "typ",
    "token_type",
    "active",
    "error",
    "authorization_details",
    "sub_jwk",
    "sub_id",
    "vot",
    "vtm",
    "_claim_names",
    "_claim_sources",
    "_sd",
    "username",
    "client",
    "session",
    "user",
    "kid",
];

/// Where a claim can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimPlace {
    /// In ID tokens, for the client.
    IdToken,
    /// In access tokens, for the API.
    AccessToken,
    /// In the answer of `/userinfo`.
    Userinfo,
}

/// Where a claim's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimSource {
    /// The person's groups, as a list.
    Groups,
    /// An attribute of the person; people without it have no such claim.
    Attribute(String),
    /// What they log in with.
    Username,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    /// Its name.
    pub name: String,
    /// What its value is.
    pub source: ClaimSource,
    /// Where it stands.
    pub places: Vec<ClaimPlace>,
    /// Only where this scope was granted; none: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Whether rules can stand; `places` are those that make sense for what they belong to.
pub(crate) fn check_rules(rules: &[ClaimRule], places: &[ClaimPlace]) -> Result<(), Invalid> {
    let refuse = |problem: String, fix: &'static str| Err(Invalid::new("claims", problem, fix));
    if rules.len() > MOST_RULES {
        return refuse(format!("there are more than {MOST_RULES}"), "leave some out");
    }
    for (nth, rule) in rules.iter().enumerate() {
        let ClaimRule { name, source, places: chosen, scope } = rule;
        let printable = name.chars().all(|c| !c.is_control() && !c.is_whitespace());
        if name.is_empty() || name.len() > LONGEST_NAME || !printable {
            let problem = format!("{} is no name for a claim", quoted(name));
            return refuse(problem, "use 1 to 100 characters without blanks");
        }
        if RESERVED.contains(&name.as_str()) || STANDARD_CLAIMS.contains(&name.as_str()) {
            let problem = format!("the name {} has a meaning of its own", quoted(name));
            return refuse(problem, "choose another, such as one with your domain in it");
        }
        if rules[..nth].iter().any(|earlier| earlier.name == *name) {
            return refuse(format!("{} stands twice", quoted(name)), "leave it out once");
        }
        if let ClaimSource::Attribute(attribute) = source
            && (attribute.is_empty() || attribute.len() > LONGEST_NAME)
        {
            let problem = format!("{}: an attribute's name is empty or too long", quoted(name));
            return refuse(problem, "name an attribute of the people");
        }
        if chosen.is_empty() || chosen.iter().any(|place| !places.contains(place)) {
            let problem = format!("{} stands nowhere, or where it cannot", quoted(name));
            return refuse(
                problem,
                "choose among id_token, access_token and userinfo; an API has access_token",
            );
        }
        if let Some(scope) = scope {
            check_scope(scope).map_err(|invalid| Invalid { field: "claims", ..invalid })?;
        }
    }
    Ok(())
}

/// The claims of a person in one place, and the names that had to be left out because they do not fit.
#[must_use]
pub fn custom_claims<'r>(
    rules: impl IntoIterator<Item = &'r ClaimRule>,
    user: &User,
    scope: &str,
    place: ClaimPlace,
) -> (Map<String, Value>, Vec<&'r str>) {
    let mut claims = Map::new();
    let mut left_out = Vec::new();
    let mut bytes = 0;
    let granted = |wanted: &str| scope.split(' ').any(|scope| scope == wanted);
    for rule in rules {
        let wanted = rule.scope.as_deref().is_none_or(granted);
        if !wanted || !rule.places.contains(&place) || claims.contains_key(&rule.name) {
            continue;
        }
        let value = match &rule.source {
            ClaimSource::Groups if user.groups.is_empty() => continue,
            ClaimSource::Groups => Value::from(user.groups.clone()),
            ClaimSource::Username => Value::from(user.username.clone()),
            ClaimSource::Attribute(name) => match user.attributes.get(name) {
                Some(value) => value.clone(),
                None => continue,
            },
        };
        let size = rule.name.len() + value.to_string().len() + 4;
        // An answer over TLS has room; a header has not.
        if place != ClaimPlace::Userinfo && bytes + size > MOST_BYTES {
            left_out.push(rule.name.as_str());
            continue;
        }
        bytes += size;
        claims.insert(rule.name.clone(), value);
    }
    (claims, left_out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const EVERYWHERE: [ClaimPlace; 3] =
        [ClaimPlace::IdToken, ClaimPlace::AccessToken, ClaimPlace::Userinfo];

    fn rule(name: &str, source: ClaimSource) -> ClaimRule {
        ClaimRule { name: name.into(), source, places: EVERYWHERE.to_vec(), scope: None }
    }

    fn ada() -> User {
        let attributes = json!({ "department": "engines", "badge": { "level": 3 } });
        User {
            id: "u1".into(),
            username: "ada".into(),
            groups: vec!["staff".into(), "admins".into()],
            attributes: attributes.as_object().unwrap().clone(),
            ..User::default()
        }
    }

    #[test]
    fn a_rule_takes_no_name_that_means_something() {
        for name in ["sub", "aud", "cnf", "email_verified", "status", "scope"] {
            let invalid = check_rules(&[rule(name, ClaimSource::Groups)], &EVERYWHERE).unwrap_err();
            assert!(invalid.problem.contains(name), "{invalid:?}");
        }
        let attribute = |name: &str| ClaimSource::Attribute(name.into());
        for bad in [
            vec![rule("", ClaimSource::Groups)],
            vec![rule("a b", ClaimSource::Groups)],
            vec![rule(&"x".repeat(101), ClaimSource::Groups)],
            vec![rule("a", attribute(""))],
            vec![rule("a", ClaimSource::Groups), rule("a", ClaimSource::Username)],
            vec![ClaimRule { places: vec![], ..rule("a", ClaimSource::Groups) }],
            vec![ClaimRule { scope: Some("a b".into()), ..rule("a", ClaimSource::Groups) }],
            (0..51).map(|nth| rule(&format!("c{nth}"), ClaimSource::Groups)).collect(),
        ] {
            assert_eq!(check_rules(&bad, &EVERYWHERE).unwrap_err().field, "claims");
        }
        let api = [ClaimPlace::AccessToken];
        check_rules(&[rule("groups", ClaimSource::Groups)], &api).unwrap_err();
        check_rules(&[rule("groups", ClaimSource::Groups)], &EVERYWHERE).unwrap();
    }

    #[test]
    fn a_claim_stands_where_it_belongs_and_only_for_whom_it_has_a_value() {
        let rules = [
            rule("groups", ClaimSource::Groups),
            rule("department", ClaimSource::Attribute("department".into())),
            rule("shoe", ClaimSource::Attribute("shoe_size".into())),
            ClaimRule {
                places: vec![ClaimPlace::IdToken],
                ..rule("badge", ClaimSource::Attribute("badge".into()))
            },
            ClaimRule {
                scope: Some("login".into()),
                ..rule("https://acme.example/login", ClaimSource::Username)
            },
        ];
        let told = |scope, place| Value::Object(custom_claims(&rules, &ada(), scope, place).0);
        assert_eq!(
            told("openid", ClaimPlace::AccessToken),
            json!({ "groups": ["staff", "admins"], "department": "engines" }),
        );
        assert_eq!(
            told("openid login", ClaimPlace::IdToken),
            json!({
                "groups": ["staff", "admins"], "department": "engines", "badge": { "level": 3 },
                "https://acme.example/login": "ada",
            }),
        );
    }

    proptest! {
        /// Whatever a person's groups are, a token stays small enough for a header; what does not fit is named.
        #[test]
        fn a_token_does_not_outgrow_a_header(
            groups in prop::collection::vec("[a-z]{0,200}", 0..60),
            long in "[a-z]{0,5000}",
        ) {
            let mut user = ada();
            user.groups = groups;
            user.attributes.insert("long".into(), Value::from(long));
            let rules = [
                rule("long", ClaimSource::Attribute("long".into())),
                rule("groups", ClaimSource::Groups),
                rule("department", ClaimSource::Attribute("department".into())),
            ];
            let (claims, left_out) = custom_claims(&rules, &user, "", ClaimPlace::AccessToken);
            prop_assert!(Value::Object(claims.clone()).to_string().len() <= MOST_BYTES + 2);
            for name in &left_out {
                prop_assert!(!claims.contains_key(*name));
            }
            let whole = custom_claims(&rules, &user, "", ClaimPlace::Userinfo);
            prop_assert!(whole.1.is_empty());
            prop_assert_eq!(whole.0.len(), claims.len() + left_out.len());
        }
    }
}
