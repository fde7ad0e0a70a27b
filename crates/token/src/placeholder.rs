//! Texts that stand where a token was to be filled in: a documentation's notation, a variable nobody set.
//!
//! Decides from the text alone, and only where every word of it is such a word: what might be somebody's
//! opaque token is none.

/// Whole texts, in lower case, that no rule below covers.
const WHOLE: &[&str] = &[
    "nan",
    "true",
    "false",
    "[object object]",
    "[object promise]",
    "access_token",
    "access-token",
    "accesstoken",
    "token",
    "jwt",
    "yourtoken",
    "mytoken",
    "xxx.yyy.zzz",
    "xxxxx.yyyyy.zzzzz",
    "header.payload.signature",
    "…",
    "todo",
    "changeme",
    "string",
    "[function]",
];

/// Words that say that something else belongs here; one of them must be there.
const TELLING: &[&str] = &[
    "undefined",
    "null",
    "none",
    "nil",
    "your",
    "my",
    "insert",
    "paste",
    "put",
    "enter",
    "replace",
    "here",
    "placeholder",
    "redacted",
    "masked",
    "hidden",
    "omitted",
    "removed",
    "change",
    "process",
    "env",
];

/// Words that stand beside them.
const BESIDE: &[&str] = &[
    "access",
    "api",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "id",
    "jwt",
    "key",
    "secret",
    "secrets",
    "token",
    "session",
    "user",
    "the",
    "a",
    "an",
    "with",
    "me",
    "this",
    "value",
    "actual",
    "real",
    "valid",
    "own",
    "generated",
    "goes",
    "from",
    "to",
    "copied",
    "string",
    "text",
    "of",
    "in",
    "it",
    "is",
    "256",
    "bit",
];

/// Pairs that frame the name of a variable, or a word of a documentation.
const FRAMES: &[(&str, &str)] = &[
    ("{{", "}}"),
    ("${{", "}}"),
    ("${", "}"),
    ("#{", "}#"),
    ("#{", "}"),
    ("@{", "}"),
    ("%{", "}"),
    ("<%=", "%>"),
    ("<%", "%>"),
    ("((", "))"),
    ("&lt;", "&gt;"),
    ("$(", ")"),
    ("<", ">"),
    ("%", "%"),
    ("[", "]"),
    ("{", "}"),
    ("__", "__"),
];

/// What stands before the name of a variable: PowerShell's, curl's file, a route's or a shell's.
const SIGILS: &[&str] = &["$env:", "$", "@", ":"];

/// Whether a text is a placeholder that nobody filled in: `undefined` is JavaScript's.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || text.len() > 120 {
        return false;
    }
    let lower = text.to_lowercase();
    WHOLE.contains(&lower.as_str())
        || FRAMES.iter().any(|(open, close)| {
            text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|name| {
                is_name(name.trim()) || (open.len() > 1 && is_expression(name.trim()))
            })
        })
        || matches!(lower.as_str(), "(null)" | "(nil)" | "(none)" | "(undefined)")
        || SIGILS.iter().filter_map(|sigil| text.strip_prefix(sigil)).any(is_identifier)
        || is_format(text)
        || is_said(text)
        || is_printed(text)
        || is_pattern(text)
        || is_abbreviated(text)
        || (text.chars().count() >= 3 && text.chars().all(|c| "xX*.•".contains(c)))
}

/// A name inside a frame: no token, and nothing that has a token's three parts.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || "_-. :".contains(c))
        && name.split('.').count() < 3
        && !name.starts_with("eyJ")
}

/// What a template would have put something in for: `$json.access_token`, `.Values.api.token | quote`.
fn is_expression(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || "$._".contains(c))
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && !text.starts_with("ey")
        && !text.starts_with("ew")
}

/// What a language prints for a value that is no text: a promise, a function, an object.
fn is_printed(text: &str) -> bool {
    let of = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close);
    let class = |name: &str| name.contains('.') && name.split('.').all(is_identifier);
    of("[object ", "]")
        || of("Promise {", "}")
        || of("Optional(", ")")
        || of("Some(", ")")
        || (text.starts_with("function") && text.contains('('))
        || (text.starts_with('(') && text.contains("=>"))
        || (text.starts_with("System.") && class(text))
        || text.split_once('@').is_some_and(|(name, hash)| {
            class(name)
                && (4..=8).contains(&hash.len())
                && hash.chars().all(|c| c.is_ascii_hexdigit())
        })
}

/// `aaaa.bbbb.cccc`: three parts of one letter each.
fn is_pattern(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let same = |part: &&str| {
        part.len() >= 2
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() && Some(byte) == part.bytes().next())
    };
    parts.len() == 3 && parts.iter().all(same)
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with("eyJ")
}

/// `%s`, `%v`, `%@`: the directive of a format that got no value.
fn is_format(text: &str) -> bool {
    matches!(text, "%s" | "%v" | "%q" | "%@" | "%d" | "{}" | "%+v")
}

/// `REPLACE_ME`, `yourJwtToken`, `process.env.TOKEN`: words that ask for a token, and no other word.
fn is_said(text: &str) -> bool {
    let mut telling = false;
    let words = words(text);
    for word in &words {
        if TELLING.contains(&word.as_str()) {
            telling = true;
        } else if !BESIDE.contains(&word.as_str()) {
            return false;
        }
    }
    // `bearer_token`: the name of the thing in its place.
    let named = || words.last().is_some_and(|last| last == "token" || last == "jwt");
    telling || (text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) && named())
}

/// The words of a text, in lower case: parted by what is no letter, and by `camelCase`.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        let begins = !before.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase());
        if c.is_alphanumeric() {
            match words.last_mut().filter(|_| !begins) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
        }
        before = c;
    }
    words
}

/// `eyJ…`, `eyJhbGciOi...`: the beginning of a token as a documentation abbreviates it. A token that a
/// log cut is longer.
fn is_abbreviated(text: &str) -> bool {
    let Some(at) = text.find("...").or_else(|| text.find('…')) else { return false };
    let (head, tail) = text.split_at(at);
    let tail = tail.trim_start_matches(['.', '…']);
    let part = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    head.starts_with("ey") && head.len() <= 40 && tail.len() <= 12 && part(head) && part(tail)
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn what_nobody_filled_in_is_told_from_what_may_be_a_token() {
        for text in [
            "undefined",
            "null",
            "None",
            "<your_token>",
            "{{token}}",
            "$TOKEN",
            "${token}",
            "$env:TOKEN",
            "${{ secrets.TOKEN }}",
            "YOUR_ACCESS_TOKEN",
            "yourJwtToken",
            "REPLACE_ME",
            "REDACTED",
            "@token",
            "process.env.TOKEN",
            "undefined.undefined.undefined",
            "paste token here",
            "__TOKEN__",
            "(null)",
            "%s",
            "eyJ...",
            "eyJ…",
            "eyJhbGciOi...",
            "my-token",
            "xxx",
            "[object Object]",
            "token",
            "Bearer_token",
            "aaaa.bbbb.cccc",
            "{{$json.access_token}}",
            "{{ .Values.api.token | quote }}",
            "<%= token %>",
            "#{token}#",
            "@{token}",
            "&lt;token&gt;",
            "string",
            "your-256-bit-secret",
            "Promise { <pending> }",
            "function () { return token }",
            "Optional(\"\")",
            "Some(token)",
            "System.Object",
            "java.lang.String@1b6d3586",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "",
            "test-token",
            "my-token-4711",
            "nobody",
            "s3cr3t",
            "ghp_0123456789",
            "$",
            "@",
            "env-9",
            "{eyJhbGciOiJFUzI1NiJ9.e30.c2ln}",
            "$eyJhbGciOiJFUzI1NiJ9",
            "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
            "aaa...bbb",
            "access-key",
            "aaaa.bbbb",
            "ab.cd.ef",
            "{{eyJhbGciOiJFUzI1NiJ9.e30.c2ln}}",
            "some.host@example",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
