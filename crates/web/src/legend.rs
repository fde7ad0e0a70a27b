//! What the short words of the catalogue mean, in sentences: classes, who acts, how it is proven,
//! statuses. The only place where pages and documents take them from.

use claviger_token::{Class, Code, Proof, Who};

/// A class as a heading.
pub(crate) const fn class_title(class: Class) -> &'static str {
    match class {
        Class::Header => "Wrong request header",
        Class::Malformed => "Malformed",
        Class::Tampered => "Tampered",
        Class::Expired => "Expired and other times",
        Class::Revoked => "Revoked",
        Class::AudienceScope => "Another audience or scope",
        Class::Server => "Server-side trouble",
    }
}

/// What a class has in common.
pub(crate) const fn class_meaning(class: Class) -> &'static str {
    match class {
        Class::Header => {
            "The token may be good: how it was presented is not. It came in the wrong place, under the \
             wrong scheme, twice, or not at all."
        }
        Class::Malformed => {
            "What was presented is no token, or no whole one. Something was cut off, added or encoded \
             on the way."
        }
        Class::Tampered => {
            "The text is a token, and its signature says that the issuer did not write it like this."
        }
        Class::Expired => {
            "The token is genuine, and the time is not: too late, too early, or wrongly written."
        }
        Class::Revoked => "The token was good once, and somebody has withdrawn it.",
        Class::AudienceScope => {
            "A good token, for something else: another API, another issuer, another kind, or with fewer \
             rights than this needs."
        }
        Class::Server => {
            "The token is fine; the side that issues or validates it is not: its keys, its algorithms, \
             its configuration or its network."
        }
    }
}

/// Who acts, as a short noun.
pub(crate) const fn who_title(who: Who) -> &'static str {
    match who {
        Who::Client => "the client",
        Who::Issuer => "the issuer",
        Who::Api => "the API",
        Who::Proxy => "the proxy",
        Who::Operator => "the operator",
    }
}

/// Who that is.
pub(crate) const fn who_meaning(who: Who) -> &'static str {
    match who {
        Who::Client => "the developer or the user of the calling program",
        Who::Issuer => "who mints and signs the tokens",
        Who::Api => "who validates the tokens: its code or its configuration",
        Who::Proxy => "who carries the request between client and server",
        Who::Operator => "who runs the machines, the clocks and the network",
    }
}

/// How certainty is reached, as a short noun.
pub(crate) const fn proof_title(proof: Proof) -> &'static str {
    match proof {
        Proof::Repair => "by repair",
        Proof::Compare => "by comparison",
        Proof::Record => "by record",
        Proof::Probe => "by probe",
        Proof::Shape => "by sight",
    }
}

/// How certainty is reached.
pub(crate) const fn proof_meaning(proof: Proof) -> &'static str {
    match proof {
        Proof::Repair => "the very same policy accepts the token once this one defect is repaired",
        Proof::Compare => "a value in hand contradicts the policy in hand",
        Proof::Record => "the record of the issuer or of the gate says so",
        Proof::Probe => "a live request shows it",
        Proof::Shape => "it is visible in the input itself",
    }
}

/// The status as HTTP writes it: `401 Unauthorized`.
pub(crate) const fn status_line(status: u16) -> &'static str {
    match status {
        400 => "400 Bad Request",
        401 => "401 Unauthorized",
        403 => "403 Forbidden",
        431 => "431 Request Header Fields Too Large",
        503 => "503 Service Unavailable",
        _ => "an error",
    }
}

/// Why a guard answers with this and with nothing else.
pub(crate) fn answer_meaning(code: Code) -> &'static str {
    match (code.status(), code.oauth_error()) {
        (503, _) => {
            "The guard cannot judge any token in this state, so it blames itself and not the token. \
             There is no challenge: a new token would not help."
        }
        (431, _) => "The request was refused before any token was looked at.",
        (_, None) => {
            "No bearer credential reached the API, so the challenge names no error (RFC 6750 §3.1); \
             the body names the cause."
        }
        (400, _) => "The request itself is wrong, whatever the token is worth.",
        (403, _) => "The token is accepted and does not suffice for this.",
        _ => "The challenge names the error of the standard, the body names the cause.",
    }
}

/// The causes of a class, in the catalogue's order.
pub(crate) fn causes(class: Class) -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(move |code| code.class() == class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_catalogue_has_its_name() {
        for code in Code::ALL {
            let line = status_line(code.status());
            assert!(line.starts_with(&code.status().to_string()), "{code}: {line}");
            assert!(answer_meaning(*code).ends_with('.'));
        }
    }

    #[test]
    fn the_classes_hold_every_cause_once() {
        let count: usize = Class::ALL.iter().map(|class| causes(*class).count()).sum();
        assert_eq!(count, Code::ALL.len());
    }
}
