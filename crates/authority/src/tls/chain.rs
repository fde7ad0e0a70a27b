//! A chain of certificates and its key, as files hold them: whether they belong together, stand in
//! order, and hold today. Says what is wrong in words that name file and place.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use claviger_token::certificate::Certificate;
use claviger_token::rfc3339;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use zeroize::Zeroizing;

use crate::config::ConfigError;

const CERT: &str = "tls.cert_file";
const KEY: &str = "tls.key_file";
/// A chain with its key has some kilobytes; a bundle of all public authorities, some hundred.
const LONGEST: u64 = 4 << 20;

/// A chain that can be served.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) key: CertifiedKey,
    /// When its first certificate to expire does. Unix seconds.
    pub(super) expires: i64,
}

impl Chain {
    pub(super) fn load(
        cert_file: &Path,
        key_file: &Path,
        provider: &Arc<CryptoProvider>,
        now: i64,
    ) -> Result<Self, ConfigError> {
        let chain = certificates(CERT, cert_file)?;
        let expires = in_order(cert_file, &chain, now)?;
        let key = private_key(key_file, provider)?;
        if let Err(error) = matches(&key, &chain[0]) {
            let file = cert_file.display();
            let other = chain.iter().skip(1).position(|other| matches(&key, other).is_ok());
            return Err(match other {
                Some(nth) => ConfigError::new(
                    CERT,
                    format!("in {file}, the server's own certificate stands in place {}", nth + 2),
                    "put it first, and behind it each certificate's issuer",
                ),
                None => ConfigError::new(
                    KEY,
                    format!("{} is not the key of the certificate in {file} ({error})", key_file.display()),
                    "name the key that the certificate was requested with; after a renewal, both files have to be new",
                )
                .beside(&[CERT]),
            });
        }
        Ok(Self { key: CertifiedKey::new(chain, key), expires })
    }
}

/// Everything between `BEGIN CERTIFICATE` and `END CERTIFICATE`; at least one.
pub(super) fn certificates(
    field: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let bytes = read(field, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let fix = "write PEM: `-----BEGIN CERTIFICATE-----`, base64, `-----END CERTIFICATE-----`";
    match found {
        Ok(found) if found.is_empty() => Err(ConfigError::new(
            field,
            format!("there is no certificate in {}", path.display()),
            fix,
        )),
        Ok(found) => Ok(found),
        Err(error) => {
            Err(ConfigError::new(field, format!("{} is no PEM ({error})", path.display()), fix))
        }
    }
}

fn private_key(
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn SigningKey>, ConfigError> {
    let bytes = read(KEY, path)?;
    warn_if_open_to_others(path);
    let encrypted = bytes.windows(9).any(|window| window == b"ENCRYPTED");
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        let file = path.display();
        if encrypted {
            ConfigError::new(
                KEY,
                format!("the key in {file} is encrypted"),
                "decrypt it (`openssl pkey -in FILE -out NEW`) and protect the file: mode 0600",
            )
        } else {
            ConfigError::new(
                KEY,
                format!("there is no private key in {file}"),
                "write PEM: `BEGIN PRIVATE KEY`, `BEGIN EC PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`",
            )
        }
    })?;
    provider.key_provider.load_private_key(key).map_err(|error| {
        ConfigError::new(
            KEY,
            format!("the key in {} cannot be used: {error}", path.display()),
            "make an ECDSA key on P-256 or P-384, an Ed25519 key, or RSA with 2048 to 8192 bits",
        )
    })
}

fn matches(
    key: &Arc<dyn SigningKey>,
    certificate: &CertificateDer<'static>,
) -> Result<(), rustls::Error> {
    match CertifiedKey::new(vec![certificate.clone()], Arc::clone(key)).keys_match() {
        // A key that cannot tell its public half is believed.
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(()),
        answer => answer,
    }
}

/// Whether each certificate is followed by its issuer, and all of them hold now; when the first of
/// them expires.
fn in_order(path: &Path, chain: &[CertificateDer<'static>], now: i64) -> Result<i64, ConfigError> {
    let file = path.display();
    let mut expires = i64::MAX;
    let mut before: Option<Certificate<'_>> = None;
    for (nth, der) in chain.iter().enumerate() {
        let place = nth + 1;
        let Some(read) = Certificate::read(der) else {
            let problem = format!("certificate {place} in {file} is no X.509 certificate");
            return Err(ConfigError::new(CERT, problem, "ask for it anew; the file is damaged"));
        };
        if read.not_after < now {
            let problem =
                format!("certificate {place} in {file} expired at {}", rfc3339(read.not_after));
            return Err(ConfigError::new(
                CERT,
                problem,
                "renew it; a browser would refuse it as well",
            ));
        }
        if read.not_before > now {
            let from = rfc3339(read.not_before);
            let problem = format!("certificate {place} in {file} holds only from {from}");
            return Err(ConfigError::new(
                CERT,
                problem,
                "set this machine's clock, or wait until then",
            ));
        }
        if before.as_ref().is_some_and(|before| before.issuer != read.subject) {
            let problem =
                format!("in {file}, certificate {place} is not the issuer of certificate {nth}");
            let fix = "put the server's certificate first, and behind it each certificate's issuer";
            return Err(ConfigError::new(CERT, problem, fix));
        }
        expires = expires.min(read.not_after);
        before = Some(read);
    }
    Ok(expires)
}

fn read(field: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let opened = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    match opened {
        Ok(_) => Ok(bytes),
        Err(error) => {
            let problem = format!("cannot read {}: {error}", path.display());
            let fix = "check the path, and that the user that runs claviger may read the file";
            Err(ConfigError::new(field, problem, fix))
        }
    }
}

#[cfg(unix)]
fn warn_if_open_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // A group is let pass: that is how files of an ACME client are shared with servers.
    if let Ok(found) = path.metadata()
        && found.permissions().mode() & 0o007 != 0
    {
        tracing::warn!(path = %path.display(), "the private key is readable by every user; `chmod 640` it");
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_others(_path: &Path) {}
