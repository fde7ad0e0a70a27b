//! What must not be said to others, and the texts in which it is blotted out.
//!
//! The last line of defence behind the choice of what is shown: a masked claim's value can come again in a
//! fault's evidence, a note or a check, as can a piece of a signature. Blots out rather too much.

use std::collections::BTreeSet;

use serde_json::Value;

use super::claims;
use crate::report::Report;
use crate::surroundings::Surroundings;

/// So many bytes in a row of something hidden are blotted out.
const WINDOW: usize = 12;

/// A shorter hidden value is blotted out where it stands as a word of its own.
const SHORTEST: usize = 3;

/// More short values are not looked for: each costs a walk over every text.
const MOST_SHORT: usize = 200;

/// A longer word of letters and digits may be a credential.
const LONGEST_WORD: usize = 20;

/// What is written for what is not shown.
pub(super) const MASK: &str = "(masked)";

/// What is hidden, and what is known to be harmless.
#[derive(Default)]
pub(super) struct Hide {
    windows: BTreeSet<[u8; WINDOW]>,
    short: BTreeSet<String>,
    /// Names of files as they were given, and without the folders that they stand in.
    paths: Vec<(String, String)>,
    /// Long words that are shown: the names of keys, audiences, clients.
    words: BTreeSet<String>,
}

fn windows(text: &str) -> impl Iterator<Item = [u8; WINDOW]> {
    text.as_bytes().windows(WINDOW).filter_map(|part| part.try_into().ok())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_+=".contains(c)
}

/// The last part of a path; a URL without its user, query and fragment.
pub(super) fn short_name(name: &str) -> String {
    if let Some((scheme, rest)) = name.split_once("://") {
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
        let host = host.rsplit('@').next().unwrap_or_default();
        let slash = if path.is_empty() { "" } else { "/" };
        return format!("{scheme}://{host}{slash}{path}");
    }
    name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

impl Hide {
    pub(super) fn new(report: &Report, surroundings: &Surroundings) -> Self {
        let mut hide = Self::default();
        let mut shown = Vec::new();
        let mut hidden = Vec::new();
        if let Some(token) = &report.token {
            claims::sort(&token.header, claims::is_shown_of_header, &mut shown, &mut hidden);
            claims::sort(&token.claims, claims::is_shown, &mut shown, &mut hidden);
        }
        // The issuer's own word about the token names people as the token does.
        if let Some(Ok(answer)) = surroundings.introspection.as_ref().map(|asked| &asked.answer) {
            claims::sort(answer, claims::is_shown, &mut shown, &mut hidden);
        }
        let policy = &surroundings.policy;
        for list in [&policy.issuers, &policy.audiences, &policy.scopes] {
            shown.extend(list.iter().cloned());
        }
        for (name, value) in &policy.pinned {
            if claims::is_shown(name) { &mut shown } else { &mut hidden }.push(value.clone());
        }
        for one in &report.faults {
            hidden.extend(claims::told_of_a_person(&one.fault));
        }
        let keys = surroundings.keys.keys().iter();
        shown.extend(keys.filter_map(|key| key.kid().map(str::to_owned)));
        shown.extend(surroundings.unusable.iter().map(|(kid, _)| kid.clone()));
        shown.extend(report.signers.iter().filter_map(|signer| signer.thumbprint.clone()));
        for given in &surroundings.given {
            hide.call(&given.name);
        }
        for source in &surroundings.sources {
            hide.call(&source.name);
        }
        if let Some((name, _)) = &surroundings.fresh {
            hide.call(name);
        }
        for text in &hidden {
            hide.windows.extend(windows(text));
            if (SHORTEST..WINDOW).contains(&text.len()) && hide.short.len() < MOST_SHORT {
                hide.short.insert(text.clone());
            }
        }
        for text in &shown {
            for window in windows(text) {
                hide.windows.remove(&window);
            }
            hide.short.remove(text);
            let words = text.split(|c| !is_word(c)).filter(|word| word.len() > LONGEST_WORD);
            hide.words.extend(words.map(str::to_owned));
        }
        // What works is never shown, whoever else has written it somewhere.
        let secret: String =
            report.picture.secret().chars().filter(|c| !c.is_whitespace()).collect();
        hide.windows.extend(windows(&secret));
        if let Some((_, signature)) = report.credential().and_then(|text| text.rsplit_once('.')) {
            hide.windows.extend(windows(signature));
        }
        for secret in &surroundings.secrets {
            hide.windows.extend(windows(&String::from_utf8_lossy(&secret.bytes)));
        }
        hide
    }

    fn call(&mut self, name: &str) {
        let short = short_name(name);
        if short == *name {
            return;
        }
        // Evidence may have been shortened, as a sentence does.
        let begin: String = name.chars().take(120).collect();
        self.paths.push((name.to_owned(), short.clone()));
        self.paths.push((begin, short));
    }

    /// A text without what must not be said.
    pub(super) fn blot(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (path, name) in &self.paths {
            if text.contains(path.as_str()) {
                text = text.replace(path.as_str(), name);
            }
        }
        let covered = self.covered(&text);
        let mut out = String::with_capacity(text.len());
        let mut inside = false;
        for (at, c) in text.char_indices() {
            let hidden = covered[at..at + c.len_utf8()].contains(&true);
            if hidden && !inside {
                out.push_str(MASK);
            } else if !hidden {
                out.push(c);
            }
            inside = hidden;
        }
        out
    }

    /// As [`Self::blot`], with as many characters as before: a caret may point at them.
    pub(super) fn dotted(&self, text: &str) -> String {
        let covered = self.covered(text);
        text.char_indices()
            .map(|(at, c)| {
                let hidden = covered[at..at + c.len_utf8()].contains(&true);
                if hidden { '…' } else { c }
            })
            .collect()
    }

    /// Which bytes of a text are to be hidden.
    fn covered(&self, text: &str) -> Vec<bool> {
        let mut covered = vec![false; text.len()];
        for (at, part) in text.as_bytes().windows(WINDOW).enumerate() {
            if <[u8; WINDOW]>::try_from(part).is_ok_and(|part| self.windows.contains(&part)) {
                covered[at..at + WINDOW].fill(true);
            }
        }
        for value in &self.short {
            for (at, _) in text.match_indices(value.as_str()) {
                let before = text[..at].chars().next_back();
                let behind = text[at + value.len()..].chars().next();
                if ![before, behind].iter().flatten().any(|c| c.is_alphanumeric()) {
                    covered[at..at + value.len()].fill(true);
                }
            }
        }
        let mut start = 0;
        for word in text.split_inclusive(|c| !is_word(c)) {
            let bare = word.trim_end_matches(|c| !is_word(c));
            let mixed = bare.contains(|c: char| c.is_ascii_digit())
                && bare.contains(|c: char| c.is_ascii_alphabetic());
            if bare.len() > LONGEST_WORD && mixed && !self.words.contains(bare) {
                covered[start + 4..start + bare.len()].fill(true);
            }
            start += word.len();
        }
        for (at, _) in text.match_indices('@') {
            let local: usize = text[..at]
                .chars()
                .rev()
                .take_while(|c| c.is_alphanumeric() || "._%+-:".contains(*c))
                .map(char::len_utf8)
                .sum();
            let domain: &str = text[at + 1..]
                .split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'))
                .next()
                .unwrap_or_default();
            // Google's machines have addresses too.
            if domain.contains('.') && !domain.ends_with(".gserviceaccount.com") {
                covered[at - local..at].fill(true);
            }
        }
        covered
    }
}

/// Every scalar in a value, as text.
pub(super) fn scalars(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Number(number) => out.push(number.to_string()),
        Value::Array(list) => list.iter().for_each(|one| scalars(one, out)),
        Value::Object(members) => members.iter().for_each(|(name, one)| {
            out.push(name.clone());
            scalars(one, out);
        }),
        Value::Bool(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hiding(hidden: &[&str], words: &[&str]) -> Hide {
        let mut hide = Hide::default();
        for text in hidden {
            hide.windows.extend(windows(text));
            if text.len() < WINDOW {
                hide.short.insert((*text).to_owned());
            }
        }
        hide.words.extend(words.iter().map(|word| (*word).to_owned()));
        hide
    }

    #[test]
    fn hidden_values_are_blotted_out_wherever_they_stand() {
        let hide = hiding(&["Margaret Hamilton", "Ada"], &[]);
        assert_eq!(hide.blot("`Margaret Hamilton` is here"), "`(masked)` is here");
        assert_eq!(hide.blot("rgaret Hamilt"), "(masked)");
        assert_eq!(hide.blot("Ada, not Adam"), "(masked), not Adam");
        assert_eq!(hide.dotted("by Ada"), "by ………");
        assert_eq!(hide.blot("name@corp.example"), "(masked)@corp.example");
        assert_eq!(hide.blot("x@a.iam.gserviceaccount.com"), "x@a.iam.gserviceaccount.com");
        assert_eq!(hide.blot("é@é.é ÄÖÜ@x.y"), "(masked)@é.é (masked)@x.y");
    }

    #[test]
    fn long_words_are_shown_only_where_they_are_known() {
        let word = "abc123abc123abc123abc123";
        assert_eq!(hiding(&[], &[]).blot(&format!("é {word}.")), "é abc1(masked).");
        assert_eq!(hiding(&[], &[word]).blot(word), word);
        assert_eq!(
            hiding(&[], &[]).blot("requestedAccessTokenVersion"),
            "requestedAccessTokenVersion"
        );
    }

    #[test]
    fn names_of_files_lose_their_folders_and_addresses_their_user_and_query() {
        assert_eq!(short_name("/srv/ada/keys/jwks.json"), "jwks.json");
        assert_eq!(short_name("C:\\keys\\a.pem"), "a.pem");
        assert_eq!(short_name("https://u:p@h.example/jwks?key=1#x"), "https://h.example/jwks");
        assert_eq!(short_name("https://h.example"), "https://h.example");
    }
}
