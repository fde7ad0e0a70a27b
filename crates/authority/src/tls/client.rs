//! A client's certificate on a connection (RFC 8705): asked for, never demanded, and its key proven
//! to be the peer's. Whether it is anybody's is judged with the request.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_token::base64url;
use claviger_token::certificate::Certificate;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DistinguishedName, Error};

use super::signatures_by_rustls;

/// More than so many certificates are no chain.
const LONGEST_CHAIN: usize = 10;
/// A certificate has two kilobytes; more than this is none.
const LONGEST_HEADER: usize = 16 * 1024;

/// A certificate that a client has presented, with the key for it.
#[derive(Clone, Debug)]
pub(crate) struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
}
impl ClientCertificate {
    /// None where the chain is empty or longer than any honest one.
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>) -> Option<Self> {
        (1..=LONGEST_CHAIN).contains(&chain.len()).then_some(Self { chain })
    }

    /// What a proxy hands on: PEM in percent encoding (nginx, HAProxy), the bare base64 of the DER
    /// (Traefik), or the same between colons (RFC 9440). One certificate; its issuers stay at the proxy.
    pub(crate) fn from_header(value: &str) -> Option<Self> {
        if value.len() > LONGEST_HEADER {
            return None;
        }
        let text = percent_decoded(value)?;
        let body = match text.split_once("-----BEGIN CERTIFICATE-----") {
            Some((_, rest)) => rest.split("-----END CERTIFICATE-----").next()?,
            None => text.split(',').next()?.trim().trim_matches(':'),
        };
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body).ok().filter(|der| Certificate::read(der).is_some())?;
        Self::new(vec![CertificateDer::from(der)])
    }

    /// The client's own certificate.
    pub(crate) fn der(&self) -> &[u8] {
        self.chain.first().map_or(&[], |first| first.as_ref())
    }

    /// What tokens are bound to it by (RFC 8705 §3.1): the SHA-256 of the certificate.
    pub(crate) fn thumbprint(&self) -> String {
        base64url::encode(digest::digest(&digest::SHA256, self.der()).as_ref())
    }

    pub(super) fn leads_to(&self, authority: &dyn ClientCertVerifier, now: i64) -> bool {
        let Some((own, issuers)) = self.chain.split_first() else { return false };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
        authority.verify_client_cert(own, issuers, now).is_ok()
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high << 4 | low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Takes whatever certificate comes: a bad one is answered by the endpoint, in words, and not by a
/// broken handshake that tells nobody anything.
#[derive(Debug)]
pub(super) struct AnyClient {
    provider: Arc<CryptoProvider>,
    hints: Vec<DistinguishedName>,
}

impl AnyClient {
    pub(super) const fn new(provider: Arc<CryptoProvider>, hints: Vec<DistinguishedName>) -> Self {
        Self { provider, hints }
    }
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    signatures_by_rustls!();
}

#[cfg(test)]
mod tests {
    use claviger_testkit::pki;

    use super::*;

    #[test]
    fn every_form_of_a_proxys_header_is_read_and_nothing_else() {
        let issued = pki::self_signed("client");
        let base64 = STANDARD.encode(&issued.der);
        let escaped: String =
            url::form_urlencoded::byte_serialize(issued.certificate.as_bytes()).collect();
        for value in [
            escaped.replace('+', "%20"),
            base64.clone(),
            format!(":{base64}:"),
            base64.replace('+', "%2B").replace('=', "%3D"),
            format!("{base64},{base64}"),
        ] {
            let read = ClientCertificate::from_header(&value).unwrap();
            assert_eq!(read.der(), issued.der);
            assert_eq!(read.thumbprint().len(), 43);
        }
        let cut = &base64[..base64.len() - 8];
        for value in
            ["", "%", "%zz", "AAAA", ":", "-----BEGIN CERTIFICATE-----", cut, &"A".repeat(20_000)]
        {
            assert!(ClientCertificate::from_header(value).is_none(), "{value}");
        }
    }
}
