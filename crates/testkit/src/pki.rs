//! A private authority and what it signs, as the files that servers and clients are given.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};

/// An authority of its own.
pub struct Pki {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl std::fmt::Debug for Pki {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Pki")
    }
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub der: Vec<u8>,
    /// The certificate, as files hold it.
    pub certificate: String,
    /// Its key, as files hold it (PKCS#8).
    pub key: String,
}

impl Issued {
    /// Writes both into a folder: `NAME.pem`, with the chain behind it, and `NAME.key`.
    pub fn write(&self, folder: &Path, name: &str, chain: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) =
            (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
        std::fs::write(&certificate, format!("{}{chain}", self.certificate)).expect("a file");
        std::fs::write(&key, &self.key).expect("a file");
        (certificate, key)
    }
}

impl Default for Pki {
    fn default() -> Self {
        Self::new()
    }
}

impl Pki {
    /// A fresh one.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("an authority") }
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> String {
        pem("CERTIFICATE", self.issuer.der())
    }

    /// For a server on loopback.
    #[must_use]
    pub fn server(&self) -> Issued {
        self.issue(CertificateParams::new(loopback()).expect("names"))
    }

    /// For a server on loopback, over since 2020.
    #[must_use]
    pub fn expired(&self) -> Issued {
        let mut params = CertificateParams::new(loopback()).expect("names");
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.issue(params)
    }

    /// For a server on loopback, until an instant of the near future in unix seconds.
    #[must_use]
    pub fn server_until(&self, end: u64) -> Issued {
        let mut params = CertificateParams::new(loopback()).expect("names");
        params.not_after = date_time_ymd(1970, 1, 1) + Duration::from_secs(end);
        self.issue(params)
    }

    /// What a client of such servers trusts, and the certificate that it comes with.
    #[must_use]
    pub fn trusting(&self, own: Option<&Issued>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("an authority");
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let builder = ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(roots);
        Arc::new(match own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).expect("a key");
                let chain = vec![CertificateDer::from(own.der.clone())];
                builder.with_client_auth_cert(chain, key).expect("a certificate and its key")
            }
        })
    }

    /// For a client: `CN=name,O=Example`, with the name as a host too.
    #[must_use]
    pub fn client(&self, name: &str) -> Issued {
        self.issue(client(name))
    }

    fn issue(&self, params: CertificateParams) -> Issued {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        issued(certificate.der(), &key)
    }
}

/// A client that signed its own certificate.
#[must_use]
pub fn self_signed(name: &str) -> Issued {
    let key = KeyPair::generate().expect("a key");
    let certificate = client(name).self_signed(&key).expect("a certificate");
    issued(certificate.der(), &key)
}

fn loopback() -> Vec<String> {
    vec!["127.0.0.1".to_owned(), "localhost".to_owned()]
}

fn client(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.example")]).expect("names");
    let uri = format!("spiffe://example/{name}").try_into().expect("a plain URI");
    params.subject_alt_names.push(SanType::URI(uri));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Example");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn issued(der: &[u8], key: &KeyPair) -> Issued {
    Issued {
        der: der.to_vec(),
        certificate: pem("CERTIFICATE", der),
        key: pem("PRIVATE KEY", &key.serialize_der()),
    }
}

/// DER as files hold it (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
