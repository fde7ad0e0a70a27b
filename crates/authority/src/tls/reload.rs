//! Looks at the files of TLS again and again, and serves new ones once they are good. Bad ones change
//! nothing but the log.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use claviger_token::rfc3339;
use tokio::sync::Notify;
use tokio::time::interval;

use super::{TlsSettings, load};
use crate::state::State;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(3);
/// From so long before a certificate expires it is warned of, once a day.
const WARN_AHEAD: i64 = 14 * 86_400;
const DAY: i64 = 86_400;

/// Has the files of TLS looked at now, changed or not (SIGHUP).
#[derive(Clone, Debug, Default)]
pub struct Reload(Arc<Notify>);

impl Reload {
    /// Asks for it.
    pub fn ask(&self) {
        self.0.notify_one();
    }
}

/// What tells a file from the one that stood there before.
pub(super) type Stamp = Vec<Option<(SystemTime, u64)>>;

pub(super) fn stamp(tls: &TlsSettings) -> Stamp {
    let of = |path: &Path| {
        let found = path.metadata().ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    [&tls.cert_file, &tls.key_file, &tls.client_ca_file]
        .into_iter()
        .map(|path| path.as_deref().and_then(of))
        .collect()
}

/// Goes on until the authority ends.
pub(crate) async fn follow(state: Arc<State>) {
    let tls = &state.config.tls;
    if tls.cert_file.is_none() && tls.client_ca_file.is_none() {
        return;
    }
    // From before the files were read that are served by now: what was written since is news.
    let mut last = state.tls.opened.clone();
    let mut warned = i64::MIN;
    let mut ticks = interval(LOOK);
    loop {
        let asked = tokio::select! {
            _ = ticks.tick() => false,
            () = state.reload.0.notified() => true,
            () = state.ending.cancelled() => return,
        };
        // Before the files are read: what is written meanwhile is seen the next time.
        let found = stamp(tls);
        if asked || found != last {
            last = found;
            again(&state);
        }
        let now = state.clock.now();
        if let Some(expires) = state.tls.expires() {
            state.metrics.certificate_expires(expires);
            if expires - now < WARN_AHEAD && now - DAY >= warned {
                warned = now;
                tracing::warn!(
                    expires = rfc3339(expires),
                    "the TLS certificate expires in {} days; renew it",
                    (expires - now) / DAY
                );
            }
        }
    }
}

fn again(state: &State) {
    match load(&state.config, state.clock.now()) {
        Ok(loaded) => {
            let expires = loaded.expires.map(rfc3339);
            state.tls.put(loaded);
            state.metrics.tls_loaded(true);
            tracing::info!(
                expires,
                "the TLS files were read again; new connections get the new certificate"
            );
        }
        Err(error) => {
            state.metrics.tls_loaded(false);
            tracing::error!(%error, "the new TLS files cannot be served; the certificate from before stays");
        }
    }
}
