//! A command or call that names a variable which the same text sets: `TOKEN=eyJ…` and then `Bearer $TOKEN`.
//!
//! Decides which value stands for the name; a name that nothing sets stays what it is, a placeholder.

use super::{Carried, Input, InputKind, Recognised, is_header_like};
use crate::passage::Passage;

/// Puts the value into an `Authorization` that names its variable.
pub(super) fn filled(input: &Input<'_>, mut found: Recognised) -> Recognised {
    let is_command = found.kind == InputKind::Command;
    let place = match &mut found.carried {
        Carried::Value(value) => Some(value),
        Carried::Request(request) => {
            let field = request.fields.iter_mut().find(|field| field.is("authorization"));
            // A shell leaves alone what stands between single quotes.
            let literal = |field: &&mut super::Field| {
                let start = field.name.whole().start;
                is_command
                    && start > 0
                    && input.text.chars().nth(start - 1).is_some_and(|before| before == '\'')
            };
            field.filter(|field| !literal(field)).map(|field| &mut field.value)
        }
        _ => None,
    };
    if let Some(value) = place
        && let Some(full) = full(input, value)
    {
        *value = full;
    }
    found
}

fn full(input: &Input<'_>, value: &Passage) -> Option<Passage> {
    let text = value.text();
    let at = text.find('$')?;
    let marked = &text[at + 1..];
    let name = marked.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(marked);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let token = input.part(set(&input.text, name)?);
    let mut out = value.bytes(0..at);
    for (nth, c) in token.text().chars().enumerate() {
        out.push_from(c, &token, nth..nth + 1);
    }
    Some(out)
}

/// The token that a name is set to: `NAME=…`, `$NAME = "…"`.
fn set<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.match_indices(name).take(64).find_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || "_{".contains(c)) {
            return None;
        }
        let value = text[at + name.len()..].trim_start_matches([' ', '\t']).strip_prefix('=')?;
        let value = value.trim_start_matches([' ', '\t', '"', '\'']);
        let end = value.find(|c: char| c.is_whitespace() || "\"';&".contains(c));
        let value = &value[..end.unwrap_or(value.len())];
        is_header_like(value).then_some(value)
    })
}
