//! Which product made a token, by its issuer and by the marks that it leaves in claims and header, and what
//! is usually behind a fault of such a token.
//!
//! Names the product and its advice for the fault that stands first; decides nothing about the token. An
//! issuer is read as the URL that it is: a well-known name elsewhere in it makes nobody well known.

mod amazon;
mod google;
mod hosted;
mod issuer;
mod microsoft;
mod recognise;
mod self_hosted;
mod workload;

use claviger_token::Code;

pub(crate) use recognise::recognise;

/// Faults that share an advice, and the advice: who does what, in this product's own words.
type Advice = (&'static [Code], &'static str);

/// A product that was recognised.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) name: &'static str,
    /// What its tokens are usually refused for.
    general: &'static str,
    advice: &'static [Advice],
}

impl Product {
    /// What to do about a fault of a token of this product, where there is more to say than the general.
    pub(crate) fn advice(&self, code: Code) -> Option<&'static str> {
        self.advice.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, said)| *said)
    }

    /// What holds of all its tokens.
    pub(crate) const fn general(&self) -> &'static str {
        self.general
    }
}

/// The API is named otherwise than in the token.
const AUDIENCE: &[Code] =
    &[Code::AudienceMismatch, Code::AudienceNearMiss, Code::AudienceNotConfigured];
/// The token comes from another issuer, or from one of another spelling.
const ISSUER: &[Code] = &[Code::IssuerMismatch, Code::IssuerNearMiss, Code::DiscoveryMismatch];
/// No key at hand fits.
const KEY: &[Code] = &[
    Code::KeyUnknown,
    Code::KeyIdWrong,
    Code::KeySetStale,
    Code::SignatureMismatch,
    Code::KeyRetired,
];
/// The rights are missing, or stand elsewhere.
const RIGHTS: &[Code] = &[Code::ScopeInsufficient, Code::ScopeShape];
/// A token of another kind.
const KIND: &[Code] = &[Code::IdTokenAsAccessToken, Code::TokenTypeMismatch];
/// Nothing that this service could read.
const UNREADABLE: &[Code] = &[Code::TokenOpaque, Code::TokenEncrypted];

#[cfg(test)]
mod tests;
