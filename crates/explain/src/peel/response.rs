//! A whole token response where the token is due (RFC 6749 §5.1): JSON, form encoding, a Python dictionary.

use claviger_token::{Code, Fault};

use super::Step;
use crate::passage::Passage;
use crate::recognise::is_header_like;
use crate::recognise::json;
use crate::recognise::response_members;

pub(crate) fn response(passage: &Passage) -> Option<Step> {
    let text = passage.text();
    // Go prints a map as `map[access_token:eyJ… expires_in:300]`.
    let (member, rest) = if ["{", "[", "map["].iter().any(|open| text.starts_with(open)) {
        in_json(passage).or_else(|| in_broken_json(passage))?
    } else {
        in_form(passage)?
    };
    let fault = Fault::new(Code::ResponseInsteadOfToken).with("member", member).at(passage.whole());
    (!rest.is_empty() && rest.len() < passage.len()).then(|| Step::new(fault, rest))
}

fn in_json(passage: &Passage) -> Option<(&'static str, Passage)> {
    let text = passage.text();
    let (node, _) = json::parse(text, 0)?;
    response_members().iter().find_map(|name| {
        let found = node.find(text, name)?;
        Some((*name, found.passage(&passage.bytes(found.inner.clone()))))
    })
}

/// JSON that was cut or lost its quotes on the way through a shell: `{access_token:eyJ…,expires_in:300}`.
fn in_broken_json(passage: &Passage) -> Option<(&'static str, Passage)> {
    let text = passage.text();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    response_members().iter().find_map(|name| {
        // Within a token the letters of a name are letters like others.
        let at = text.match_indices(name).find_map(|(at, _)| {
            let end = at + name.len();
            let alone = !text[..at].ends_with(is_name) && !text[end..].starts_with(is_name);
            alone.then_some(end)
        })?;
        let skip = |text: &str| {
            text.len() - text.trim_start_matches(['"', '\'', '\\', ':', '=', ' ', '>']).len()
        };
        let start = at + skip(&text[at..]);
        let end = text[start..]
            .find(|c: char| c.is_whitespace() || "\"',}]\\&;".contains(c))
            .map_or(text.len(), |end| start + end);
        (end > start + 8).then(|| (*name, passage.bytes(start..end)))
    })
}

fn in_form(passage: &Passage) -> Option<(&'static str, Passage)> {
    let text = passage.text();
    if !text.contains('=') {
        return None;
    }
    response_members().iter().find_map(|name| {
        let mut at = 0;
        for pair in text.split('&') {
            let here = at;
            at += pair.len() + 1;
            let Some((key, value)) = pair.trim_start_matches(['?', '#']).split_once('=') else {
                continue;
            };
            let is_it = key == *name;
            // `token=eyJ…` alone is a name in front of a token; several members are a response.
            let several = text.contains("&expires_in=")
                || text.contains("&token_type=")
                || text.contains("token_type=");
            if is_it
                && (several || key.starts_with("access"))
                && (is_header_like(value.split('.').next().unwrap_or_default()) || value.len() > 15)
            {
                let start = here + pair.len() - value.len();
                return Some((*name, passage.bytes(start..start + value.len())));
            }
        }
        None
    })
}
