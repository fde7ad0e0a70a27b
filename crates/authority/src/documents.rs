//! Clients that are documents on the web: fetched, judged, and remembered for a while.
//!
//! What a document comes to is `claviger_protocol::document_client`'s; how it is fetched, `library`'s.

use std::sync::Arc;

use claviger_guard::fetch::{Cause, Fetched};
use claviger_protocol::{Client, OauthCode, OauthFault, Terms, check_document_id, document_client};

use crate::config::Registration;
use crate::library::{Library, NotHad, Reading};

/// Longer than any honest document; the draft advises 5 KiB.
const MOST_BYTES: usize = 10 * 1024;

pub(crate) struct Documents {
    on: bool,
    danger_allow_loopback: bool,
    library: Library<Client>,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Documents").field("on", &self.on).finish_non_exhaustive()
    }
}

fn refused(code: &'static str, description: impl Into<String>, fix: &'static str) -> OauthFault {
    OauthFault::new(OauthCode::InvalidRequest, code, description).fix(fix)
}

fn not_had(why: NotHad) -> OauthFault {
    match why {
        NotHad::Limited => refused(
            "client-document-limited",
            "too many documents of clients are fetched at the moment",
            "try again in a minute",
        ),
        NotHad::Failed(error) if matches!(error.cause, Cause::Inside | Cause::Url) => refused(
            "client-document-refused",
            format!("the client's document is not asked for: {}", error.reason),
            "the application's maker publishes it where everybody reaches it",
        ),
        NotHad::Failed(error) => refused(
            "client-document-unreachable",
            format!("the client's document could not be had: {}", error.reason),
            "the application's maker publishes it at its client id, as JSON",
        ),
    }
}

/// Whether a fault says nothing of the client, only that its document cannot be read at the moment.
pub(crate) fn passes(fault: &OauthFault) -> bool {
    matches!(fault.code, "client-document-limited" | "client-document-unreachable")
}

impl Documents {
    pub(crate) fn new(rules: &Registration) -> Self {
        let danger_allow_loopback = rules.danger_client_addresses_on_loopback;
        Self {
            on: rules.client_id_documents,
            danger_allow_loopback,
            library: Library::new(MOST_BYTES, danger_allow_loopback),
        }
    }

    /// The client that the document at `client_id` describes.
    pub(crate) async fn find(
        &self,
        client_id: &str,
        terms: &Terms<'_>,
        now: i64,
    ) -> Result<Arc<Client>, OauthFault> {
        if !self.on {
            return Err(refused(
                "client-document-off",
                "client ids that are addresses are not served here",
                "register the application; or the operator sets `registration.client_id_documents`",
            ));
        }
        let url = check_document_id(client_id, self.danger_allow_loopback)?;
        let read = |fetched: Fetched| {
            let kind = fetched.content_type.unwrap_or_default();
            if kind != "application/json"
                && !(kind.starts_with("application/") && kind.ends_with("+json"))
            {
                let description = "the client's document is not sent as JSON";
                let fix = "the application's maker sends it with `Content-Type: application/json`";
                return Err(refused("client-document-refused", description, fix));
            }
            document_client(client_id, fetched.body.as_bytes(), terms, now)
        };
        self.library.find(&url, i64::MIN, now, Reading { read: &read, not_had }).await
    }
}
