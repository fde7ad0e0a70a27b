//! What a client is told about a person (OpenID Connect Core §5.1, §5.3, §5.4).
//!
//! Decides which fields of an account a granted scope opens. What is not known is left out, not told as null
//! (§5.3.2).

use serde_json::{Map, Value, json};

use crate::user::User;

/// The claims that the scopes open, without `sub`.
#[must_use]
pub fn standard_claims(user: &User, scope: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut tell = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    let text = |value: &Option<String>| value.as_deref().map(Value::from);
    for scope in scope.split(' ') {
        match scope {
            "profile" => {
                tell("name", text(&user.name));
                tell("given_name", text(&user.given_name));
                tell("family_name", text(&user.family_name));
                tell("middle_name", text(&user.middle_name));
                tell("nickname", text(&user.nickname));
                tell("preferred_username", Some(json!(user.username)));
                tell("profile", text(&user.profile));
                tell("picture", text(&user.picture));
                tell("website", text(&user.website));
                tell("gender", text(&user.gender));
                tell("birthdate", text(&user.birthdate));
                tell("zoneinfo", text(&user.zoneinfo));
                tell("locale", text(&user.locale));
                tell("updated_at", Some(json!(user.updated_at.unwrap_or(user.created_at))));
            }
            "email" if user.email.is_some() => {
                tell("email", text(&user.email));
                tell("email_verified", Some(json!(user.email_verified)));
            }
            "phone" if user.phone.is_some() => {
                tell("phone_number", text(&user.phone));
                tell("phone_number_verified", Some(json!(user.phone_verified)));
            }
            "address" => {
                let address = user.address.as_ref().and_then(|one| serde_json::to_value(one).ok());
                tell(
                    "address",
                    address.filter(|one| one.as_object().is_some_and(|m| !m.is_empty())),
                );
            }
            _ => {}
        }
    }
    claims
}

/// The names that [`standard_claims`] can tell, for the metadata.
pub const STANDARD_CLAIMS: [&str; 19] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn told(scope: &str) -> Value {
        let user = User {
            id: "u1".into(),
            username: "ada".into(),
            name: Some("Ada".into()),
            email: Some("ada@example.org".into()),
            created_at: 7,
            ..User::default()
        };
        Value::Object(standard_claims(&user, scope))
    }

    #[test]
    fn a_scope_opens_its_own_claims_and_no_others() {
        assert_eq!(told("openid orders:read"), json!({}));
        let profile = json!({ "name": "Ada", "preferred_username": "ada", "updated_at": 7 });
        assert_eq!(told("openid profile"), profile);
        let email = json!({ "email": "ada@example.org", "email_verified": false });
        assert_eq!(told("openid email"), email);
        // What is not known is not told as null.
        assert_eq!(told("openid phone address"), json!({}));
    }

    #[test]
    fn everything_that_can_be_told_is_published() {
        let text = || Some("x".to_owned());
        let user = User {
            username: "ada".into(),
            name: text(),
            given_name: text(),
            family_name: text(),
            middle_name: text(),
            nickname: text(),
            profile: text(),
            picture: text(),
            website: text(),
            gender: text(),
            birthdate: text(),
            zoneinfo: text(),
            locale: text(),
            email: text(),
            phone: text(),
            address: Some(crate::user::Address { formatted: text(), ..Default::default() }),
            ..User::default()
        };
        let claims = standard_claims(&user, "openid profile email phone address");
        let mut names: Vec<&str> = claims.keys().map(String::as_str).collect();
        let mut published = STANDARD_CLAIMS.to_vec();
        names.sort_unstable();
        published.sort_unstable();
        assert_eq!(names, published);
    }
}
