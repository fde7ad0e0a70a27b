//! Whether a `kid` is a name or an attack on what looks it up (RFC 8725 §3.10).

use claviger_token::{Code, Fact, Fault, Token};

use crate::passage::Passage;

/// What a `kid` carries that no name does; none for a plain name.
pub(crate) fn injected(kid: &str) -> Option<&'static str> {
    // What is percent-encoded, once or twice, hides from those who look, and not from those who open.
    let once = percent_decoded(kid);
    plain(kid).or_else(|| plain(&once)).or_else(|| plain(&percent_decoded(&once)))
}

/// The fault of a `kid` that is an attack.
pub(crate) fn fault(token: &Token<'_>, kid: &str, reason: &str) -> Fault {
    let fault = Fault::new(Code::KeyIdInjection)
        .with("kid", kid)
        .with("reason", Fact::Words(reason.to_owned()));
    match token.span_of_member("kid") {
        Some(span) => fault.at(span),
        None => fault,
    }
}

fn percent_decoded(text: &str) -> String {
    crate::peel::percent_decoded(&Passage::plain(text, 0)).text().to_owned()
}

fn plain(kid: &str) -> Option<&'static str> {
    let lower = kid.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if has(&["../", "..\\", "/dev/", "/etc/", "/proc/", "/var/", "/tmp/", "file:"])
        || (kid.starts_with(['/', '~', '\\']) && kid.len() > 1)
        || (kid.len() > 3 && kid.as_bytes()[1] == b':' && kid.as_bytes()[2] == b'\\')
    {
        return Some("it carries a file's path");
    }
    if has(&["://"]) || lower.starts_with("data:") || lower.starts_with("ldap:") {
        return Some("it carries an address");
    }
    if has(&[
        "' or ",
        "\" or ",
        " union ",
        "union select",
        "select ",
        "insert ",
        "drop table",
        "delete from",
        "';",
        "\";",
        "'--",
        "' --",
        "/*",
        "*/",
        " or 1=1",
        "sleep(",
        "' and ",
    ]) || (kid.contains('\'') && (kid.contains(' ') || kid.contains("--")))
    {
        return Some("it carries SQL");
    }
    if has(&["$(", "`", "|", "&&", ";", "${", "{{", "\n", "\r", "<%", "<script"])
        || kid.contains('\0')
    {
        return Some("it carries a command or a template");
    }
    None
}

/// Whether one wrong character of base64url may lie between two names: it spoils two bytes, or three where two
/// are swapped. One that is lost or added spoils more than a name.
pub(crate) fn is_near(kid: &str, name: &str) -> bool {
    let same = |(one, other): &(char, char)| one == other;
    let before = kid.chars().zip(name.chars()).take_while(same).count();
    let behind = kid.chars().rev().zip(name.chars().rev()).take_while(same).count();
    before + behind + 3 >= kid.chars().count().max(name.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_attacks() {
        for kid in [
            "../../../../dev/null",
            "/etc/passwd",
            "..\\..\\windows\\win.ini",
            "file:///etc/hostname",
            "https://evil.test/jwks.json",
            "key' UNION SELECT 'secret'--",
            "x' OR '1'='1",
            "a|whoami",
            "a;sleep 5",
            "`id`",
            "$(id)",
            "key\0",
            "C:\\keys\\a.pem",
            "${jndi:ldap://x}",
            "<script>alert(1)</script>",
            "%00",
            "..%2f..%2fdev%2fnull",
            "%252e%252e%252fdev%252fnull",
            "%27%20OR%201%3D1",
        ] {
            assert!(injected(kid).is_some(), "{kid}");
        }
        for kid in [
            "es-1",
            "2026-11-18T10:00:00Z",
            "Xq0-_abc=",
            "did:example:123#key-1",
            "key/2026/a",
            "a.b.c",
            "O'Brien",
            "https",
            "rsa+1",
            "urn:key:1",
            "key_1@host",
            "a%20b",
            "100%",
        ] {
            assert_eq!(injected(kid), None, "{kid}");
        }
    }

    #[test]
    fn names_that_one_character_parts_are_near() {
        for (kid, name, expected) in [
            ("ke|-1", "key-1", true),
            ("k|x-1", "key-1", true),
            ("key-1", "key-1", true),
            ("../../dev/null", "key-1", false),
            ("key|whoami", "key-1", false),
            ("", "key-1", false),
        ] {
            assert_eq!(is_near(kid, name), expected, "{kid}");
        }
    }
}
