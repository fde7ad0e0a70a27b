//! Another key of the given ones verifies: `kid` is missing, wrong, or stands for two keys.

use aws_lc_rs::digest;
use claviger_token::{Code, Fact, Fault, Key, base64url};

use super::Explained;
use crate::bench::{Bench, Subject};
use crate::passage::Passage;

pub(crate) fn another(bench: &Bench<'_>, subject: &Subject<'_>, _: &Passage) -> Option<Explained> {
    let algorithm = subject.algorithm?;
    let kid = subject.kid.as_deref();
    let key = bench
        .keys_for(algorithm, kid)
        .into_iter()
        .find(|key| bench.verifies(key, algorithm, subject.input(), subject.signature()))?;
    let names: Vec<String> =
        bench.keys().iter().map(|key| key.kid().unwrap_or("(without kid)").to_owned()).collect();
    let found = name(key);
    let fault = match kid {
        None if bench.keys().len() > 1 => {
            Fault::new(Code::KeyIdMissing).with("keys", names).with("kid", found)
        }
        Some(kid) if key.kid() == Some(kid) => {
            let count = bench.keys().iter().filter(|other| other.kid() == Some(kid)).count();
            if count < 2 {
                return restricted(key, algorithm);
            }
            Fault::new(Code::KeyIdAmbiguous).with("kid", kid).with("count", count).with(
                "reason",
                Fact::Words(format!("the one with the thumbprint {} verifies", key.thumbprint())),
            )
        }
        Some(kid) => Fault::new(Code::KeyIdWrong).with("kid", kid).with("found", found).with_some(
            "reason",
            relation(kid, key).map(|said| Fact::Words(format!("it is {said}"))),
        ),
        None => return restricted(key, algorithm),
    };
    let fault = match subject.token.span_of_member("kid") {
        Some(span) => fault.at(span),
        None => fault,
    };
    // What the right key's markings forbid stays a fault beside it.
    Some(Explained::of(fault))
}

/// The named key verifies and was not asked, because its markings forbid it.
fn restricted(key: &Key, algorithm: claviger_token::Algorithm) -> Option<Explained> {
    let reason = key.forbids(algorithm)?;
    let fault = Fault::new(Code::KeyUseMismatch)
        .with("reason", Fact::Words(reason))
        .with_some("kid", key.kid());
    Some(Explained::of(fault))
}

fn name(key: &Key) -> String {
    key.kid().map_or_else(|| key.thumbprint().to_owned(), str::to_owned)
}

/// How a wrong `kid` came about: a thumbprint in place of the published name, another spelling of it.
fn relation(kid: &str, key: &Key) -> Option<&'static str> {
    let of_key = key.kid().unwrap_or_default();
    if kid.eq_ignore_ascii_case(of_key) && !of_key.is_empty() {
        return Some("the same name in other letter case");
    }
    if kid == key.thumbprint() {
        return Some("the key's RFC 7638 thumbprint");
    }
    let required = key.required_members();
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, required.as_bytes());
    let sha256 = digest::digest(&digest::SHA256, required.as_bytes());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lower = kid.to_ascii_lowercase().replace(':', "");
    if lower == hex(sha256.as_ref()) || lower == hex(sha1.as_ref()) {
        return Some("the key's thumbprint in hexadecimal");
    }
    if kid == base64url::encode(sha1) {
        return Some("the key's SHA-1 thumbprint");
    }
    (kid.trim() == of_key && !of_key.is_empty()).then_some("the same name with blanks around it")
}
