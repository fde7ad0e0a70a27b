//! Two spellings of one address (RFC 3986 §6.2.2, §6.2.3), for `htu`.
//!
//! Decides what an http address is without its query; no address means no equality. Written out here, because
//! a whole URL library would be the largest dependency of this crate.

/// The address in its one spelling: scheme and host in lower case, no default port, no dot segments, only the
/// escapes that are needed, no query, no fragment. None for what is no http address, or names a user.
pub(super) fn normal(url: &str) -> Option<String> {
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte)) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~[]:".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_host) || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let port = match port.trim_start_matches('0') {
        "" => String::new(),
        port if port == default_port => String::new(),
        port => format!(":{port}"),
    };
    let path = without_dots(&without_escapes(path)?);
    Some(format!("{scheme}://{}{port}{path}", host.to_ascii_lowercase()))
}

/// Escapes of characters that need none are undone; the rest in upper case.
fn without_escapes(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(char::from(byte));
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let value = u8::try_from(digit()? * 16 + digit()?).ok()?;
        if value.is_ascii_alphanumeric() || b"-._~".contains(&value) {
            out.push(char::from(value));
        } else {
            out.push_str(&format!("%{value:02X}"));
        }
    }
    Some(out)
}

/// RFC 3986 §5.2.4.
fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    out.pop();
                }
                if is_last {
                    out.push("");
                }
            }
            segment => out.push(segment),
        }
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        for (spelled, as_known) in [
            ("HTTPS://ID.Example/token", "https://id.example/token"),
            ("https://id.example:443/token?x=y", "https://id.example/token"),
            ("https://id.example:/token#f", "https://id.example/token"),
            ("http://id.example:080/token", "http://id.example/token"),
            ("https://id.example", "https://id.example/"),
            ("https://id.example?x", "https://id.example/"),
            ("https://id.example/a/./b/../token", "https://id.example/a/token"),
            ("https://id.example/../../token", "https://id.example/token"),
            ("https://id.example/%74oken/%c3%bc", "https://id.example/token/%C3%BC"),
            ("https://id.example/a/%2E%2e/token", "https://id.example/token"),
            ("https://id.example/a/..", "https://id.example/"),
            ("http://[::1]:8600/token", "http://[::1]:8600/token"),
            ("http://[::1]/token", "http://[::1]/token"),
        ] {
            assert_eq!(normal(spelled).as_deref(), Some(as_known), "{spelled}");
        }
    }

    #[test]
    fn different_addresses_stay_different() {
        let all = [
            "https://id.example/token",
            "http://id.example/token",
            "https://id.example/token/",
            "https://id.example:8443/token",
            "https://id.example/Token",
            "https://id.example//token",
            "https://id.example/%2Ftoken",
            "https://id.example./token",
        ];
        for (nth, one) in all.iter().enumerate() {
            for other in &all[nth + 1..] {
                assert_ne!(normal(one), normal(other));
            }
        }
    }

    #[test]
    fn what_is_no_http_address_equals_nothing() {
        for bad in [
            "",
            "/token",
            "id.example/token",
            "ftp://id.example/token",
            "https:///token",
            "https://user@id.example/token",
            "https://id.example:x/token",
            "https://id.example/%zz",
            "https://id.example/%2",
            "https://id.example\\@evil.example/token",
            "https://id.example/to ken",
            "https://ïd.example/token",
            "https://id.example/\u{0}",
        ] {
            assert_eq!(normal(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_so(path in "(/[a-z.%2eEfF]{0,6}){0,6}", port in "(:[0-9]{0,5})?") {
            if let Some(once) = normal(&format!("https://Id.example{port}{path}")) {
                prop_assert_eq!(normal(&once), Some(once.clone()));
                prop_assert!(!once.split('/').any(|part| part == "." || part == ".."), "{}", once);
            }
        }

        #[test]
        fn nothing_panics(url in "\\PC{0,40}") {
            let _ = normal(&url);
            let _ = normal(&format!("https://{url}"));
        }
    }
}
