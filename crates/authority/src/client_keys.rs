//! Key sets that clients publish at an address of their own (`jwks_uri`, RFC 7591 §2): a client whose keys rotate needs
//! to tell nobody.
//!
//! Decides when a set is old enough to be asked for again. How it is fetched is `library`'s; what its keys prove, the
//! protocol's.

use std::sync::Arc;

use claviger_guard::fetch::Fetched;
use claviger_protocol::{Client, OauthCode, OauthFault, published_keys};
use serde_json::Value;
use url::Url;

use crate::config::Registration;
use crate::library::{Library, NotHad, Reading};

/// Many keys with their certificates.
const MOST_BYTES: usize = 64 * 1024;
/// A set that is older than this is asked for again where nothing in it fits, in seconds. Anybody can bring what fits
/// nothing, so this bounds what a client's server is made to answer.
const RENEW_AFTER: i64 = 60;

#[derive(Debug)]
pub(crate) struct ClientKeys {
    library: Library<Value>,
}

fn not_had(why: NotHad) -> OauthFault {
    // Never `invalid_client`: the client may well be who it says.
    let later = |code: &'static str, description: String| {
        OauthFault::new(OauthCode::TemporarilyUnavailable, code, description)
    };
    match why {
        NotHad::Limited => {
            let description = "too many key sets of clients are fetched at the moment";
            later("client-keys-limited", description.to_owned()).fix("try again in a minute")
        }
        NotHad::Failed(error) => later(
            "client-keys-unreachable",
            format!("the client's keys could not be had from its `jwks_uri`: {}", error.reason),
        )
        .fix("the client publishes its key set there, as JSON over https, where everybody reaches it"),
    }
}

fn read(fetched: Fetched) -> Result<Value, OauthFault> {
    published_keys(&fetched.body)
}

impl ClientKeys {
    pub(crate) fn new(rules: &Registration) -> Self {
        Self { library: Library::new(MOST_BYTES, rules.danger_client_addresses_on_loopback) }
    }

    /// The client with the keys that it publishes; none where it publishes none.
    pub(crate) async fn published(
        &self,
        client: &Client,
        now: i64,
    ) -> Result<Option<Published>, OauthFault> {
        let Some(address) = client.jwks_uri.as_deref().and_then(|uri| Url::parse(uri).ok()) else {
            return Ok(None);
        };
        let keys = self.asked(&address, i64::MIN, now).await?;
        Ok(Some(Published { address, keys }))
    }

    /// The same after nothing in `known` fitted; none where there is nothing newer.
    pub(crate) async fn newer(
        &self,
        known: &Published,
        now: i64,
    ) -> Result<Option<Published>, OauthFault> {
        let since = now.saturating_sub(RENEW_AFTER);
        let keys = self.asked(&known.address, since, now).await?;
        let new = !Arc::ptr_eq(&keys, &known.keys);
        Ok(new.then(|| Published { address: known.address.clone(), keys }))
    }

    async fn asked(&self, address: &Url, since: i64, now: i64) -> Result<Arc<Value>, OauthFault> {
        self.library.find(address, since, now, Reading { read: &read, not_had }).await
    }
}

/// A key set as it was found.
#[derive(Debug)]
pub(crate) struct Published {
    address: Url,
    keys: Arc<Value>,
}

impl Published {
    /// The client as if it had registered these keys themselves.
    pub(crate) fn of(&self, client: &Client) -> Client {
        Client { jwks: Some(Value::clone(&self.keys)), ..client.clone() }
    }
}
