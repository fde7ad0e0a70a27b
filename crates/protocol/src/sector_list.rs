//! The list behind a `sector_identifier_uri` (OpenID Connect Core §8.1, Registration §5): who publishes it says which
//! redirect addresses belong to their sector.
//!
//! Decides whether a client belongs. Without the list anybody could register into somebody else's sector, and see
//! people there by the names that they have in it. Never fetches.

use crate::client::Client;
use crate::error::{OauthCode, OauthFault, quoted};

fn refused(description: String, fix: &'static str) -> OauthFault {
    OauthFault::new(OauthCode::InvalidClientMetadata, "sector-refused", description).fix(fix)
}

/// Reads a list as it was published.
pub fn sector_list(body: &str) -> Result<Vec<String>, OauthFault> {
    serde_json::from_str(body.trim_start_matches('\u{feff}')).map_err(|_| {
        let description = "at `sector_identifier_uri` stands no JSON array of addresses";
        refused(description.to_owned(), "publish [\"https://...\", ...] there, and nothing else")
    })
}

/// Whether every redirect address of a client stands in its sector's list, character by character.
pub fn check_listed(client: &Client, list: &[String]) -> Result<(), OauthFault> {
    match client.redirect_uris.iter().find(|uri| !list.contains(uri)) {
        None => Ok(()),
        Some(uri) => Err(refused(
            format!("the list at `sector_identifier_uri` does not have {}", quoted(uri)),
            "have whom the list belongs to add each redirect address, as it is registered",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_to_stand_in_the_list_as_it_is() {
        let client = |uris: &[&str]| Client {
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..Client::new("app", 0)
        };
        let list = sector_list(" [\"https://a.example/cb\",\"https://b.example/cb\"]\n").unwrap();
        for good in
            [&["https://a.example/cb"][..], &["https://b.example/cb", "https://a.example/cb"], &[]]
        {
            check_listed(&client(good), &list).unwrap();
        }
        for bad in [
            &["https://a.example/cb", "https://c.example/cb"][..],
            &["https://a.example/cb/"],
            &["https://A.example/cb"],
            &["https://a.example:443/cb"],
        ] {
            let fault = check_listed(&client(bad), &list).unwrap_err();
            assert_eq!((fault.error, fault.status()), (OauthCode::InvalidClientMetadata, 400));
        }
        for bad in ["", "{}", "\"https://a.example/cb\"", "[1]", "[\"a\"] x", "null", "[[\"a\"]]"] {
            assert_eq!(sector_list(bad).unwrap_err().code, "sector-refused", "{bad}");
        }
    }
}
