//! TLS from files: loaded, judged, and loaded again when they change.
//!
//! Decides whether a chain and a key can be served. Which client certificate proves what is decided
//! at the token endpoint; here one is only asked for, and that its key is the peer's is proven.

mod chain;
mod client;
mod reload;
mod settings;
mod signatures;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, ConfigError};

pub(crate) use client::ClientCertificate;
pub use reload::Reload;
pub(crate) use reload::follow;
pub use settings::TlsSettings;
pub(crate) use signatures::signatures_by_rustls;

/// What the files hold, ready to serve.
#[derive(Debug)]
struct Loaded {
    config: Option<Arc<ServerConfig>>,
    client_authority: Option<Arc<dyn ClientCertVerifier>>,
    /// When the certificate expires. Unix seconds.
    expires: Option<i64>,
}

/// TLS as connections see it: always the newest files that were good.
#[derive(Debug)]
pub(crate) struct Tls {
    config: ArcSwapOption<ServerConfig>,
    /// Judges the chains of clients that are registered by a name in their certificate.
    client_authority: ArcSwap<Option<Arc<dyn ClientCertVerifier>>>,
    expires: AtomicI64,
    handshake: Duration,
    /// What the files were when they were first read.
    opened: reload::Stamp,
}

impl Tls {
    /// Loads what the configuration names; nothing is served under TLS where it names no certificate.
    pub(crate) fn open(config: &Config, now: i64) -> Result<Self, ConfigError> {
        let opened = reload::stamp(&config.tls);
        let loaded = load(config, now)?;
        let tls = Self {
            config: ArcSwapOption::empty(),
            client_authority: ArcSwap::from_pointee(None),
            expires: 0.into(),
            handshake: Duration::from_secs(config.tls.handshake_seconds),
            opened,
        };
        tls.put(loaded);
        Ok(tls)
    }

    fn put(&self, loaded: Loaded) {
        self.client_authority.store(Arc::new(loaded.client_authority));
        self.expires.store(loaded.expires.unwrap_or(0), Ordering::Relaxed);
        self.config.store(loaded.config);
    }

    /// For the next connection.
    pub(crate) fn acceptor(&self) -> Option<TlsAcceptor> {
        self.config.load_full().map(TlsAcceptor::from)
    }

    /// How long a handshake may take.
    pub(crate) const fn handshake(&self) -> Duration {
        self.handshake
    }

    fn expires(&self) -> Option<i64> {
        Some(self.expires.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// Whether the chain of a client's certificate leads to the configured authorities, now.
    pub(crate) fn is_trusted(&self, presented: &ClientCertificate, now: i64) -> bool {
        let authority = self.client_authority.load();
        let Some(authority) = authority.as_ref() else { return false };
        presented.leads_to(authority.as_ref(), now)
    }
}

/// Judges the files that a configuration names, without serving them.
pub(crate) fn check(config: &Config, now: i64) -> Vec<ConfigError> {
    let wrong = |tls| load(&Config { tls, ..config.clone() }, now).err();
    let tls = &config.tls;
    let of_clients = wrong(TlsSettings { cert_file: None, key_file: None, ..tls.clone() });
    let own = wrong(TlsSettings { client_ca_file: None, ..tls.clone() });
    of_clients.into_iter().chain(own).collect()
}

fn load(config: &Config, now: i64) -> Result<Loaded, ConfigError> {
    let tls = &config.tls;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client_authority = match &tls.client_ca_file {
        None => None,
        Some(path) => Some(client_authority(path, &provider)?),
    };
    let (Some(cert_file), Some(key_file)) = (&tls.cert_file, &tls.key_file) else {
        return Ok(Loaded { config: None, client_authority, expires: None });
    };
    let chain = chain::Chain::load(cert_file, key_file, &provider, now)?;
    let expires = chain.expires;
    let broken = |error: rustls::Error| {
        let fix = "use a PEM chain and its key, as `openssl` or an ACME client writes them";
        ConfigError::new("tls.cert_file", format!("cannot be served: {error}"), fix)
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(broken)?;
    let builder = if tls.client_certificates || client_authority.is_some() {
        let hints =
            client_authority.as_ref().map(|authority| authority.root_hint_subjects().to_vec());
        // A client that is registered by its key alone may have any issuer.
        let hints = hints.filter(|_| !tls.client_certificates).unwrap_or_default();
        builder.with_client_cert_verifier(Arc::new(client::AnyClient::new(provider, hints)))
    } else {
        builder.with_no_client_auth()
    };
    let mut served =
        builder.with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(chain.key)));
    served.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Loaded { config: Some(Arc::new(served)), client_authority, expires: Some(expires) })
}

fn client_authority(
    path: &Path,
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, ConfigError> {
    const FIELD: &str = "tls.client_ca_file";
    let fix = "write the certificates of the authorities that sign your clients, as PEM";
    let mut roots = rustls::RootCertStore::empty();
    for certificate in chain::certificates(FIELD, path)? {
        roots.add(certificate).map_err(|error| {
            ConfigError::new(FIELD, format!("{} holds no authority: {error}", path.display()), fix)
        })?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| ConfigError::new(FIELD, format!("cannot be used: {error}"), fix))
}
