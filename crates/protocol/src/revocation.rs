//! Revocation (RFC 7009): a client ends a token of its own.
//!
//! Decides what that comes to. For a token that is not valid, or another client's, nothing happens
//! and nothing is said: the answer is 200 all the same (§2.2).

use claviger_token::Verified;
use claviger_token::revocation::Kind;

/// A revocation is remembered for so long beyond `exp`, in seconds: guards allow clocks to differ.
pub const KEPT_BEYOND_EXP: i64 = 300;

/// What a request for revocation comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// There is nothing to do.
    Nothing,
    /// This is to be stored, and spread.
    Revoke {
        /// What is revoked.
        kind: Kind,
        /// Which one.
        value: String,
        /// When it can be forgotten. Unix seconds.
        expires: i64,
    },
}

/// The decision. `verified` is the token judged under this authority's own keys and issuer; `caller`
/// the authenticated client.
#[must_use]
pub fn revoke(verified: Option<&Verified>, caller: &str) -> RevokeOutcome {
    let Some(claims) = verified.map(Verified::claims) else {
        return RevokeOutcome::Nothing;
    };
    let own = claims.client().is_some_and(|client| client == caller);
    match (own, claims.id(), claims.expires()) {
        (true, Some(jti), Some(exp)) => RevokeOutcome::Revoke {
            kind: Kind::Token,
            value: jti.into_owned(),
            expires: exp.saturating_add(KEPT_BEYOND_EXP),
        },
        _ => RevokeOutcome::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use claviger_testkit::{access_claims, keys, mint};
    use claviger_token::{Algorithm, KeySet, Policy, verify};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn verified(change: &serde_json::Value) -> Verified {
        let claims = access_claims("https://id.example", "https://api.example", NOW);
        let claims = mint::with(claims, change);
        let key = keys::signing(Algorithm::Es256);
        let header = json!({ "alg": "ES256", "kid": key.kid(), "typ": "at+jwt" });
        let token = mint(Algorithm::Es256, &header, &claims);
        verify(&token, &Policy::default(), &KeySet::new(vec![key.public().unwrap()]), NOW).unwrap()
    }

    #[test]
    fn a_client_ends_its_own_token_and_no_other() {
        let token = verified(&json!({ "client_id": "worker", "jti": "j1", "exp": NOW + 60 }));
        let expected = RevokeOutcome::Revoke {
            kind: Kind::Token,
            value: "j1".into(),
            expires: NOW + 60 + KEPT_BEYOND_EXP,
        };
        assert_eq!(revoke(Some(&token), "worker"), expected);
        assert_eq!(revoke(Some(&token), "other"), RevokeOutcome::Nothing);
        assert_eq!(revoke(None, "worker"), RevokeOutcome::Nothing);
        let nameless = verified(&json!({ "client_id": "worker", "jti": null }));
        assert_eq!(revoke(Some(&nameless), "worker"), RevokeOutcome::Nothing);
    }
}
