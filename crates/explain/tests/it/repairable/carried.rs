//! Faults of what stands around a token, planted into good ones: each planter damages the text, never the
//! token's own making.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use claviger_token::{Code, Token};
use serde_json::json;

use super::good::{Dice, Good};
use super::{Plant, Planted};
use crate::stage::NOW;

pub(super) const PLANTERS: &[(Code, Plant)] = &[
    (Code::SchemeMissing, |dice, good| sent(dice, good, &good.token)),
    (Code::SchemeWrong, scheme_wrong),
    (Code::SchemeDoubled, scheme_doubled),
    (Code::SchemeSeparator, scheme_separator),
    (Code::HeaderNameWrong, header_name_wrong),
    (Code::TokenInQuery, token_in_query),
    (Code::TokenInCookie, token_in_cookie),
    (Code::TokenInBody, token_in_body),
    (Code::WhitespaceAround, whitespace_around),
    (Code::WhitespaceInside, whitespace_inside),
    (Code::Quoted, quoted),
    (Code::Bracketed, bracketed),
    (Code::InvisibleCharacter, invisible_character),
    (Code::SmartPunctuation, smart_punctuation),
    (Code::PercentEncoded, percent_encoded),
    (Code::EscapeSequence, escape_sequence),
    (Code::TrailingCharacters, trailing_characters),
    (Code::TokensConcatenated, tokens_concatenated),
    (Code::ResponseInsteadOfToken, response_instead_of_token),
    (Code::Base64OfToken, base64_of_token),
    (Code::Truncated, truncated),
    (Code::CharacterError, character_error),
    (Code::Base64Alphabet, base64_alphabet),
    (Code::Base64Padding, base64_padding),
    (Code::Base64TrailingBits, base64_trailing_bits),
];

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The value of an `Authorization` header, in something that carries one.
fn sent(dice: &mut Dice, good: &Good, value: &str) -> Option<Planted> {
    let name = dice.pick(&["Authorization", "authorization", "AUTHORIZATION"]);
    let input = match dice.below(4) {
        0 => format!("{name}: {value}{}", dice.pick(&["", "\n", "\r\n"])),
        1 => request(dice, &format!("{name}: {value}")),
        2 if !value.contains(['\'', '\\', '!']) => {
            format!(
                "curl -sS -H '{name}: {value}' https://api.example/{}",
                dice.word(LETTERS, 0..=8)
            )
        }
        _ => json!({"log": {"version": "1.2", "entries": [{
            "request": {"method": "GET", "url": "https://api.example/", "headers": [
                {"name": "Accept", "value": "*/*"}, {"name": name, "value": value}]},
            "response": {"status": 401, "headers": []}}]}})
        .to_string(),
    };
    Some(Planted { input, around: good.around(dice) })
}

/// A raw request with this header line among others.
fn request(dice: &mut Dice, line: &str) -> String {
    let end = dice.pick(&["\r\n", "\n"]);
    let before = dice.pick(&["Accept: */*", "User-Agent: curl/8.5.0", "X-Request-Id: 17"]);
    let path = dice.word(LETTERS, 0..=12);
    let lines = [&format!("GET /{path} HTTP/1.1"), "Host: api.example", before, line, "", ""];
    lines.join(end)
}

/// The text alone, or as the value of the header.
fn bare_or_sent(dice: &mut Dice, good: &Good, text: &str) -> Option<Planted> {
    if dice.coin() {
        return Some(Planted { input: text.to_owned(), around: good.around(dice) });
    }
    sent(dice, good, &format!("Bearer {text}"))
}

/// A place inside, neither at the beginning nor at the end.
fn inside(dice: &mut Dice, text: &str) -> usize {
    dice.within(1..=text.len() - 1)
}

fn scheme_wrong(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let known = ["Token", "JWT", "Basic", "OAuth", "Digest", "ApiKey", "Baerer", "Bear", "token"];
    let word = match dice.coin() {
        true => dice.pick(&known).to_owned(),
        false => format!("Q{}", dice.word(LETTERS, 2..=8)),
    };
    sent(dice, good, &format!("{word} {}", good.token))
}

fn scheme_doubled(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let first = dice.pick(&["Bearer", "bearer"]);
    let second = dice.pick(&["Bearer", "bearer", "BEARER", "Token", "Bearer Bearer"]);
    sent(dice, good, &format!("{first} {second} {}", good.token))
}

fn scheme_separator(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let between = dice.pick(&[":", ": ", "=", "", "\t", "  ", "   ", "%20", "+", ",", " : "]);
    sent(dice, good, &format!("Bearer{between}{}", good.token))
}

fn header_name_wrong(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let known = [
        "Authentication",
        "Authorisation",
        "Autorization",
        "X-Auth-Token",
        "X-Access-Token",
        "Token",
        "Proxy-Authorization",
        "X-Authorization",
        "authorization-token",
    ];
    let own = format!("X-{}", dice.word(LETTERS, 3..=9));
    let (name, is_known) = match dice.coin() {
        true => (dice.pick(&known), true),
        false => (own.as_str(), false),
    };
    let scheme = dice.pick(&["Bearer ", ""]);
    let line = format!("{name}: {scheme}{}", good.token);
    let input = if is_known && dice.coin() { line } else { request(dice, &line) };
    Some(Planted { input, around: good.around(dice) })
}

fn token_in_query(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let name = dice.pick(&["access_token", "token", "jwt", "auth_token", "bearer", "authToken"]);
    let (before, behind) =
        (dice.pick(&["", "a=1&", "page=2&q=x&"]), dice.pick(&["", "&b=2", "#top"]));
    let target = format!("/{}?{before}{name}={}{behind}", dice.word(LETTERS, 0..=9), good.token);
    let input = match dice.below(4) {
        0 => format!("GET {target} HTTP/1.1\r\nHost: api.example\r\n\r\n"),
        1 => format!("https://api.example{target}"),
        2 => format!("curl 'https://api.example{target}'"),
        _ => format!("10.0.0.1 - - [18/Nov/2026:10:26:40 +0000] \"GET {target} HTTP/1.1\" 401 17"),
    };
    Some(Planted { input, around: good.around(dice) })
}

fn token_in_cookie(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let name = dice.pick(&["access_token", "token", "jwt", "session", "auth", "__Host-token"]);
    let (before, behind) =
        (dice.pick(&["", "theme=dark; ", "a=b; c=d; "]), dice.pick(&["", "; x=1"]));
    let cookie = format!("{before}{name}={}{behind}", good.token);
    let input = match dice.coin() {
        true => request(dice, &format!("Cookie: {cookie}")),
        false => format!("curl -b '{cookie}' https://api.example/"),
    };
    Some(Planted { input, around: good.around(dice) })
}

fn token_in_body(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let name = dice.pick(&["access_token", "token", "jwt"]);
    let (kind, body) = match dice.below(3) {
        0 => ("x-www-form-urlencoded", format!("a=1&{name}={}", good.token)),
        1 => ("json", json!({ name: good.token, "page": 2 }).to_string()),
        _ => ("json", json!({"data": {"user": {"id": 1}, name: good.token}}).to_string()),
    };
    let input = match dice.coin() {
        true => format!(
            "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/{kind}\r\n\r\n{body}"
        ),
        false => {
            format!("curl -H 'Content-Type: application/{kind}' -d '{body}' https://api.example/")
        }
    };
    Some(Planted { input, around: good.around(dice) })
}

fn whitespace_around(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let before = dice.pick(&["", " ", "\t", "\n", "  \n"]);
    // One line end is how a file ends.
    let behind = match before {
        "" => dice.pick(&[" ", "\t", "\n\n", "  ", " \r\n"]),
        _ => dice.pick(&["", " ", "\n", "\n\n"]),
    };
    let text = format!("{before}{}{behind}", good.token);
    Some(Planted { input: text, around: good.around(dice) })
}

fn whitespace_inside(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let mut text = good.token.clone();
    if dice.coin() {
        let (width, end) = (dice.within(30..=100), dice.pick(&["\n", "\r\n", " ", "\n    "]));
        let lines: Vec<String> = text
            .as_bytes()
            .chunks(width)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        text = lines.join(end);
    } else {
        for _ in 0..dice.within(1..=5) {
            let at = inside(dice, &text);
            text.insert_str(at, dice.pick(&[" ", "\n", "\r\n", "\t"]));
        }
    }
    match text.contains('\n') {
        true => Some(Planted { input: text.trim().to_owned(), around: good.around(dice) }),
        false => bare_or_sent(dice, good, text.trim()),
    }
}

fn quoted(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let quote = dice.pick(&["\"", "'", "`", "\\\""]);
    let text = format!("{quote}{}{quote}", good.token);
    if quote == "\"" && dice.coin() {
        return sent(dice, good, &format!("\"Bearer {}\"", good.token));
    }
    bare_or_sent(dice, good, &text)
}

fn bracketed(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let pair = dice.pick(&["<>", "[]", "()", "{}"]);
    let times = dice.within(1..=2);
    let (open, close) = pair.split_at(1);
    let text = format!("{}{}{}", open.repeat(times), good.token, close.repeat(times));
    bare_or_sent(dice, good, &text)
}

fn invisible_character(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let invisible = dice.pick(&[
        "\u{FEFF}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{2060}", "\u{A0}", "\u{AD}", "\u{200E}",
        "\u{202F}", "\u{2028}", "\u{0}", "\u{7}", "\u{7F}", "\u{180E}", "\u{FE0F}", "\u{3000}",
        "\u{1B}", "\u{B}",
    ]);
    let mut text = good.token.clone();
    for _ in 0..dice.within(1..=3) {
        let at = text.floor_char_boundary(dice.within(0..=text.len()));
        text.insert_str(at, invisible);
    }
    bare_or_sent(dice, good, &text)
}

fn smart_punctuation(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let t = &good.token;
    let text = match dice.below(3) {
        0 => {
            let (open, close) = [("“", "”"), ("‘", "’"), ("„", "“"), ("«", "»")][dice.below(4)];
            format!("{open}{t}{close}")
        }
        1 => t.replacen('.', dice.pick(&["․", "。", "．"]), dice.within(1..=2)),
        _ if t.contains('-') => {
            let dash = dice.pick(&["–", "—", "‐", "‑", "−", "‒"]);
            t.replacen('-', dash, dice.within(1..=9))
        }
        _ => return None,
    };
    bare_or_sent(dice, good, &text)
}

/// Some characters of the token, written as this says.
fn rewritten(dice: &mut Dice, text: &str, how: impl Fn(char) -> String) -> String {
    let (every, from) = (dice.within(1..=40), dice.below(text.len()));
    let is_chosen = |nth: usize| nth >= from && (nth - from).is_multiple_of(every);
    let all = text.chars().enumerate();
    all.map(|(nth, c)| if is_chosen(nth) { how(c) } else { c.to_string() }).collect()
}

fn percent_encoded(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let t = &good.token;
    let text = match dice.below(4) {
        0 => t.replacen('.', "%2E", dice.within(1..=2)),
        1 => t.replace('.', "%2e").replace('-', "%2D").replace('_', "%5F"),
        2 => t.replace('.', "%252E"),
        _ => rewritten(dice, t, |c| format!("%{:02X}", u32::from(c))),
    };
    bare_or_sent(dice, good, &text)
}

fn escape_sequence(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let t = &good.token;
    let text = match dice.below(5) {
        0 => t.replace('.', dice.pick(&["\\u002e", "\\x2E", "\\.", "&#46;", "&#x2E;", "=2E"])),
        1 => format!("{t}{}", dice.pick(&["\\n", "\\r\\n", "\\t"])),
        2 => {
            let at = inside(dice, t);
            format!("{}{}{}", &t[..at], dice.pick(&["\\n", "\\r\\n", "=\n"]), &t[at..])
        }
        3 => rewritten(dice, t, |c| format!("\\u{:04x}", u32::from(c))),
        _ => rewritten(dice, t, |c| format!("&#{};", u32::from(c))),
    };
    Some(Planted { input: text, around: good.around(dice) })
}

fn trailing_characters(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let behind = dice.pick(&[
        ",",
        ";",
        ".",
        "\"}",
        "\",",
        ")",
        "*",
        "&foo=bar",
        "&token_type=bearer",
        ">",
        "...",
        "#",
        "|",
        "\\",
        "]",
        ":",
        "!",
        "?",
        "'",
        "}",
    ]);
    bare_or_sent(dice, good, &format!("{}{behind}", good.token))
}

fn tokens_concatenated(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let t = &good.token;
    let old = good.signed(&json!({}), &json!({"iat": NOW - 9000, "nbf": null, "exp": NOW - 8000}));
    let between = dice.pick(&["", ".", ",", "\n"]);
    let all = match dice.below(4) {
        0 => [t.as_str(), t].join(between),
        1 => [t.as_str(), t, t].join(""),
        2 => [old.as_str(), t].join(""),
        _ => [t.as_str(), &old].join(""),
    };
    match all.contains('\n') || all.contains(',') {
        true => Some(Planted { input: all, around: good.around(dice) }),
        false => bare_or_sent(dice, good, &all),
    }
}

fn response_instead_of_token(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let t = &good.token;
    let name = dice.pick(&["access_token", "token", "accessToken"]);
    let value = match dice.below(5) {
        0 => json!({ name: t, "token_type": "Bearer", "expires_in": 300 }).to_string(),
        1 => json!({"scope": good.written.scopes.join(" "), name: t}).to_string(),
        2 => format!("{{'{name}': '{t}', 'expires_in': 300}}"),
        3 => format!("{name}={t}&token_type=bearer&expires_in=300"),
        _ => json!({"token_type": "Bearer", "refresh_token": "r0-abcdefghijklmnop", name: t})
            .to_string(),
    };
    sent(dice, good, &format!("Bearer {value}"))
}

fn base64_of_token(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let text = format!("{}{}", good.token, dice.pick(&["", "\n", "\r\n"]));
    let text = match dice.below(4) {
        0 => STANDARD.encode(text),
        1 => STANDARD_NO_PAD.encode(text),
        2 => URL_SAFE.encode(text),
        _ => STANDARD.encode(STANDARD.encode(text)),
    };
    bare_or_sent(dice, good, &text)
}

fn truncated(dice: &mut Dice, good: &Good) -> Option<Planted> {
    // Two whole characters of these are four thousand signatures to be verified.
    let [.., signature] = good.segments();
    let most = if signature.len().is_multiple_of(4) { 1 } else { 2 };
    let less = dice.within(1..=most);
    bare_or_sent(dice, good, &good.token[..good.token.len() - less])
}

/// One character exchanged, lost, doubled or swapped with its neighbour.
fn character_error(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let mut text = good.token.clone();
    // The ends of the segments have faults of their own.
    let chosen = dice.below(3);
    let begin: usize = good.segments().iter().take(chosen).map(|segment| segment.len() + 1).sum();
    let at = begin + dice.below(good.segments()[chosen].len() - 4);
    let found = text[at..].chars().next()?;
    let other = dice.word(BASE64URL, 1..=1);
    match dice.below(4) {
        0 if !other.starts_with(found) => text.replace_range(at..=at, &other),
        1 => drop(text.remove(at)),
        2 => text.insert_str(at, &other),
        3 if text.as_bytes()[at] != text.as_bytes()[at + 1] => {
            let next = text.remove(at + 1);
            text.insert(at, next);
        }
        _ => return None,
    }
    let around = good.around(dice);
    // The search is in the tests of the larger curves as long as it takes.
    Some(Planted { input: text, around: around.with_budget(200_000) })
}

fn base64_alphabet(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let text = good.token.replace('-', "+").replace('_', "/");
    if text == good.token {
        return None;
    }
    let (input, _) = text.rsplit_once('.')?;
    // As the carrier exchanged them, or as the issuer wrote and signed them.
    let text = match input.contains(['+', '/']) && dice.coin() {
        true => sealed_as_sent(good, input),
        false => text,
    };
    bare_or_sent(dice, good, &text)
}

/// Signed over the very text, whatever it is.
fn sealed_as_sent(good: &Good, input: &str) -> String {
    let signature = good.key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", claviger_token::base64url::encode(signature))
}

fn base64_padding(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let padded = good.segments().map(|segment| {
        let fill = (4 - segment.len() % 4) % 4;
        format!("{segment}{}", "=".repeat(fill))
    });
    if padded == good.segments() {
        return None;
    }
    let [header, payload, _] = &padded;
    let is_made = good.segments()[..2] != padded[..2] && dice.coin();
    let text = match is_made {
        true => sealed_as_sent(good, &format!("{header}.{payload}")),
        false => padded.join("."),
    };
    bare_or_sent(dice, good, &text)
}

fn base64_trailing_bits(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let mut segments = good.segments().map(str::to_owned);
    let chosen = dice.below(3);
    let segment = segments.get_mut(chosen)?;
    let unused: usize = match segment.len() % 4 {
        2 => 16,
        3 => 4,
        _ => return None,
    };
    let last = segment.pop()?;
    let place = BASE64URL.find(last)?;
    let other = place + dice.within(1..=unused - 1);
    segment.push(BASE64URL[other..].chars().next()?);
    let text = segments.join(".");
    assert!(Token::parse(&text).is_err());
    bare_or_sent(dice, good, &text)
}
