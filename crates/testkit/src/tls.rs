//! Certificates as tests need them: good, expired, not valid yet, for another name, of nobody's trust.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::pki::pem;

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing: for 127.0.0.1 and localhost, by the authority of [`Tls::trust`].
    Good,
    /// It ended in 2020.
    Expired,
    /// It begins in 2090.
    NotYetValid,
    /// It is for another host.
    OtherName,
    /// Nobody's authority signed it.
    SelfSigned,
}

/// A server's certificate and key, and the authority that signed it.
#[derive(Debug)]
pub struct Tls {
    config: Arc<rustls::ServerConfig>,
    authority: String,
}

impl Tls {
    /// Makes a fresh one.
    #[must_use]
    pub fn new(kind: Certificate) -> Self {
        let mut of_authority = CertificateParams::new(Vec::new()).expect("an authority");
        of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        of_authority.distinguished_name.push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(of_authority, key).expect("an authority");

        let names = match kind {
            Certificate::OtherName => vec!["other.example".to_owned()],
            _ => vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
        };
        let mut params = CertificateParams::new(names).expect("names");
        match kind {
            Certificate::Expired => {
                params.not_before = date_time_ymd(2019, 1, 1);
                params.not_after = date_time_ymd(2020, 1, 1);
            }
            Certificate::NotYetValid => params.not_before = date_time_ymd(2090, 1, 1),
            _ => {}
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match kind {
            Certificate::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &authority),
        }
        .expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let config = rustls::ServerConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate and its key");
        Self { config: Arc::new(config), authority: pem("CERTIFICATE", authority.der()) }
    }

    /// Writes the authority's certificate: what `SSL_CERT_FILE` names for a client that trusts it.
    pub fn trust(&self, path: &Path) {
        std::fs::write(path, &self.authority).expect("a file for the authority");
    }

    pub(crate) fn acceptor(self) -> TlsAcceptor {
        TlsAcceptor::from(self.config)
    }
}
