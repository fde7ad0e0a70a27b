//! What a refused client is told: the challenge of RFC 6750 §3 and the problem of RFC 9457.
//!
//! Decides how much of a fault leaves the house; never which fault it was. No part of a token is ever in it
//! but the values of its own claims, and those only at [`Disclosure::Full`].

use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::catalogue::Code;
use crate::dpop;
use crate::fault::{Fact, Fault};

/// How much a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Disclosure {
    /// The error of the RFC and the diagnosis id, nothing else.
    Terse,
    /// The code, its title and its fix.
    #[default]
    Code,
    /// The sentence with its evidence too: for services whose callers are their own people.
    Full,
}

impl Disclosure {
    /// The level of a name: `terse`, `code`, `full`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "terse" => Some(Self::Terse),
            "code" => Some(Self::Code),
            "full" => Some(Self::Full),
            _ => None,
        }
    }
}

/// Which scheme a refused client is to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Demand {
    /// `Bearer`.
    #[default]
    Bearer,
    /// `Bearer`, or `DPoP` for tokens that are bound to a key (RFC 9449 §7.1). What is wrong with a bearer token is
    /// told of `Bearer` alone.
    Either,
    /// `DPoP`.
    Dpop,
    /// `DPoP`, with a nonce of ours in the proof (RFC 9449 §9).
    Nonce,
}

/// The surroundings of an answer to a refused client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Challenge<'a> {
    /// `realm`, where one is configured.
    pub realm: Option<&'a str>,
    /// The scopes that the resource needs, space-separated (RFC 6750 §3).
    pub scope: Option<&'a str>,
    /// URL of the protected-resource metadata (RFC 9728 §5.1).
    pub resource_metadata: Option<&'a str>,
    /// Where the fault pages live: `{faults}/{code}`.
    pub faults: Option<&'a str>,
    /// How much is told.
    pub disclosure: Disclosure,
    /// The id under which the operator finds the whole evidence.
    pub diagnosis: &'a str,
    /// Which scheme is asked for.
    pub demand: Demand,
}

impl Challenge<'_> {
    /// The value of `WWW-Authenticate`; none where the fault is the server's own (5xx).
    #[must_use]
    pub fn www_authenticate(&self, fault: &Fault) -> Option<String> {
        let code = fault.code;
        if code.status() >= 500 {
            return None;
        }
        let mut parts: Vec<String> = Vec::with_capacity(8);
        let mut put =
            |name: &str, value: &str| parts.push(format!("{name}=\"{}\"", quotable(value)));
        if let Some(realm) = self.realm {
            put("realm", realm);
        }
        // RFC 6750 §3.1: a request without any credential gets no error code.
        if let Some(error) = code.oauth_error() {
            // RFC 9449 §9: by this word clients know that they only have to try again.
            let nonce = self.demand == Demand::Nonce;
            put("error", if nonce { "use_dpop_nonce" } else { error.as_str() });
            if self.disclosure != Disclosure::Terse {
                put("error_description", &self.sentence(fault));
                if let Some(faults) = self.faults {
                    put("error_uri", &format!("{faults}/{code}"));
                }
            }
        }
        if let Some(scope) = self.scope {
            put("scope", scope);
        }
        if code == Code::AuthenticationTooWeak {
            // RFC 9470 §3.
            if let Some(Fact::List(acr)) = fault.fact("expected") {
                put("acr_values", &acr.join(" "));
            }
            if let Some(Fact::Lasting(limit)) = fault.fact("limit") {
                put("max_age", &limit.to_string());
            }
        }
        if let Some(url) = self.resource_metadata {
            put("resource_metadata", url);
        }
        let proofs = || {
            let names: Vec<&str> = dpop::algorithms().map(Algorithm::name).collect();
            format!("algs=\"{}\"", names.join(" "))
        };
        let scheme = match self.demand {
            Demand::Bearer | Demand::Either => "Bearer",
            Demand::Dpop | Demand::Nonce => {
                parts.push(proofs());
                "DPoP"
            }
        };
        let mut value = scheme.to_owned();
        if !parts.is_empty() {
            value = format!("{scheme} {}", parts.join(", "));
        }
        if self.demand == Demand::Either && code.oauth_error().is_none() {
            value = format!("{value}, DPoP {}", proofs());
        }
        Some(value)
    }

    /// The body, `application/problem+json`.
    #[must_use]
    pub fn problem(&self, fault: &Fault) -> Value {
        let code = fault.code;
        let status = code.status();
        if self.disclosure == Disclosure::Terse {
            let title = if status >= 500 {
                "The service cannot judge tokens now"
            } else {
                "Not authorized"
            };
            return json!({
                "type": "about:blank", "title": title, "status": status, "diagnosis": self.diagnosis
            });
        }
        let kind = match self.faults {
            Some(faults) => format!("{faults}/{code}"),
            None => format!("urn:claviger:fault:{code}"),
        };
        json!({
            "type": kind,
            "title": code.title(),
            "status": status,
            "detail": self.sentence(fault),
            "code": code.as_str(),
            "diagnosis": self.diagnosis,
            "fix": code.fix(),
        })
    }

    fn sentence(&self, fault: &Fault) -> String {
        match self.disclosure {
            Disclosure::Full => fault.detail(),
            Disclosure::Code | Disclosure::Terse => fault.code.title().to_owned(),
        }
    }
}

/// A text as RFC 6750 §3 allows it in a challenge: printable ASCII without `"` and `\`.
fn quotable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '`' => '\'',
            '\\' => '/',
            '…' => '~',
            c if (' '..='~').contains(&c) => c,
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_without_credential_gets_no_error_code() {
        let challenge =
            Challenge { realm: Some("orders"), diagnosis: "dg_1", ..Challenge::default() };
        let fault = Fault::new(Code::CredentialMissing);
        assert_eq!(challenge.www_authenticate(&fault).unwrap(), r#"Bearer realm="orders""#);
        assert_eq!(Challenge::default().www_authenticate(&fault).unwrap(), "Bearer");
    }

    #[test]
    fn the_level_decides_what_is_told() {
        let fault = Fault::new(Code::AudienceMismatch)
            .with("found", vec!["https://b\"\\ü".to_owned()])
            .with("expected", vec!["https://a".to_owned()]);
        let at = |disclosure| Challenge {
            faults: Some("https://id.example/faults"),
            disclosure,
            diagnosis: "dg_1",
            ..Challenge::default()
        };
        let header = at(Disclosure::Code).www_authenticate(&fault).unwrap();
        assert!(header.starts_with(r#"Bearer error="invalid_token""#), "{header}");
        assert!(header.contains("https://id.example/faults/audience-mismatch"), "{header}");
        assert!(!header.contains("https://b"), "{header}");
        let full = at(Disclosure::Full).www_authenticate(&fault).unwrap();
        assert!(full.contains("https://b'/?"), "{full}");
        assert!(full.is_ascii());
        let terse = at(Disclosure::Terse);
        assert_eq!(terse.www_authenticate(&fault).unwrap(), r#"Bearer error="invalid_token""#);
        assert_eq!(terse.problem(&fault)["code"], Value::Null);
        assert_eq!(at(Disclosure::Code).problem(&fault)["code"], "audience-mismatch");
    }

    #[test]
    fn a_token_that_is_bound_is_asked_for_with_its_proof() {
        let at = |demand| Challenge { demand, diagnosis: "dg_1", ..Challenge::default() };
        let missing = Fault::new(Code::CredentialMissing);
        let both = at(Demand::Either).www_authenticate(&missing).unwrap();
        assert!(both.starts_with("Bearer, DPoP algs=\"") && both.contains("ES256"), "{both}");
        assert!(!both.contains("HS256"), "{both}");
        let expired = at(Demand::Either).www_authenticate(&Fault::new(Code::Expired)).unwrap();
        assert!(!expired.contains("DPoP"), "{expired}");
        let invalid = Fault::new(Code::SenderProofInvalid);
        let dpop = at(Demand::Dpop).www_authenticate(&invalid).unwrap();
        assert!(dpop.starts_with(r#"DPoP error="invalid_token""#), "{dpop}");
        assert!(dpop.contains("algs="), "{dpop}");
        let nonce = at(Demand::Nonce).www_authenticate(&invalid).unwrap();
        assert!(nonce.starts_with(r#"DPoP error="use_dpop_nonce""#), "{nonce}");
        let read = crate::www_authenticate::auth_challenges(&both);
        assert_eq!(read.len(), 2, "{both}");
    }

    #[test]
    fn what_the_server_cannot_know_is_no_challenge() {
        let fault = Fault::new(Code::KeySetUnreachable);
        assert_eq!(Challenge::default().www_authenticate(&fault), None);
        assert_eq!(Challenge::default().problem(&fault)["status"], 503);
    }
}
