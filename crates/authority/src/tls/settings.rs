//! What an operator can choose about TLS.

use std::path::PathBuf;

use http::HeaderName;
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, within};

/// TLS built in, and client certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSettings {
    /// The server's certificate and behind it each one's issuer, as PEM. With it, `listen` speaks TLS
    /// 1.3 and 1.2 only. The file is read again when it changes, and on SIGHUP.
    pub cert_file: Option<PathBuf>,
    /// The private key of the first certificate, as PEM, readable by the server's user alone.
    pub key_file: Option<PathBuf>,
    /// The authorities whose certificates prove clients with `tls_client_auth` (RFC 8705 §2.1), as
    /// PEM: your own, never the public ones, whose certificates anybody can get.
    pub client_ca_file: Option<PathBuf>,
    /// Asks every peer for a certificate, so that clients can prove themselves with a self-signed one
    /// (RFC 8705 §2.2). Browsers that hold certificates may ask their user which to send; with
    /// `client_ca_file` alone they do so only for certificates of those authorities.
    pub client_certificates: bool,
    /// Behind a trusted proxy that ends TLS: the header in which it hands on the client's
    /// certificate, as PEM in percent encoding (nginx `$ssl_client_escaped_cert`) or as `:base64:`
    /// (RFC 9440). The proxy must take the header away from every request that comes from outside.
    pub client_certificate_header: Option<String>,
    /// How long a peer may take for the handshake, in seconds.
    pub handshake_seconds: u64,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            cert_file: None,
            key_file: None,
            client_ca_file: None,
            client_certificates: false,
            client_certificate_header: None,
            handshake_seconds: 10,
        }
    }
}

impl TlsSettings {
    /// Whether `listen` speaks TLS.
    pub(crate) const fn is_on(&self) -> bool {
        self.cert_file.is_some()
    }

    /// Whether a client's certificate can reach us.
    pub(crate) const fn sees_clients(&self) -> bool {
        let asked = self.client_certificates || self.client_ca_file.is_some();
        self.client_certificate_header.is_some() || (self.is_on() && asked)
    }

    pub(crate) fn check(&self, trusted_proxy: bool) -> Vec<ConfigError> {
        let mut found = Vec::new();
        let mut wrong = |field, problem: &str, fix, beside| {
            found.push(ConfigError::new(field, problem, fix).beside(beside));
        };
        let pair = "name both files, or neither";
        match (&self.cert_file, &self.key_file) {
            (Some(_), None) => {
                wrong("tls.key_file", "is missing beside `cert_file`", pair, &["tls.cert_file"]);
            }
            (None, Some(_)) => {
                wrong("tls.cert_file", "is missing beside `key_file`", pair, &["tls.key_file"]);
            }
            _ => {}
        }
        if let Some(name) = &self.client_certificate_header {
            const FIELD: &str = "tls.client_certificate_header";
            if HeaderName::try_from(name).is_err() {
                let fix = "write for example `x-client-certificate`";
                wrong(FIELD, &format!("`{name}` is no name of a header"), fix, &[]);
            }
            if !trusted_proxy {
                let problem = "is believed from everybody as long as no proxy stands in front";
                let fix = "set `trusted_proxy = true` if one does and sets this header itself; else take it out";
                wrong(FIELD, problem, fix, &["trusted_proxy"]);
            }
        }
        let fix = "set one of the two, or take this out";
        // A key without its certificate is told above; with both, there would be TLS.
        let is_half = self.key_file.is_some() && self.cert_file.is_none();
        if self.client_certificates && !self.is_on() && !is_half {
            let problem = "needs TLS here (`cert_file`)";
            wrong("tls.client_certificates", problem, fix, &["tls.cert_file"]);
        }
        if self.client_ca_file.is_some() && !self.sees_clients() && !is_half {
            let problem = "needs TLS here (`cert_file`), or a proxy that hands certificates on (`client_certificate_header`)";
            let beside = &["tls.cert_file", "tls.client_certificate_header"];
            wrong("tls.client_ca_file", problem, fix, beside);
        }
        found.extend(within("tls.handshake_seconds", self.handshake_seconds, 1, 300).err());
        found
    }
}
