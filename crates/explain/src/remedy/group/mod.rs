//! The groups of remedies, one file each: what many causes have in common is written once.

use super::{Remedy, Stack};

/// The lines of a file in `snippets/`.
macro_rules! lines {
    ($file:literal) => {
        Some($crate::remedy::Snippet {
            file: $file,
            text: $crate::remedy::group::ended(include_str!(concat!("../snippets/", $file))),
        })
    };
}

mod account;
mod clean;
mod clock;
mod contend;
mod crit;
mod decode;
mod ecdsa;
mod forward;
mod hmac;
mod hostname;
mod introspect;
mod keyset;
mod kind;
mod large;
mod leeway;
mod lifetime;
mod login;
mod mangled;
mod obtain;
mod open_route;
mod pem;
mod pick;
mod preflight;
mod proof;
mod pss;
mod publish;
mod reach;
mod renew;
mod retained;
mod scheme_case;
mod scopes;
mod secret;
mod segment;
mod send;
mod shadow;
mod sign;
mod stepup;
mod strong;
mod subject;
mod ticket;
mod validate;

pub(crate) use account::ACCOUNT;
pub(crate) use clean::CLEAN;
pub(crate) use clock::CLOCK;
pub(crate) use contend::CONTEND;
pub(crate) use crit::CRIT;
pub(crate) use decode::DECODE;
pub(crate) use ecdsa::ECDSA;
pub(crate) use forward::FORWARD;
pub(crate) use hmac::HMAC;
pub(crate) use hostname::HOSTNAME;
pub(crate) use introspect::INTROSPECT;
pub(crate) use keyset::KEYSET;
pub(crate) use kind::KIND;
pub(crate) use large::LARGE;
pub(crate) use leeway::LEEWAY;
pub(crate) use lifetime::LIFETIME;
pub(crate) use login::LOGIN;
pub(crate) use mangled::MANGLED;
pub(crate) use obtain::OBTAIN;
pub(crate) use open_route::OPEN_ROUTE;
pub(crate) use pem::PEM;
pub(crate) use pick::PICK;
pub(crate) use preflight::PREFLIGHT;
pub(crate) use proof::PROOF;
pub(crate) use pss::PSS;
pub(crate) use publish::PUBLISH;
pub(crate) use reach::REACH;
pub(crate) use renew::RENEW;
pub(crate) use retained::RETAINED;
pub(crate) use scheme_case::SCHEME_CASE;
pub(crate) use scopes::SCOPES;
pub(crate) use secret::SECRET;
pub(crate) use segment::SEGMENT;
pub(crate) use send::SEND;
pub(crate) use shadow::SHADOW;
pub(crate) use sign::SIGN;
pub(crate) use stepup::STEPUP;
pub(crate) use strong::STRONG;
pub(crate) use subject::SUBJECT;
pub(crate) use ticket::TICKET;
pub(crate) use validate::VALIDATE;

/// A file's text without the line break at its end.
const fn ended(text: &'static str) -> &'static str {
    match text.as_bytes() {
        [.., b'\n'] => text.split_at(text.len() - 1).0,
        _ => text,
    }
}
