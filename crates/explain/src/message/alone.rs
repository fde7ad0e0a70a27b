//! Whether a message came without its token.
//!
//! Decides for the token wherever there may be one: a request, a command, a HAR file, a header of a request, and
//! any text of which the part that was taken for the credential is not the message itself.

use super::Said;
use crate::opaque;
use crate::passage::Passage;
use crate::recognise::{Carried, Input, InputKind, Recognised, is_token_like};
use claviger_token::presentation::is_placeholder;

/// Whether the message is all that there is to be judged by.
pub(crate) fn stands_alone(input: &Input<'_>, recognised: &Recognised, said: &Said) -> bool {
    if !may_hold_message(recognised.kind)
        || is_request_header(&input.text)
        || holds_token(&input.text)
    {
        return false;
    }
    let passage = match &recognised.carried {
        Carried::Nothing => return true,
        Carried::Credential(passage) | Carried::Value(passage) => passage,
        Carried::Request(_) | Carried::TooLong(_) => return false,
    };
    if overlaps(input, passage, said) {
        !may_be_token(passage.text())
    } else {
        is_qualified_name(passage.text())
    }
}

/// Whether a text holds no token, no header and nothing that was taken for a credential.
pub(super) fn holds_nothing_else(input: &Input<'_>, recognised: &Recognised) -> bool {
    may_hold_message(recognised.kind)
        && matches!(recognised.carried, Carried::Nothing)
        && !is_request_header(&input.text)
        && !holds_token(&input.text)
}

/// Whether what was taken for the credential is a part of the message, while the text holds a token elsewhere.
pub(crate) fn hides_token(input: &Input<'_>, recognised: &Recognised, said: &Said) -> bool {
    let (Carried::Credential(passage) | Carried::Value(passage)) = &recognised.carried else {
        return false;
    };
    may_hold_message(recognised.kind)
        && overlaps(input, passage, said)
        && !may_be_token(passage.text())
        && holds_token(&input.text)
}

fn overlaps(input: &Input<'_>, passage: &Passage, said: &Said) -> bool {
    let span = passage.whole();
    let start = input.character_at(said.place.start);
    let end = input.character_at(said.place.end);
    span.start < end && start < span.end
}

/// Whether any word has the shape of a compact token.
fn holds_token(text: &str) -> bool {
    let is_border = |c: char| c.is_whitespace() || "\"'<>()[]{},;`|=:".contains(c);
    text.split(is_border).any(is_token_like)
}

/// `package.Class.method` of a stack trace, which the shape of an opaque token may fit by chance.
fn is_qualified_name(text: &str) -> bool {
    text.contains('.')
        && text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"._$".contains(&byte))
}

/// Kinds of input in which a message is looked for.
pub(crate) const fn may_hold_message(kind: InputKind) -> bool {
    !matches!(kind, InputKind::Empty | InputKind::Request | InputKind::Command | InputKind::Har)
}

/// `Authorization: …` alone: what a client sent, however odd.
fn is_request_header(text: &str) -> bool {
    const NAME: &str = "authorization:";
    let body = text.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
    body.get(..NAME.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(NAME))
}

/// Whether any word of what was taken for the credential may be one.
fn may_be_token(text: &str) -> bool {
    let is_border = |c: char| c.is_whitespace() || "\"'<>()[]{},;`|=:".contains(c);
    let mut after_scheme = false;
    for word in text.split(is_border).filter(|word| !word.is_empty()) {
        if is_token_like(word) || opaque::recognise(word).is_some() {
            return true;
        }
        // `Bearer token` is how messages speak of it.
        if after_scheme && !word.eq_ignore_ascii_case("token") && is_placeholder(word) {
            return true;
        }
        after_scheme = word.eq_ignore_ascii_case("bearer");
    }
    false
}
