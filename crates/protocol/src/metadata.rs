//! The published documents: RFC 8414 for OAuth, OpenID Connect Discovery for libraries that ask that
//! way.
//!
//! Decides what is true of this authority and says nothing else: a member for something that is not
//! served sends a library to an address that is not there.

use claviger_token::{Algorithm, dpop};
use serde_json::{Value, json};

use crate::assertion;
use crate::assurance::ACR_VALUES;
use crate::authorization::{IDENTITY_SCOPES, ResponseMode};
use crate::client::{AuthMethod, GrantType};
use crate::user_info::STANDARD_CLAIMS;

/// What is served where the operator has switched it on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// Clients may register themselves (RFC 7591), freely or with a token.
    pub registration: bool,
    /// A client's id may be the address of a document that describes it.
    pub client_id_documents: bool,
    /// Certificates of clients reach the authority (RFC 8705).
    pub client_certificates: bool,
}

impl Offers {
    /// Adds the members of what is on.
    pub fn write(self, base: &str, document: &mut Value) {
        if self.registration {
            document["registration_endpoint"] = json!(format!("{base}/register"));
        }
        if self.client_id_documents {
            document["client_id_metadata_document_supported"] = json!(true);
        }
        // RFC 8705 §3.3; the same listener asks for certificates, so there are no aliases (§5).
        document["tls_client_certificate_bound_access_tokens"] = json!(self.client_certificates);
        if !self.client_certificates {
            for endpoint in ["token", "introspection", "revocation", "pushed_authorization_request"]
            {
                let member = format!("{endpoint}_endpoint_auth_methods_supported");
                if let Some(methods) = document.get_mut(member).and_then(Value::as_array_mut) {
                    methods.retain(|method| {
                        let known = method.as_str().and_then(AuthMethod::from_name);
                        !known.is_some_and(AuthMethod::uses_certificate)
                    });
                }
            }
        }
    }
}

/// RFC 8414 §2. `base` is the issuer without trailing slash; `algorithms` what tokens are signed
/// with; `scopes` may be empty where the list is not to be published.
#[must_use]
pub fn oauth(base: &str, issuer: &str, scopes: &[String]) -> Value {
    let methods: Vec<&str> = AuthMethod::ALL.into_iter().map(AuthMethod::as_str).collect();
    let assertions: Vec<&str> = assertion::algorithms().map(Algorithm::name).collect();
    let proofs: Vec<&str> = dpop::algorithms().map(Algorithm::name).collect();
    let mut document = json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/jwks"),
        "introspection_endpoint": format!("{base}/introspect"),
        "revocation_endpoint": format!("{base}/revoke"),
        "revocations_endpoint": format!("{base}/revocations"),
        "refusals_endpoint": format!("{base}/journal/refusals"),
        "authorization_endpoint": format!("{base}/authorize"),
        "pushed_authorization_request_endpoint": format!("{base}/par"),
        "require_pushed_authorization_requests": false,
        "device_authorization_endpoint": format!("{base}/device_authorization"),
        "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ResponseMode::ALL.map(ResponseMode::as_str),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "end_session_endpoint": format!("{base}/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "prompt_values_supported": ["none", "login", "consent"],
        "dpop_signing_alg_values_supported": proofs,
        // RFC 9470 §7.
        "acr_values_supported": ACR_VALUES,
    });
    for endpoint in ["token", "introspection", "revocation"] {
        // A client that proves nothing learns nothing about tokens (RFC 7662 §4).
        let methods: Vec<&str> = methods
            .iter()
            .copied()
            .filter(|method| endpoint != "introspection" || *method != AuthMethod::None.as_str())
            .collect();
        document[format!("{endpoint}_endpoint_auth_methods_supported")] = json!(methods);
        document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")] =
            json!(assertions);
    }
    if !scopes.is_empty() {
        document["scopes_supported"] = json!(scopes);
    }
    document
}

/// OpenID Connect Discovery §3: the same, with the members its readers insist on.
#[must_use]
pub fn openid(base: &str, issuer: &str, algorithms: &[Algorithm], scopes: &[String]) -> Value {
    let mut document = oauth(base, issuer, scopes);
    let names: Vec<&str> = algorithms.iter().map(|algorithm| algorithm.name()).collect();
    document["subject_types_supported"] = json!(["public", "pairwise"]);
    document["id_token_signing_alg_values_supported"] = json!(names);
    document["userinfo_endpoint"] = json!(format!("{base}/userinfo"));
    document["userinfo_signing_alg_values_supported"] = json!(names);
    if scopes.is_empty() {
        // Those of APIs are not published; these are the same everywhere.
        document["scopes_supported"] = json!(IDENTITY_SCOPES);
    }
    let own =
        ["iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "acr", "nonce", "at_hash", "sid"];
    let claims: Vec<&str> = own.into_iter().chain(STANDARD_CLAIMS).collect();
    document["claims_supported"] = json!(claims);
    document["claims_parameter_supported"] = json!(false);
    document["request_parameter_supported"] = json!(false);
    document["request_uri_parameter_supported"] = json!(false);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_name_what_there_is() {
        let base = "https://id.example/acme";
        let document = openid(base, base, &[Algorithm::Es256], &["read".to_owned()]);
        assert_eq!(document["issuer"], base);
        assert_eq!(document["token_endpoint"], "https://id.example/acme/token");
        assert_eq!(document["revocations_endpoint"], "https://id.example/acme/revocations");
        assert_eq!(document["refusals_endpoint"], "https://id.example/acme/journal/refusals");
        assert_eq!(document["id_token_signing_alg_values_supported"], json!(["ES256"]));
        assert_eq!(document["scopes_supported"], json!(["read"]));
        assert_eq!(document["authorization_endpoint"], "https://id.example/acme/authorize");
        assert!(
            !document["introspection_endpoint_auth_methods_supported"].to_string().contains("none")
        );
        let algorithms = document["token_endpoint_auth_signing_alg_values_supported"].to_string();
        assert!(algorithms.contains("PS512") && !algorithms.contains("HS256"), "{algorithms}");
        assert!(!document.to_string().contains("ML-DSA"), "nobody named it");
        let with = openid(base, base, &[Algorithm::Es256, Algorithm::MlDsa65], &[]);
        assert_eq!(with["id_token_signing_alg_values_supported"], json!(["ES256", "ML-DSA-65"]));
        assert_eq!(with["userinfo_signing_alg_values_supported"], json!(["ES256", "ML-DSA-65"]));
        assert!(oauth(base, base, &[]).get("scopes_supported").is_none());
        let mut document = oauth(base, base, &[]);
        Offers::default().write(base, &mut document);
        assert!(document.get("registration_endpoint").is_none());
        assert!(document.get("client_id_metadata_document_supported").is_none());
        assert!(!document.to_string().contains("tls_client_auth"));
        assert_eq!(document["tls_client_certificate_bound_access_tokens"], false);
        let mut with = oauth(base, base, &[]);
        Offers { client_certificates: true, ..Offers::default() }.write(base, &mut with);
        assert!(with.to_string().contains("\"self_signed_tls_client_auth\""));
        assert_eq!(with["tls_client_certificate_bound_access_tokens"], true);
        Offers { registration: true, client_id_documents: true, ..Offers::default() }
            .write(base, &mut document);
        assert_eq!(document["client_id_metadata_document_supported"], true);
        assert_eq!(document["registration_endpoint"], "https://id.example/acme/register");
    }
}
