//! The gate: a guard as a process of its own, before a service that knows nothing of tokens.
//!
//! As a reverse proxy it passes good requests on, with the caller's identity in headers that nobody else can
//! set; at `/_claviger/auth` it tells another proxy its verdict.

mod answer;
mod config;
mod forward_auth;
mod headers;
mod network;
mod pages;
mod proxy;
mod refused;
mod seen;
mod serve;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use claviger_guard::Guard;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use config::{GateConfig, GateError};
pub use network::{Network, NoNetwork};

pub(crate) struct Shared {
    config: GateConfig,
    guard: Guard,
    upstream: config::Upstream,
    client: Client<HttpsConnector<HttpConnector>, proxy::Watched>,
    /// Connections, and tunnels that they became.
    open: TaskTracker,
    closing: CancellationToken,
}

/// A gate, ready to serve.
pub struct Gate {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Gate").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl Gate {
    /// Builds a gate and starts fetching the issuers' keys. Needs a tokio runtime.
    ///
    /// # Errors
    /// Where the settings make no sense.
    pub fn new(config: GateConfig) -> Result<Self, GateError> {
        let upstream = config::Upstream::read(&config.upstream)?;
        if let Some(url) = &config.public_url {
            let known = url::Url::parse(url).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.query().is_none()
                    && url.fragment().is_none()
            });
            if !known {
                return Err(GateError::PublicUrl(url.clone()));
            }
        }
        if let Some(name) = &config.client_certificate_header
            && config.trusted_proxies.is_empty()
        {
            return Err(GateError::CertificateOfNobody(name.clone()));
        }
        if config.header_limit < 8192 {
            return Err(GateError::HeaderLimit(config.header_limit));
        }
        let guard = config.guard()?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .http1_max_buf_size(256 * 1024)
            .build(claviger_guard::fetch::connector(config.connect_timeout));
        let (open, closing) = (TaskTracker::new(), CancellationToken::new());
        Ok(Self { shared: Arc::new(Shared { config, guard, upstream, client, open, closing }) })
    }

    /// Its guard.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.shared.guard
    }

    /// Waits for the issuers' keys; see [`Guard::ready`].
    pub async fn ready(&self, patience: Duration) -> bool {
        self.shared.guard.ready(patience).await
    }

    /// Serves until `shutdown` is done; open requests then have ten seconds.
    ///
    /// # Errors
    /// Where the listener cannot be used.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> std::io::Result<()> {
        serve::serve(self.shared, listener, shutdown).await
    }
}
