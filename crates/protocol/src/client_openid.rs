//! What a client's record says about people beyond OAuth: subjects, claims, log-out.
//!
//! Decides whether these settings can stand together.

use claviger_token::Algorithm;

use crate::claim_rule::{ClaimPlace, check_rules};
use crate::client::Client;
use crate::error::{Invalid, quoted};
use crate::redirect::{check_notified, check_uris};
use crate::subject::sector;

impl Client {
    /// Whether the settings that concern people can stand.
    pub(crate) fn check_openid(&self) -> Result<(), Invalid> {
        sector(self)?;
        if let Some(uri) = &self.sector_identifier_uri {
            check_notified("sector_identifier_uri", uri)?;
        }
        let places = [ClaimPlace::IdToken, ClaimPlace::AccessToken, ClaimPlace::Userinfo];
        check_rules(&self.claims, &places)?;
        check_uris("post_logout_redirect_uris", &self.post_logout_redirect_uris)?;
        if let Some(name) = &self.userinfo_signed_response_alg {
            let fit = Algorithm::from_name(name).is_some_and(|one| !one.is_symmetric());
            if !fit {
                return Err(Invalid::new(
                    "userinfo_signed_response_alg",
                    format!("nothing here is signed with {}", quoted(name)),
                    "name one of `userinfo_signing_alg_values_supported`, or leave it out for JSON",
                ));
            }
        }
        match &self.backchannel_logout_uri {
            Some(uri) => check_notified("backchannel_logout_uri", uri),
            None if self.backchannel_logout_session_required => Err(Invalid::new(
                "backchannel_logout_session_required",
                "there is no `backchannel_logout_uri`",
                "set both, or neither",
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_stand_is_named() {
        let good = || Client::new("app", 0);
        let texts = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect();
        let back = |uri: &str| Client { backchannel_logout_uri: Some(uri.into()), ..good() };
        for uri in ["https://app.example/bc?x=1", "http://127.0.0.1:4000/bc", "http://[::1]/bc"] {
            back(uri).check().unwrap();
        }
        for (bad, field) in [
            (back("http://app.example/bc"), "backchannel_logout_uri"),
            (back("https://app.example/bc#x"), "backchannel_logout_uri"),
            (back("https://u:p@app.example/bc"), "backchannel_logout_uri"),
            (back("com.example.app:/bc"), "backchannel_logout_uri"),
            (back("https://app.example\\@evil.example/"), "backchannel_logout_uri"),
            (back("file:///etc/passwd"), "backchannel_logout_uri"),
            (
                Client { backchannel_logout_session_required: true, ..good() },
                "backchannel_logout_session_required",
            ),
            (
                Client { post_logout_redirect_uris: texts(&["http://app.example/"]), ..good() },
                "post_logout_redirect_uris",
            ),
            (
                Client { userinfo_signed_response_alg: Some("HS256".into()), ..good() },
                "userinfo_signed_response_alg",
            ),
            (
                Client { userinfo_signed_response_alg: Some("none".into()), ..good() },
                "userinfo_signed_response_alg",
            ),
        ] {
            assert_eq!(bad.check().unwrap_err().field, field, "{bad:?}");
        }
    }
}
