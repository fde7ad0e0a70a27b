//! What a handler gets for a request that was let through.
//!
//! Decides whether the token has a further scope; never anything about the token itself, which was judged.

use std::ops::Deref;
use std::sync::Arc;

use claviger_token::bond::Bond;
use claviger_token::{Code, Fault, Verified};

use crate::refusal::{Refusal, Voice};

/// A verified token, shared by all requests that carry it.
pub struct Session {
    verified: Verified,
    scopes: Vec<String>,
    subject: String,
    bond: Option<Bond>,
    voice: Arc<Voice>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

impl Deref for Session {
    type Target = Verified;
    fn deref(&self) -> &Verified {
        &self.verified
    }
}

impl Session {
    pub(crate) fn new(verified: Verified, voice: Arc<Voice>) -> Self {
        let claims = verified.claims();
        let scopes = claims.scopes();
        let subject = claims.subject().map(std::borrow::Cow::into_owned).unwrap_or_default();
        let bond = Bond::read(claims.members());
        Self { scopes, subject, bond, verified, voice }
    }

    /// The granted scopes.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// `sub`: who this is. Empty only where the policy does not ask for one.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The client that got the token (`client_id` or `azp`).
    #[must_use]
    pub fn client(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.verified.claims().client()
    }

    /// When the token expires, unix seconds.
    #[must_use]
    pub fn expires(&self) -> Option<i64> {
        self.verified.claims().expires()
    }

    /// Lets a handler go on only with a scope.
    ///
    /// # Errors
    /// `scope-insufficient` (403) with the scope in the challenge.
    pub fn require(&self, scope: &str) -> Result<(), Box<Refusal>> {
        self.demand(&[scope]).map_err(|fault| Box::new(Refusal::new(*fault, &self.voice, &[scope])))
    }

    /// What the token is bound to; each request that carries it has proven that.
    #[must_use]
    pub const fn bond(&self) -> Option<&Bond> {
        self.bond.as_ref()
    }

    pub(crate) fn demand(&self, scopes: &[&str]) -> Result<(), Box<Fault>> {
        let lacks = |scope: &&&str| !self.scopes.iter().any(|granted| granted == **scope);
        let missing: Vec<String> =
            scopes.iter().filter(lacks).map(|scope| (*scope).to_owned()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let fault = Fault::new(Code::ScopeInsufficient)
            .with("missing", missing)
            .with("found", self.scopes.clone());
        Err(Box::new(fault))
    }
}
