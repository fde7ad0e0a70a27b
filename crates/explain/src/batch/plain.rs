//! Words out of a log, fit to be shown: short, without controls, without a query, without anything that works.
//!
//! Decides what of a path names the place (`/orders/{id}`) and what only one thing in it.

use crate::report::without_signature;
use crate::shape::is_token_character;

/// The longest name of a client, an issuer, an address, a path.
pub(super) const LONGEST: usize = 160;

/// A stretch of letters and digits this long is taken for a secret; the client ids of products are shorter.
const SECRET: usize = 64;

/// A word as it may be shown; nothing where nothing is left.
pub(super) fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let mut end = text.len().min(4 * LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let plain = without_signature(text.get(..end)?);
    let mut out = String::with_capacity(plain.len().min(LONGEST));
    for (nth, c) in plain.chars().enumerate() {
        if nth == LONGEST {
            out.push('…');
            break;
        }
        out.push(if c.is_control() || is_hidden(c) { '\u{FFFD}' } else { c });
    }
    let longest =
        out.split(|c: char| c == '.' || !is_token_character(c)).map(str::len).max().unwrap_or(0);
    if longest >= SECRET {
        return Some("…".to_owned());
    }
    (!matches!(out.as_str(), "" | "-")).then_some(out)
}

/// Marks that turn the direction of a text, or that nobody sees.
const fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// An address without its port; the first of several.
pub(super) fn address(text: &str) -> Option<String> {
    let first = text.split(',').next().unwrap_or_default().trim();
    let bare = match first.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => match first.rsplit_once(':') {
            Some((host, _)) if !host.contains(':') => host,
            _ => first,
        },
    };
    word(bare)
}

/// A path without scheme, host and query, with `{id}` for what names one thing of many.
pub(super) fn path(target: &str) -> Option<String> {
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => target,
    };
    let end = target.find(['?', '#', ';', ' ']).unwrap_or(target.len());
    let target = target.get(..end)?;
    if target.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(target.len().min(LONGEST));
    for (nth, segment) in target.split('/').enumerate() {
        if nth > 0 {
            out.push('/');
        }
        if nth > 16 || out.len() > LONGEST {
            out.push('…');
            break;
        }
        out.push_str(if names_one(segment) { "{id}" } else { segment });
    }
    word(&out)
}

/// A number, a UUID, a hash, a token: what differs from request to request.
fn names_one(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let hex = segment.bytes().filter(|byte| byte.is_ascii_hexdigit() || *byte == b'-').count();
    segment.len() > 40
        || (digits > 0 && digits == segment.len())
        || (segment.len() >= 12 && digits > 0 && hex == segment.len())
        || (segment.len() >= 16 && digits >= 4)
        || segment.starts_with("ey") && segment.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_names_the_place() {
        for (target, expected) in [
            ("/orders?access_token=x", "/orders"),
            ("/orders/4711/lines/2", "/orders/{id}/lines/{id}"),
            ("/o/cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2", "/o/{id}"),
            ("https://api.example/v2/orders#x", "/v2/orders"),
            ("https://api.example", "/"),
            ("/reset/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "/reset/{id}"),
            ("/api/v1/orders", "/api/v1/orders"),
            ("/a\u{1b}[31m", "/a\u{FFFD}[31m"),
        ] {
            assert_eq!(path(target).as_deref(), Some(expected), "{target}");
        }
        assert_eq!(path(""), None);
    }

    #[test]
    fn an_address_has_no_port() {
        for (text, expected) in [
            ("10.0.0.9:1234", "10.0.0.9"),
            ("10.0.0.9, 10.0.0.1", "10.0.0.9"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(address(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(address("-"), None);
    }

    #[test]
    fn names_are_shown_and_secrets_are_not() {
        let google = "123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com";
        for name in [google, "web", "https://id.example/realms/main", "Überweisung"] {
            assert_eq!(word(name).as_deref(), Some(name));
        }
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw";
        assert!(!word(token).unwrap().contains("c2lnbmF0"));
        assert_eq!(word(&"aB3-".repeat(16)).as_deref(), Some("…"));
        let long = "a b ".repeat(LONGEST);
        assert_eq!(word(&word(&long).unwrap()), word(&long));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_short_and_plain(text: String) {
            for shown in [word(&text), address(&text), path(&text)].into_iter().flatten() {
                prop_assert!(shown.chars().count() <= LONGEST + 1);
                prop_assert!(!shown.chars().any(char::is_control));
            }
        }
    }
}
