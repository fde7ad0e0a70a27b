//! Key sets that clients publish at an address of their own (`jwks_uri`, RFC 7591 §2).
//!
//! Decides whether what came from there can be used. Never fetches.

use claviger_token::KeySet;
use serde_json::Value;

use crate::error::{OauthCode, OauthFault};

/// Reads a key set as a client published it. It is written for all who read it: keys that are of no use here are
/// passed over, as long as there is one that is.
pub fn published_keys(body: &str) -> Result<Value, OauthFault> {
    let refused = |problem: String| {
        let description = format!("the key set at the client's `jwks_uri`: {problem}");
        OauthFault::new(OauthCode::InvalidClient, "client-keys-refused", description)
            .fix("the client publishes its public keys there, as {\"keys\":[...]}")
    };
    let keys = KeySet::from_json(body).map_err(|error| refused(error.to_string()))?;
    if keys.without_secrets().is_empty() {
        return Err(refused("there is no public key in it".to_owned()));
    }
    serde_json::from_str(body.trim_start_matches('\u{feff}'))
        .map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use claviger_testkit::keys;
    use claviger_token::Algorithm;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_of_no_use_are_passed_over_and_a_set_without_any_is_refused() {
        let mut set = keys::jwks(&[keys::signing_as(Algorithm::Es256, "one")]);
        let list = set["keys"].as_array_mut().unwrap();
        list.push(json!({ "kty": "OKP", "crv": "X448", "x": "AAAA", "use": "enc" }));
        assert_eq!(published_keys(&set.to_string()).unwrap(), set);
        let mut leaked = keys::jwks(&[keys::signing_as(Algorithm::Es256, "one")]);
        leaked["keys"][0]["d"] = json!("AAAA");
        for bad in [
            "",
            "<html>",
            "{}",
            r#"{"keys":[]}"#,
            r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#,
            r#"{"keys":[{"kty":"OKP","crv":"X448","x":"AAAA"}]}"#,
            r#"{"issuer":"https://a.example","jwks_uri":"https://a.example/jwks"}"#,
            &leaked.to_string(),
        ] {
            let fault = published_keys(bad).unwrap_err();
            assert_eq!(fault.code, "client-keys-refused", "{bad}");
        }
    }
}
