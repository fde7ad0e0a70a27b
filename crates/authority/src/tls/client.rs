//! A client's certificate on a connection (RFC 8705): asked for, never demanded, and its key proven
//! to be the peer's. Whether it is anybody's is judged with the request.

use std::sync::Arc;
use std::time::Duration;

use claviger_token::certificate;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DistinguishedName, Error};

use super::signatures_by_rustls;

/// More than so many certificates are no chain.
const LONGEST_CHAIN: usize = 10;

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

    /// What a proxy hands on. One certificate; its issuers stay at the proxy.
    pub(crate) fn from_header(value: &str) -> Option<Self> {
        Self::new(vec![CertificateDer::from(certificate::from_header(value)?)])
    }

    /// The client's own certificate.
    pub(crate) fn der(&self) -> &[u8] {
        self.chain.first().map_or(&[], |first| first.as_ref())
    }

    /// What tokens are bound to it by (RFC 8705 §3.1): the SHA-256 of the certificate.
    pub(crate) fn thumbprint(&self) -> String {
        certificate::thumbprint(self.der())
    }

    pub(super) fn leads_to(&self, authority: &dyn ClientCertVerifier, now: i64) -> bool {
        let Some((own, issuers)) = self.chain.split_first() else { return false };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
        authority.verify_client_cert(own, issuers, now).is_ok()
    }
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
