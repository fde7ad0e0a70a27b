//! The scheme in front of a token (RFC 6750 §2.1, RFC 9110 §11.1): there, missing, wrong, doubled, badly parted.
//!
//! Decides where the scheme ends and the token begins; never what the token is worth.

use claviger_token::{Code, Fact, Fault};

use super::{Layer, code_point, is_invisible};
use crate::passage::Passage;
use crate::recognise::is_header_like;

/// Schemes that are met in front of tokens, in lower case: the registered ones and the usual mistakes.
const SCHEMES: &[&str] = &[
    "bearer",
    "basic",
    "digest",
    "negotiate",
    "ntlm",
    "token",
    "jwt",
    "oauth",
    "oauth2",
    "apikey",
    "api-key",
    "api_key",
    "key",
    "mac",
    "hawk",
    "dpop",
    "gnap",
    "privatetoken",
    "bearertoken",
    "bearer-token",
    "bearer_token",
    "accesstoken",
    "access_token",
    "access-token",
    "auth",
    "authtoken",
    "jwt-bearer",
    "hoba",
    "mutual",
    "scram-sha-256",
    "vapid",
    "user",
    "sso-key",
    "genericbearer",
    "accesskey",
    "secret",
    "id_token",
];

/// Whether a word is an authentication scheme, or `Bearer` with a letter or two wrong.
pub(crate) fn is_scheme(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    SCHEMES.contains(&lower.as_str()) || is_misspelt(&lower)
}

fn is_misspelt(lower: &str) -> bool {
    (5..=8).contains(&lower.len())
        && lower.starts_with(['b', 'v', 'n'])
        && lower.bytes().all(|byte| byte.is_ascii_alphabetic())
        && crate::compare::distance(lower, "bearer", 2).is_some()
}

fn is_bearer(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer")
}

/// What parts a scheme from a token in place of one blank. A no-break space counts: it is seen as one.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '=' | ',' | ';' | '+' | '|' | '>')
}

/// The length of the scheme's word, where the text begins with one.
pub(crate) fn leading(text: &str) -> Option<usize> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if is_bearer(word) {
        return Some(end);
    }
    if word.len() > 6 && text.get(..6).is_some_and(is_bearer) && is_glued(&text[6..]) {
        return Some(6);
    }
    let parted = match rest.chars().next() {
        Some(c) if c.is_whitespace() => rest.trim_start().len() >= 2,
        Some(':' | '=') => is_header_like(rest[1..].trim_start()),
        _ => false,
    };
    (parted && is_scheme(word)).then_some(end)
}

/// Whether what follows `Bearer` without anything between is a token.
fn is_glued(rest: &str) -> bool {
    is_header_like(rest) || rest.starts_with("ey")
}

/// What stands at the beginning of a header's value.
#[derive(Debug)]
pub(crate) enum Opening {
    /// `Bearer`, what parts it from the rest (in bytes), and whether its letters are as usual.
    Bearer { parted: usize, usual: bool },
    /// Another scheme, so many bytes long, and what parts it from the rest.
    Other { word: usize, parted: usize },
    /// No scheme.
    None,
}

/// Reads the beginning of a value.
pub(crate) fn opening(text: &str) -> Opening {
    let parted = |rest: &str| {
        let mut length = 0;
        while let Some(c) = rest[length..].chars().next() {
            // Behind the one blank that is due, a line break or a character that nobody sees is the
            // credential's own damage: it was read out of a file, or copied from a page.
            let unseen = matches!(c, '\r' | '\n') || is_invisible(c);
            if length > 0 && rest.starts_with(' ') && unseen {
                break;
            }
            if is_separator(c) {
                length += c.len_utf8();
            } else if rest[length..].starts_with("%20") || rest[length..].starts_with("%09") {
                length += 3;
            } else if rest[length..].starts_with("%2520") {
                length += 5;
            } else if rest[length..].starts_with("\\t") || rest[length..].starts_with("\\n") {
                length += 2;
            } else if ["&nbsp;", "\\u0020", "\\u00a0", "\\u00A0"]
                .iter()
                .any(|one| rest[length..].starts_with(one))
            {
                length += 6;
            } else {
                break;
            }
        }
        length
    };
    if let Some(word) = text.get(..6).filter(|word| is_bearer(word)) {
        let rest = &text[6..];
        let length = parted(rest);
        // Any one mark: what it is matters little, the token behind it shows what is meant.
        let marked = rest
            .starts_with(['-', '_', '/', '.', '~', '*', '\\', '!', '&', '#', '@', '"', '\'', '`'])
            && is_glued(&rest[1..]);
        // A quote that is closed again is the token's own.
        let quoted = marked
            && rest.len() > 1
            && ['"', '\'', '`'].iter().any(|c| rest.starts_with(*c) && rest.ends_with(*c));
        if length > 0 || rest.is_empty() || is_glued(rest) || quoted {
            return Opening::Bearer { parted: length, usual: word == "Bearer" };
        }
        if marked {
            return Opening::Bearer { parted: 1, usual: word == "Bearer" };
        }
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let length = parted(rest);
    // A word of a scheme's length before a blank; a token is longer, and has dots.
    let is_word = !word.is_empty() && word.len() <= 24 && length > 0 && length < rest.len();
    let by_blank = rest.starts_with(char::is_whitespace) && !is_header_like(word);
    if is_word && (is_scheme(word) || by_blank) && !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Opening::Other { word: end, parted: length };
    }
    Opening::None
}

/// The layer of what parts `Bearer` from the token, where that is not one blank.
pub(crate) fn separator(value: &Passage, word: usize, parted: usize) -> Option<Layer> {
    let between = &value.text()[word..word + parted];
    if between == " " {
        return None;
    }
    let found = match between {
        "" => "nothing".to_owned(),
        blanks if blanks.chars().all(|c| c == ' ') => format!("{} blanks", blanks.len()),
        other if other.chars().count() == 1 => code_point(other.chars().next().unwrap_or(' ')),
        other if other.is_ascii() && !other.contains(|c: char| c.is_ascii_control()) => {
            format!("`{other}`")
        }
        other => other.chars().map(code_point).collect::<Vec<_>>().join(" "),
    };
    let part = value.bytes(word..word + parted);
    let fault =
        Fault::new(Code::SchemeSeparator).with("found", Fact::Words(found)).at(part.whole());
    Some(Layer::new(fault))
}

/// The layer of another scheme than `Bearer`.
pub(crate) fn wrong(value: &Passage, word: usize) -> Layer {
    let part = value.bytes(0..word);
    Layer::new(Fault::new(Code::SchemeWrong).with("scheme", part.text()).at(part.whole()))
}

/// A token hidden in the user or the password of `Basic` (RFC 7617).
pub(crate) fn inside_basic(encoded: &Passage) -> Option<Passage> {
    let bytes = crate::shape::decode(encoded.text().trim())?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':').unwrap_or((&text, ""));
    let token = [password, user].into_iter().find(|part| crate::recognise::is_token_like(part))?;
    Some(Passage::standing_for(token, encoded.whole()))
}
