//! The `Authorization` header as a guard reads it (RFC 6750 §2.1, RFC 9449 §7.1, RFC 9110 §11.4).
//!
//! Decides whether a request carries exactly one credential, under which scheme, and where it stands; never what
//! it is worth. What is read here is what [`verify`](crate::verify) gets; explain reads requests more
//! generously, and says so.

use crate::catalogue::Code;
use crate::compact::{MAX_TOKEN_BYTES, name_of};
use crate::fault::{Fact, Fault, Span};
pub use crate::placeholder::is_placeholder;

/// Schemes other than `Bearer` that are met in front of tokens (IANA's list and the usual mistakes).
const OTHER_SCHEMES: &[&str] = &[
    "basic",
    "digest",
    "negotiate",
    "token",
    "jwt",
    "oauth",
    "apikey",
    "api-key",
    "key",
    "mac",
    "hawk",
    "dpop",
    "bearertoken",
    "access_token",
    "accesstoken",
    "auth",
    "privatetoken",
];

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever has it may use it (RFC 6750).
    Bearer,
    /// With a proof of the key that it is bound to (RFC 9449).
    Dpop,
}

impl Scheme {
    /// The word of the scheme.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// What stands behind the word, in whatever case; none where the text does not begin with it.
    fn strip(self, text: &str) -> Option<&str> {
        let (word, behind) = text.split_at_checked(self.as_str().len())?;
        word.eq_ignore_ascii_case(self.as_str()).then_some(behind)
    }
}

/// Reads the one bearer credential of a request out of the values of its `Authorization` headers.
///
/// The scheme is compared without regard to case (RFC 9110 §11.1); exactly one space follows it
/// (RFC 6750 §2.1). The credential is handed on as it stands: what is wrong inside it is the token's
/// own fault.
///
/// # Errors
/// `credential-missing`, `credential-empty`, `credential-placeholder`, `header-duplicated`,
/// `scheme-missing`, `scheme-wrong`, `scheme-doubled`, `scheme-separator`, `invisible-character`,
/// `size-limit`. Spans are characters of the header's value.
pub fn bearer<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a str, Box<Fault>> {
    one(values, &[Scheme::Bearer]).map(|(_, token)| token)
}

/// The same for whoever judges proofs as well: a credential of either scheme.
///
/// # Errors
/// As [`bearer`].
pub fn presented<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Scheme, &'a str), Box<Fault>> {
    one(values, &[Scheme::Bearer, Scheme::Dpop])
}

fn one<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
    schemes: &[Scheme],
) -> Result<(Scheme, &'a str), Box<Fault>> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else {
        return Err(Box::new(Fault::new(Code::CredentialMissing)));
    };
    let more = values.count();
    if more > 0 {
        return Err(Box::new(Fault::new(Code::HeaderDuplicated).with("count", more + 1)));
    }
    credential(value, schemes).map_err(Box::new)
}

fn credential<'a>(value: &'a [u8], schemes: &[Scheme]) -> Result<(Scheme, &'a str), Fault> {
    // The token's own limit, and room for the scheme.
    if value.len() > MAX_TOKEN_BYTES + 16 {
        return Err(Fault::new(Code::SizeLimit)
            .with("bytes", value.len())
            .with("limit_bytes", MAX_TOKEN_BYTES));
    }
    let Ok(text) = std::str::from_utf8(value) else {
        let position = std::str::from_utf8(value).map_or_else(|why| why.valid_up_to(), str::len);
        return Err(Fault::new(Code::InvisibleCharacter)
            .with("character", Fact::Words("a byte that is not UTF-8".to_owned()))
            .with("position", position));
    };
    // RFC 9110 §5.5: white space around a field's value does not belong to it.
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() {
        return Err(Fault::new(Code::CredentialEmpty));
    }
    let read = schemes.iter().find_map(|scheme| Some((*scheme, scheme.strip(text)?)));
    let Some((scheme, behind)) = read else { return Err(without_scheme(text)) };
    let start = text.chars().count() - behind.chars().count();
    if behind.is_empty() {
        return Err(Fault::new(Code::CredentialEmpty));
    }
    let Some(token) = behind.strip_prefix(' ').filter(|token| !token.starts_with([' ', '\t']))
    else {
        return Err(separator(behind, start));
    };
    let doubled = |one: &&Scheme| {
        one.strip(token).is_some_and(|rest| rest.starts_with([' ', ':', '=']) || rest.is_empty())
    };
    if let Some(second) = schemes.iter().find(doubled) {
        let length = second.as_str().len();
        return Err(Fault::new(Code::SchemeDoubled)
            .with("scheme", &token[..length])
            .at(Span { start: start + 1, end: start + 2 + length }));
    }
    if is_placeholder(token) {
        return Err(Fault::new(Code::CredentialPlaceholder)
            .with("found", token)
            .at(Span { start: start + 1, end: text.chars().count() }));
    }
    if let Some((second, _)) = token.split_once(',').map(|(_, rest)| (rest.trim_start(), ()))
        && (schemes.iter().any(|one| one.strip(second).is_some()) || second.len() > 20)
    {
        return Err(Fault::new(Code::HeaderDuplicated).with("count", 2usize));
    }
    if let Some(nth) = token.chars().position(|c| !c.is_ascii() || c.is_ascii_control()) {
        let character = token.chars().nth(nth).unwrap_or('\u{FFFD}');
        return Err(Fault::new(Code::InvisibleCharacter)
            .with("character", Fact::Words(name_of(character)))
            .with("position", start + 1 + nth)
            .at(Span { start: start + 1 + nth, end: start + 2 + nth }));
    }
    Ok((scheme, token))
}

fn separator(behind: &str, start: usize) -> Fault {
    let found = match behind.chars().next() {
        Some(' ' | '\t') if behind.trim_start().is_empty() => {
            return Fault::new(Code::CredentialEmpty);
        }
        Some(' ') => "several blanks".to_owned(),
        Some('e') if behind.starts_with("eyJ") => "nothing".to_owned(),
        Some('%') => "`%20`".to_owned(),
        Some(c) => name_of(c),
        None => "nothing".to_owned(),
    };
    Fault::new(Code::SchemeSeparator)
        .with("found", Fact::Words(found))
        .at(Span { start, end: start + 1 })
}

fn without_scheme(text: &str) -> Fault {
    let first = text.split([' ', '\t']).next().unwrap_or(text);
    if first.len() < text.len() && OTHER_SCHEMES.iter().any(|one| first.eq_ignore_ascii_case(one)) {
        return Fault::new(Code::SchemeWrong)
            .with("scheme", first)
            .at(Span { start: 0, end: first.chars().count() });
    }
    if is_placeholder(text) {
        return Fault::new(Code::CredentialPlaceholder).with("found", text);
    }
    // A word, one blank, something: a scheme that nobody registered. Else the token stands alone.
    let is_word = first.len() < text.len()
        && first.len() <= 20
        && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_word {
        return Fault::new(Code::SchemeWrong)
            .with("scheme", first)
            .at(Span { start: 0, end: first.chars().count() });
    }
    Fault::new(Code::SchemeMissing).at(Span { start: 0, end: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(value: &str) -> Result<String, &'static str> {
        bearer([value.as_bytes()]).map(str::to_owned).map_err(|fault| fault.code.as_str())
    }

    #[test]
    fn exactly_one_credential_behind_one_blank_is_read() {
        for (value, expected) in [
            ("Bearer a.b.c", Ok("a.b.c")),
            ("bearer a.b.c", Ok("a.b.c")),
            ("BEARER a.b.c", Ok("a.b.c")),
            ("  Bearer a.b.c\t", Ok("a.b.c")),
            ("", Err("credential-empty")),
            ("Bearer", Err("credential-empty")),
            ("Bearer ", Err("credential-empty")),
            ("Bearer  a.b.c", Err("scheme-separator")),
            ("Bearer\ta.b.c", Err("scheme-separator")),
            ("Bearer:a.b.c", Err("scheme-separator")),
            ("Bearer=a.b.c", Err("scheme-separator")),
            ("Bearer%20a.b.c", Err("scheme-separator")),
            ("BearereyJ.b.c", Err("scheme-separator")),
            ("Bearer Bearer a.b.c", Err("scheme-doubled")),
            ("Bearer bearer: a.b.c", Err("scheme-doubled")),
            ("Token a.b.c", Err("scheme-wrong")),
            ("Basic YTpi", Err("scheme-wrong")),
            ("JWT a.b.c", Err("scheme-wrong")),
            ("Whatever a.b.c", Err("scheme-wrong")),
            ("eyJh.b.c", Err("scheme-missing")),
            ("Bearer undefined", Err("credential-placeholder")),
            ("Bearer [object Object]", Err("credential-placeholder")),
            ("Bearer <your_token>", Err("credential-placeholder")),
            ("Bearer {{token}}", Err("credential-placeholder")),
            ("Bearer ${TOKEN}", Err("credential-placeholder")),
            ("Bearer $TOKEN", Err("credential-placeholder")),
            ("Bearer YOUR_ACCESS_TOKEN", Err("credential-placeholder")),
            ("Bearer a.b.c, Bearer d.e.f", Err("header-duplicated")),
            ("Bearer a.b\u{200B}.c", Err("invisible-character")),
        ] {
            assert_eq!(read(value), expected.map(str::to_owned), "{value:?}");
        }
    }

    #[test]
    fn who_judges_proofs_reads_both_schemes() {
        let read = |value: &'static str| {
            presented([value.as_bytes()]).map_err(|fault| fault.code.as_str())
        };
        for (value, expected) in [
            ("DPoP a.b.c", Ok((Scheme::Dpop, "a.b.c"))),
            ("dpop a.b.c", Ok((Scheme::Dpop, "a.b.c"))),
            ("Bearer a.b.c", Ok((Scheme::Bearer, "a.b.c"))),
            ("DPoP", Err("credential-empty")),
            ("DPoP  a.b.c", Err("scheme-separator")),
            ("DPoP DPoP a.b.c", Err("scheme-doubled")),
            ("Bearer DPoP a.b.c", Err("scheme-doubled")),
            ("DPoP a.b.c, DPoP d.e.f", Err("header-duplicated")),
            ("Token a.b.c", Err("scheme-wrong")),
            ("eyJh.b.c", Err("scheme-missing")),
        ] {
            assert_eq!(read(value), expected, "{value:?}");
        }
        assert_eq!(bearer([&b"DPoP a.b.c"[..]]).unwrap_err().code, Code::SchemeWrong);
    }

    #[test]
    fn no_evidence_holds_the_token() {
        let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl";
        for value in [
            format!("Bearer bearer:{token}"),
            format!("Bearer Bearer={token}"),
            format!("Bearer:{token}"),
            format!("Token {token}"),
            format!("Bearer {token}, Bearer {token}"),
            format!("Bearer {token}\u{200B}"),
            token.to_owned(),
        ] {
            let fault = bearer([value.as_bytes()]).unwrap_err();
            let said = format!("{fault:?} {}", fault.detail());
            assert!(!said.contains("c2lnbmF0dXJl") && !said.contains("eyJzdWIi"), "{said}");
        }
    }

    #[test]
    fn none_and_several_are_told_apart() {
        let none: [&[u8]; 0] = [];
        assert_eq!(bearer(none).unwrap_err().code, Code::CredentialMissing);
        let two: [&[u8]; 2] = [b"Bearer a", b"Bearer b"];
        assert_eq!(bearer(two).unwrap_err().code, Code::HeaderDuplicated);
        assert_eq!(bearer([&[b'a'; 70_000][..]]).unwrap_err().code, Code::SizeLimit);
        assert_eq!(bearer([&[0xFF, 0xFE][..]]).unwrap_err().code, Code::InvisibleCharacter);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(value: Vec<u8>) {
            let _ = bearer([&value[..]]);
            let _ = presented([&value[..]]);
        }

        #[test]
        fn no_text_makes_it_panic(value in "(Bearer|bearer|DPoP|Token|)[ :=%]{0,2}\\PC{0,30}") {
            let _ = bearer([value.as_bytes()]);
            let _ = presented([value.as_bytes()]);
        }

        #[test]
        fn a_well_formed_credential_is_handed_on_whole(token in "eyJ[A-Za-z0-9_-]{1,40}\\.[A-Za-z0-9_-]{1,40}\\.[A-Za-z0-9_-]{1,40}") {
            prop_assert_eq!(read(&format!("Bearer {token}")), Ok(token));
        }
    }
}
