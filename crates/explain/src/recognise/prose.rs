//! Anything else: a bare token, a header's value, or a token in a log line, a letter, a program.
//!
//! Decides where the credential begins and ends. The punctuation of the text around a token is no
//! fault of the token; around a token that stands alone it is.

use super::code;
use super::request::request_line;
use super::{
    Carried, Input, InputKind, MAX_CREDENTIAL_BYTES, Recognised, Request, is_header_like,
    is_token_like,
};
use crate::carrier::places::{is_of_another_purpose, rides};
use crate::opaque;
use crate::peel::scheme;
use crate::recognise::response::TOKEN_MEMBERS;
use crate::shape::{has_three_parts, is_complete};
use claviger_token::presentation::is_placeholder;

pub(crate) fn recognise(input: &Input<'_>, text: &str) -> Recognised {
    // One line end belongs to the file or to `echo`, not to the token.
    let body = text.strip_suffix('\n').unwrap_or(text);
    let body = body.strip_suffix('\r').unwrap_or(body);
    let trimmed = body.trim_matches(is_blank);
    let chunks: Vec<&str> =
        trimmed.split(is_blank).filter(|chunk| !chunk.is_empty()).take(4096).collect();
    let bare = |kind| {
        if body.len() > MAX_CREDENTIAL_BYTES {
            return Recognised::new(kind, Carried::TooLong(body.len()));
        }
        let passage = input.part(body);
        Recognised::new(kind, Carried::Credential(passage))
    };
    let value = |part: &str| Recognised::new(InputKind::Header, Carried::Value(input.part(part)));

    if let [only] = chunks.as_slice() {
        if let Some(found) = address(input, only).or_else(|| form(input, only)) {
            return found;
        }
        if let Some(value) = setting(body) {
            let carried = Carried::Credential(input.part(value));
            return Recognised::new(InputKind::Text, carried);
        }
        if let Some(found) = assignment(input, only)
            .or_else(|| in_address(input, only))
            .or_else(|| called(input, only))
        {
            return found;
        }
        if let Some(token) = column(only).or_else(|| argument(only)) {
            let carried = Carried::Credential(input.part(token));
            return Recognised::new(InputKind::Text, carried);
        }
        return match scheme::leading(only) {
            Some(_) => value(body),
            None => bare(InputKind::Token),
        };
    }
    if is_placeholder(trimmed) || is_encoded(&chunks) || is_parted_by_tags(trimmed) {
        return bare(InputKind::Token);
    }
    if is_value(trimmed, &chunks) {
        return value(body);
    }
    if let Some(found) =
        assignment(input, body).or_else(|| in_address(input, body)).or_else(|| called(input, body))
    {
        return found;
    }
    if is_bare_with_blanks(&chunks) {
        return bare(InputKind::Token);
    }
    around(input, body).unwrap_or_else(|| Recognised::new(InputKind::Text, Carried::Nothing))
}

/// White space that parts words. No-break and zero-width spaces do not: they are damage.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A token in a line of separated columns, with others before it.
fn column(chunk: &str) -> Option<&str> {
    [',', ';', '|'].iter().find_map(|separator| {
        let columns: Vec<&str> = chunk.split(*separator).collect();
        let (nth, token) = columns.iter().enumerate().find(|(_, column)| is_complete(column))?;
        let others = || columns.iter().filter(|column| *column != token);
        let plain = |column: &&str| !column.is_empty() && !column.contains(['"', '\'', '{', '=']);
        (nth > 0 && columns.len() > 2 && others().all(plain)).then_some(*token)
    })
}

/// `client.bearer_auth("eyJ…")`: the argument of a call.
fn argument(chunk: &str) -> Option<&str> {
    chunk.match_indices(['"', '\'', '`']).take(16).find_map(|(at, quote)| {
        let called = chunk[..at].ends_with('(')
            && chunk[..at - 1].ends_with(|c: char| c.is_ascii_alphanumeric() || "_!".contains(c));
        let (token, _) = chunk[at + 1..].split_once(quote)?;
        (called && is_complete(token)).then_some(token)
    })
}

/// `TOKEN='eyJ…'`, as a shell sets a variable; the quotes are the shell's.
fn setting(body: &str) -> Option<&str> {
    let (name, value) = body.trim_matches(is_blank).split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
    let scheme = ["BEARER", "AUTHORIZATION"].contains(&name);
    (is_name && !scheme && value.split('.').next().is_some_and(is_header_like)).then_some(value)
}

/// `Bearer eyJ…`: a header's value without its name.
fn is_value(trimmed: &str, chunks: &[&str]) -> bool {
    let Some(behind) = scheme::leading(trimmed) else { return false };
    let (word, rest) = trimmed.split_at(behind);
    // `token = "eyJ…"` is a line of a program.
    if rest.starts_with(is_blank)
        && rest.trim_start_matches(is_blank).starts_with('=')
        && !word.eq_ignore_ascii_case("bearer")
    {
        return false;
    }
    match chunks {
        [_, second] => rest.trim_matches(is_blank) == *second || scheme::leading(second).is_some(),
        _ => {
            let joined: String = rest.split(is_blank).collect();
            is_token_like(joined.trim_start_matches(['"', '\'', '<', '{', '[', '(', ':', '=']))
                || is_placeholder(rest)
                || begins_response(rest.trim_start_matches(is_blank))
                || scheme::leading(rest.trim_start_matches(is_blank)).is_some()
                || is_encoded(chunks.get(1..).unwrap_or_default())
                || is_in_pieces(chunks.get(1..).unwrap_or_default())
        }
    }
}

/// A response in the place of a token: JSON, also as a JSON text or in a list, a map as Go prints it.
fn begins_response(rest: &str) -> bool {
    rest.starts_with("map[")
        || rest.trim_start_matches(['"', '\'', '[', '\\', ' ']).starts_with('{')
}

/// Whether chunks are the segments of a token whose dots became blanks.
fn is_in_pieces(chunks: &[&str]) -> bool {
    let alphabet = |piece: &&str| piece.bytes().all(claviger_token::base64url::is_alphabet);
    chunks.first().is_some_and(|first| is_header_like(first)) && chunks.iter().all(alphabet)
}

/// Whether chunks are the pieces of one token, or several tokens and nothing else.
fn is_bare_with_blanks(chunks: &[&str]) -> bool {
    const FRAME: [char; 12] = ['"', '\'', '<', '>', '{', '}', '[', ']', '(', ')', ',', ';'];
    let pieces: Vec<&str> = chunks.iter().map(|chunk| chunk.trim_matches(FRAME)).collect();
    // Quoted-printable breaks its lines with `=`.
    let joined: String = pieces.iter().map(|piece| piece.trim_end_matches('=')).collect();
    let first = pieces.first().copied().unwrap_or_default();
    let begins =
        is_header_like(first.split('.').next().unwrap_or_default()) || is_token_like(&joined);
    let alphabet = |piece: &&str| {
        piece.chars().all(|c| c.is_ascii_alphanumeric() || "-_.=+/%\\".contains(c) || !c.is_ascii())
    };
    if !begins || !pieces.iter().all(alphabet) {
        return false;
    }
    let mut filled = pieces.iter().filter(|piece| !piece.is_empty());
    if pieces.iter().all(|piece| has_three_parts(piece))
        // A line end before the closing mark.
        || pieces[1..].iter().all(|piece| piece.is_empty())
        // Marks with blanks inside them: `{{ eyJ… }}`.
        || (first.is_empty() && filled.next().is_some() && filled.next().is_none())
    {
        return true;
    }
    // The longer piece of a token that was torn inside its header has three segments, and no header.
    // A piece that is as long as a shorter key's signature is none where all together are as long as one, too.
    let is_whole = is_complete(&joined);
    if !is_whole && pieces.iter().any(|piece| has_three_parts(piece) && is_complete(piece)) {
        return false;
    }
    // A wrapped token: pieces that only together make three segments, or make the signature whole.
    is_whole
        || !pieces.iter().any(|piece| has_three_parts(piece)) && joined.split('.').count() >= 2
        || pieces[..pieces.len() - 1].iter().all(|piece| piece.len() >= 16)
}

/// A token that was base64-encoded once more, by a tool that breaks its lines.
fn is_encoded(chunks: &[&str]) -> bool {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let alphabet = |c: u8| c.is_ascii_alphanumeric() || b"+/-_=".contains(&c);
    let Some(head) = chunks.first().and_then(|first| first.get(..16)) else { return false };
    chunks.iter().all(|chunk| chunk.bytes().all(alphabet))
        && STANDARD_NO_PAD
            .decode(head)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .is_some_and(|inner| is_header_like(&inner))
}

/// One token with `<br />` in it, whose blank parts nothing.
fn is_parted_by_tags(text: &str) -> bool {
    text.contains("<br />") && {
        let joined = text.replace("<br />", "");
        is_token_like(&joined) && !joined.contains(is_blank)
    }
}

/// An address alone, with or without a token in its query.
fn address(input: &Input<'_>, chunk: &str) -> Option<Recognised> {
    let bare = chunk.trim_matches(['"', '\'', '<', '>', '`']);
    let is_address = ["http://", "https://", "ws://", "wss://"].iter().any(|s| bare.starts_with(s));
    let has_token = bare.starts_with('/')
        && (bare.contains("token=") || parameter(bare).is_some_and(|at| at < bare.len()));
    (is_address || has_token).then(|| {
        let request = Request { target: Some(input.part(bare)), ..Request::default() };
        Recognised::new(InputKind::Request, Carried::Request(Box::new(request)))
    })
}

/// `access_token=eyJ…&token_type=bearer`: a token response in form encoding.
fn form(input: &Input<'_>, chunk: &str) -> Option<Recognised> {
    let value = chunk.strip_prefix("access_token=")?;
    let end = value.find('&').unwrap_or(value.len());
    let carried = Carried::Credential(input.part(&value[..end]));
    Some(Recognised::new(InputKind::Response, carried))
}

/// The request of a program's call, unless the text holds a token that is no part of it.
fn called(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let found = code::call(input, body)?;
    let shown = matches!(&found.carried, Carried::Request(request) if rides(request));
    (shown || around(input, body).is_none()).then_some(found)
}

/// Where in a text a parameter begins that holds a token: `?access_token=…`, or another name with what looks
/// like one behind it.
fn parameter(text: &str) -> Option<usize> {
    text.match_indices(['?', '&', '#']).take(4096).map(|(at, _)| at).find(|at| {
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.[]".contains(c)));
        let Some((name, value)) = end.and_then(|end| rest.split_at_checked(end)) else {
            return false;
        };
        let Some(value) = value.strip_prefix('=') else { return false };
        let value =
            value.split(['?', '&', '"', '\'', '<', '>', '`', '#']).next().unwrap_or_default();
        let value = value.split(char::is_whitespace).next().unwrap_or_default();
        name == "access_token"
            || (!name.is_empty() && has_three_parts(value) && !is_of_another_purpose(name))
    })
}

/// A target with a token in it somewhere in the text: an access log.
fn in_address(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let at = parameter(body)?;
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
    let start = body[..at]
        .rfind(is_end)
        .map_or(0, |before| before + body[before..].chars().next().map_or(1, char::len_utf8));
    let end = body[at..].find(is_end).map_or(body.len(), |behind| at + behind);
    let line = body[..start].rfind(['"', '\n']).map_or(0, |quote| quote + 1);
    let method = request_line(body[line..].split(['"', '\n']).next().unwrap_or_default())
        .map(|(method, _)| method.to_owned());
    let request =
        Request { method, target: Some(input.part(&body[start..end])), ..Request::default() };
    Some(Recognised::new(InputKind::Text, Carried::Request(Box::new(request))))
}

/// `authorization` and what is assigned to it, in any of the usual notations.
fn assignment(input: &Input<'_>, body: &str) -> Option<Recognised> {
    const NAME: &str = "authorization";
    let lower = body.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find(NAME) {
        let at = from + found;
        from = at + NAME.len();
        let before = body[..at].chars().next_back();
        // Part of a longer name, a parameter of an address, or itself what is assigned to another name.
        if before.is_some_and(|c| c.is_alphanumeric() || "-_?&#".contains(c))
            || body[..at].trim_end_matches(['"', '\'']).trim_end().ends_with(':')
                && before.is_some_and(|c| c == '"' || c == '\'')
                && !assigns(&body[from..])
        {
            continue;
        }
        // `HttpHeaders.authorizationHeader` is that name too.
        let behind = &body[from..];
        let suffix = behind.get(..6).filter(|suffix| suffix.eq_ignore_ascii_case("header"));
        let Some(value) = assigned(&behind[suffix.map_or(0, str::len)..]) else { continue };
        if value.trim().is_empty() && body.len() > 200 {
            continue;
        }
        let carried = Carried::Value(input.part(value));
        return Some(Recognised::new(InputKind::Text, carried));
    }
    None
}

/// Whether a colon, an equals sign or an arrow stands behind a name and its quote.
fn assigns(behind: &str) -> bool {
    let rest = behind.trim_start_matches(['"', '\'', ']', ' ']);
    rest.starts_with([':', '=']) || rest.starts_with("->")
}

/// What stands behind a name: a separator, perhaps a quote, the value. The quotes are the text's.
fn assigned(behind: &str) -> Option<&str> {
    let rest = behind.trim_start_matches(['"', '\'', ']', '\\', '`']);
    let rest = rest.trim_start_matches([' ', '\t']);
    let rest = ["=>", "->", ":", "=", ","].iter().find_map(|sign| rest.strip_prefix(sign))?;
    let rest = rest.trim_start_matches([' ', '\t']);
    // A field may have several values: Go, Java and gRPC print a list.
    let rest = match rest.strip_prefix('[') {
        Some(listed) if scheme::leading(listed.trim_start_matches(['"', '\''])).is_some() => {
            listed.split(']').next().unwrap_or(listed)
        }
        _ => rest,
    };
    for quote in ["\\\"", "\"", "'", "`", "b\"", "f\"", "b'", "f'"] {
        if let Some(inner) = rest.strip_prefix(quote) {
            let end = quote.trim_start_matches(['b', 'f']);
            return Some(inner.split(end).next().unwrap_or(inner));
        }
    }
    let line = rest.lines().next().unwrap_or_default();
    // Without quotes: the scheme and one word, or one word.
    let mut end = 0;
    for _ in 0..8 {
        let rest = &line[end..];
        let name = rest.get(..14).filter(|name| name.eq_ignore_ascii_case("authorization:"));
        let Some(length) = name.map(str::len).or_else(|| scheme::leading(rest)) else { break };
        end += length;
        end += line[end..].len() - line[end..].trim_start_matches([' ', '\t', ':', '=']).len();
    }
    // A scheme that nobody knows: one word more, where that is the token.
    if let Some((word, rest)) = line[end..].split_once(' ')
        && (1..=24).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && is_token_like(rest)
    {
        end += word.len() + 1;
    }
    let word = line[end..].split(is_blank).next().unwrap_or_default();
    let word = closed(word);
    Some(&line[..end + word.len()])
}

/// A word of a text without the punctuation that closes it.
fn closed(word: &str) -> &str {
    let mut word =
        word.trim_end_matches([',', ';', ')', ']', '}', '"', '\'', '>', '|', '!', '?', ':', '`']);
    // A sentence's full stop; the dot of an empty signature is the second one.
    while word.ends_with('.') && word.matches('.').count() > 2 {
        word = &word[..word.len() - 1];
    }
    word
}

/// A token inside other text: behind `Bearer`, behind the name of a response's member, or by its looks.
fn around(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let text =
        |part: &str| Some(Recognised::new(InputKind::Text, Carried::Credential(input.part(part))));
    let lower = body.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find("bearer ") {
        let start = from + found;
        from = start + "bearer ".len();
        let mut end = from;
        while let Some(length) = scheme::leading(&body[end..]) {
            end += length;
            // What parts the scheme from what follows may be any character.
            end += body[end..].chars().next().map_or(0, char::len_utf8);
        }
        let Some(rest) = body.get(end..) else { continue };
        // What was passed over is not looked at again.
        from = from.max(end);
        let word = closed(rest.split(is_blank).next().unwrap_or_default());
        // An element of XML ends there.
        let word = word.split_once('<').map_or(
            word,
            |(inner, _)| {
                if is_complete(inner) { inner } else { word }
            },
        );
        if is_token_like(word) || opaque::recognise(word).is_some() {
            let value = input.part(&body[start..end + word.len()]);
            return Some(Recognised::new(InputKind::Text, Carried::Value(value)));
        }
    }
    for name in TOKEN_MEMBERS.iter().take(2) {
        if let Some(at) = body.find(name)
            && let Some(value) = assigned(&body[at + name.len()..])
            && value.len() > 8
        {
            return text(value);
        }
    }
    let mut best: Option<&str> = None;
    for word in body.split(|c: char| c.is_whitespace() || "\"'<>()[]{},;`|=:".contains(c)) {
        let word = closed(word);
        if word.split('.').next().is_some_and(is_header_like) && word.contains('.') {
            if is_complete(word) {
                return text(word);
            }
            best = best.or(Some(word));
        }
    }
    if let Some(word) = best {
        return text(word);
    }
    let mut words = body.split(|c: char| c.is_whitespace() || "\"'<>()[]{},;`".contains(c));
    words.find(|word| opaque::recognise(word).is_some()).and_then(|word| text(closed(word)))
}
