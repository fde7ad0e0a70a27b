//! Bytes to verdict: the pure core of Claviger.
//!
//! A compact JWS goes in as text, a [`Policy`] and a [`KeySet`] say what this service accepts, the
//! caller says what time it is, and out comes either a [`Verified`] or the one [`Fault`] that
//! refuses it. [`examine`] runs the very same list of checks and reports every finding instead of
//! stopping at the first.
//!
//! This crate never reads a clock, a file, the environment or the network, starts no thread and
//! draws no randomness of its own (signing draws what the algorithm needs inside the crypto library).
//!
//! ```
//! use claviger_token::{KeySet, Policy, verify};
//! let policy = Policy::access("https://id.example", "https://api.example");
//! let fault = verify("not-a-token", &policy, &KeySet::default(), 1_795_000_000).unwrap_err();
//! assert_eq!(fault.code.as_str(), "token-opaque");
//! ```
//!
//! Where to start reading: [`check`](self::verify) is the list, [`Policy`] is what it is judged by,
//! [`Code`] is every cause that has a name.

#[macro_use]
mod fault;
mod algorithm;
pub mod base64url;
pub mod bond;
mod catalogue;
pub mod certificate;
pub mod challenge;
mod check;
mod claims;
mod compact;
mod der;
pub mod dpop;
mod json;
mod key;
mod key_set;
mod kind;
mod placeholder;
mod policy;
pub mod presentation;
pub mod revocation;
mod signing;
mod verdict;
mod words;
pub mod www_authenticate;

pub use algorithm::{Algorithm, Family};
pub use catalogue::Code;
pub use check::is_unsigned;
pub use claims::Claims;
pub use compact::{MAX_TOKEN_BYTES, Part, Token};
pub use fault::{Class, Fact, Fault, OauthError, Proof, Row, Span, UnknownCode, Who};
pub use json::{MAX_DEPTH, Malformed, Members, Strictness};
pub use key::{Key, KeyError, KeyKind, KeyProblem, PRIVATE_MEMBERS};
pub use key_set::{KeySet, KeySetError, KeySetProblem};
pub use kind::{TokenKind, recognise_kind};
pub use policy::{Expect, Policy};
pub use signing::{SignError, SigningKey};
pub use verdict::{
    Examination, Finding, Outcome, SignatureState, Verdict, Verified, examine, verify,
};
pub use words::{lasting, rfc3339};
