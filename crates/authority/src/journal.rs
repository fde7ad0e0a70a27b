//! The journal of refusals: logged at once, and kept for `why`, without making anybody wait.
//!
//! Decides what of a refusal is written down. A credential that strayed into a text is blotted out.

use std::sync::Arc;

use claviger_store::Store;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use crate::refusal::Refusal;
use crate::routes::Face;

/// Refusals on their way to the store. A flood beyond it is counted and dropped.
const WAITING: usize = 512;

struct Entry {
    diagnosis: String,
    at: i64,
    code: &'static str,
    evidence: Value,
}

/// Where refusals are written down.
pub(crate) struct Journal {
    waiting: mpsc::Sender<Entry>,
    metrics: Arc<Metrics>,
}

/// The other end: writes what comes until the authority ends.
pub(crate) struct Scribe {
    coming: mpsc::Receiver<Entry>,
    store: Store,
    bound: u32,
}

impl Journal {
    pub(crate) fn new(store: Store, bound: usize, metrics: Arc<Metrics>) -> (Self, Scribe) {
        let (waiting, coming) = mpsc::channel(WAITING);
        let bound = u32::try_from(bound).unwrap_or(u32::MAX);
        (Self { waiting, metrics }, Scribe { coming, store, bound })
    }

    /// Writes a refusal down under its id. Only what clients and administrators run into is kept: a
    /// scanner that asks for pages which do not exist must not push it out.
    pub(crate) fn refused(
        &self,
        diagnosis: &str,
        endpoint: &'static str,
        face: Face,
        refusal: &Refusal,
        at: i64,
    ) {
        let detail = blotted(&refusal.detail);
        let evidence = blotted_members(&refusal.evidence);
        let (status, code) = (refusal.status.as_u16(), refusal.code);
        let known = Value::Object(evidence.clone());
        if refusal.status.is_server_error() {
            tracing::error!(%diagnosis, endpoint, status, code, detail, evidence = %known, "refused");
        } else if matches!(face, Face::Oauth | Face::Bearer | Face::Admin) {
            tracing::info!(%diagnosis, endpoint, status, code, detail, evidence = %known, "refused");
        } else {
            tracing::debug!(%diagnosis, endpoint, status, code, detail, "refused");
            return;
        }
        let entry = Entry {
            diagnosis: diagnosis.to_owned(),
            at,
            code,
            evidence: json!({
                "endpoint": endpoint,
                "status": status,
                "error": refusal.error,
                "detail": detail,
                "fix": refusal.fix,
                "evidence": evidence,
            }),
        };
        if self.waiting.try_send(entry).is_err() {
            self.metrics.journal_dropped();
        }
    }
}

impl Scribe {
    /// Writes until `ending`, and then what is still waiting.
    pub(crate) async fn write(mut self, ending: CancellationToken) {
        if self.bound == 0 {
            return;
        }
        loop {
            let entry = tokio::select! {
                entry = self.coming.recv() => entry,
                () = ending.cancelled() => {
                    self.coming.close();
                    self.coming.recv().await
                }
            };
            let Some(Entry { diagnosis, at, code, evidence }) = entry else {
                return;
            };
            let written =
                self.store.record_refusal(&diagnosis, at, code, evidence, self.bound).await;
            if let Err(error) = written {
                tracing::warn!(%error, %diagnosis, "a refusal could not be written down");
            }
        }
    }
}

fn blotted_members(members: &Map<String, Value>) -> Map<String, Value> {
    members
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) => Value::String(blotted(text)),
                other => other.clone(),
            };
            (name.clone(), value)
        })
        .collect()
}

/// A text without what looks like a credential of ours or a JWT: somebody may have put one where a
/// name belongs, and names are quoted.
fn blotted(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.len() > 16 && (word.contains("clv_") || word.contains("eyJ")) {
            out.push_str("[credential]");
        } else {
            out.push_str(word);
        }
        let between = behind.find(is_part).unwrap_or(behind.len());
        out.push_str(&behind[..between]);
        rest = &behind[between..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_credential_is_blotted_out() {
        for (said, kept) in [
            (
                "the scope `clv_cs_abcdefghijklmnop` is unknown",
                "the scope `[credential]` is unknown",
            ),
            ("ü: eyJhbGciOiJIUzI1NiJ9.e30.xyz, eyJ", "ü: [credential], eyJ"),
            (
                "client `orders-api` at https://x.test/a?b=c",
                "client `orders-api` at https://x.test/a?b=c",
            ),
            ("", ""),
        ] {
            assert_eq!(blotted(said), kept);
        }
    }
}
