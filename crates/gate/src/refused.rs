//! The line that the gate logs of a refusal: what `claviger explain --batch` groups by.
//!
//! Decides how it is written: no token, no query, and of the token's own words those of [`Claimed`].

use claviger_guard::{Asked, Claimed, Refusal, plain_path};
use http::StatusCode;

/// A refused request, as it is logged.
pub(crate) struct Refused<'r> {
    pub(crate) refusal: &'r Refusal,
    /// What the answer says; forward-auth knows fewer than the refusal.
    pub(crate) status: StatusCode,
    pub(crate) asked: &'r Asked<'r>,
}

impl Refused<'_> {
    pub(crate) fn log(&self) {
        // Reading the claims costs; nobody reads them where nothing is logged.
        if !tracing::enabled!(tracing::Level::WARN) {
            return;
        }
        let Claimed { client, issuer, .. } = Claimed::read(self.asked.headers);
        let address = self.asked.address.map(|address| address.to_string());
        tracing::warn!(
            code = %self.refusal.code(), diagnosis = %self.refusal.diagnosis,
            status = self.status.as_u16(), method = self.asked.method,
            path = plain_path(self.asked.path), remote_addr = address, client, issuer, "refused"
        );
    }
}
