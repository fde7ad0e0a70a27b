//! Whether a client belongs to the sector that it names (`sector_identifier_uri`, OpenID Connect Core §8.1).
//!
//! Has the list asked for anew when a client is registered or changed: whoever has just added their address to it must
//! not wait for an old copy to pass. How it is fetched is `library`'s; what it says, the protocol's.

use claviger_guard::fetch::{Cause, Fetched};
use claviger_protocol::{Client, OauthCode, OauthFault, check_listed, sector_list};
use url::Url;

use crate::config::Registration;
use crate::library::{Library, NotHad, Reading};

/// A thousand addresses.
const MOST_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Sectors {
    library: Library<Vec<String>>,
}

fn not_had(why: NotHad) -> OauthFault {
    match why {
        NotHad::Limited => OauthFault::new(
            OauthCode::TemporarilyUnavailable,
            "sector-limited",
            "too many lists of sectors are fetched at the moment",
        )
        .fix("try again in a minute"),
        NotHad::Failed(error) => {
            let code = match error.cause {
                Cause::Inside | Cause::Url => "sector-refused",
                _ => "sector-unreachable",
            };
            let description =
                format!("the list at `sector_identifier_uri` could not be had: {}", error.reason);
            OauthFault::new(OauthCode::InvalidClientMetadata, code, description)
                .fix("publish it as JSON over https, where everybody reaches it")
        }
    }
}

fn read(fetched: Fetched) -> Result<Vec<String>, OauthFault> {
    sector_list(&fetched.body)
}

/// Whether a fault says nothing of the client, only that the list cannot be read at the moment.
pub(crate) fn passes(fault: &OauthFault) -> bool {
    matches!(fault.code, "sector-limited" | "sector-unreachable")
}

impl Sectors {
    pub(crate) fn new(rules: &Registration) -> Self {
        Self { library: Library::new(MOST_BYTES, rules.danger_client_addresses_on_loopback) }
    }

    /// Whether all redirect addresses of a client are in the list that it names, if it names one. `since` is how old
    /// what is known of the list may be: when it was asked for, in Unix seconds.
    pub(crate) async fn check(
        &self,
        client: &Client,
        since: i64,
        now: i64,
    ) -> Result<(), OauthFault> {
        let address = client.sector_identifier_uri.as_deref().map(Url::parse);
        // One that is no address does not stand in any record.
        let Some(Ok(address)) = address else { return Ok(()) };
        let reading = Reading { read: &read, not_had };
        check_listed(client, &self.library.find(&address, since, now, reading).await?)
    }
}
