//! An error message without its token: who says it, and what can have led to it.
//!
//! Decides by tables of known wordings, one per ecosystem: the speaker, and the candidate causes with the most
//! probable first. A message proves nothing, so no verdict comes from here, and no certainty beyond *likely*,
//! which is said only where the message itself names the cause.

mod alone;
mod cause;
mod cloud;
mod dotnet;
mod evidence;
mod find;
mod general;
mod go;
mod java;
mod javascript;
mod php_ruby;
mod proxies;
mod python;
mod rust;
mod symbol;
mod words;

use std::ops::Range;

pub(crate) use self::alone::{hides_token, may_hold_message, stands_alone};
use self::cause::{Cause, Says};
use crate::recognise::{Input, Recognised};
use crate::report::Diagnosed;

/// How far a text is looked through: a stack trace fits, and every table is looked up in it.
const LONGEST: usize = 64 * 1024;

/// A wording and what it means; `*` in the wording stands for anything short.
type Row = (&'static str, Cause);

/// One who says such things.
#[derive(Debug)]
struct Speaker {
    name: &'static str,
    rows: &'static [Row],
}

/// Those who can be told by their wording.
const KNOWN: &[&[Speaker]] = &[
    dotnet::SPEAKERS,
    java::SPEAKERS,
    javascript::SPEAKERS,
    python::SPEAKERS,
    go::SPEAKERS,
    rust::SPEAKERS,
    php_ruby::SPEAKERS,
    proxies::SPEAKERS,
    cloud::SPEAKERS,
];

/// A message that was recognised.
#[derive(Debug)]
pub(crate) struct Said {
    speaker: &'static str,
    cause: &'static Cause,
    /// The wording, as the table has it.
    wording: &'static str,
    /// Where it stands in the text, in bytes.
    pub(crate) place: Range<usize>,
}

/// A wording that was met.
struct Met {
    speaker: &'static str,
    row: &'static Row,
    place: Range<usize>,
}

impl Met {
    /// What says more goes first, then what says it in more words.
    fn worth(&self) -> (bool, usize) {
        (self.row.1.says != Says::Nothing, find::literal_length(self.row.0))
    }
}

/// Recognises an error message anywhere in a text.
pub(crate) fn recognise(text: &str) -> Option<Said> {
    let text = head(text);
    let met = best(text, false).or_else(|| best(&text.to_ascii_lowercase(), true))?;
    let (wording, cause) = met.row;
    Some(Said { speaker: met.speaker, cause, wording, place: met.place })
}

/// What the words of a message speak of that stands in no table; only of a text that holds nothing else.
pub(crate) fn by_words(input: &Input<'_>, recognised: &Recognised) -> Option<Said> {
    if !alone::holds_nothing_else(input, recognised) {
        return None;
    }
    let text = head(&input.text);
    let cause = words::cause(text)?;
    Some(Said { speaker: "somebody unknown", cause, wording: "", place: 0..text.len() })
}

/// The part of a text that is looked through.
fn head(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The wording that tells most. One that names its speaker goes before one that anybody uses, and lends its
/// speaker to what stands beside it where it says no cause itself.
fn best(text: &str, folded: bool) -> Option<Met> {
    let known = longest(text, KNOWN.iter().copied().flatten(), folded);
    if !folded && known.as_ref().is_some_and(|met| met.row.1.says != Says::Nothing) {
        return known;
    }
    let general = longest(text, general::SPEAKERS.iter(), folded);
    match (known, general) {
        // In other letter case than its own, a short wording is anybody's.
        (Some(known), Some(general)) if folded => {
            Some(if general.worth() >= known.worth() { general } else { known })
        }
        (Some(known), Some(general)) if general.worth().0 => {
            Some(Met { speaker: known.speaker, ..general })
        }
        (known, general) => known.or(general),
    }
}

fn longest(
    text: &str,
    speakers: impl Iterator<Item = &'static Speaker>,
    folded: bool,
) -> Option<Met> {
    let mut best: Option<Met> = None;
    for speaker in speakers {
        for row in speaker.rows {
            if general::is_common_word(row.0) && text.len() > general::SHORT {
                continue;
            }
            let found = if folded {
                find::wording(text, &row.0.to_ascii_lowercase())
            } else {
                find::wording(text, row.0)
            };
            let Some(place) = found else { continue };
            let met = Met { speaker: speaker.name, row, place };
            if best.as_ref().is_none_or(|best| met.worth() > best.worth()) {
                best = Some(met);
            }
        }
    }
    best
}

impl Said {
    /// Who says it.
    pub(crate) const fn speaker(&self) -> &'static str {
        self.speaker
    }

    /// The candidates, most probable first, with what the message itself tells of them.
    pub(crate) fn candidates(&self, text: &str) -> Vec<Diagnosed> {
        evidence::candidates(self, head(text))
    }

    /// Whether only its words speak.
    const fn is_guessed(&self) -> bool {
        self.wording.is_empty()
    }

    /// Whether it says more than that something was refused.
    pub(crate) fn is_telling(&self) -> bool {
        self.cause.says != Says::Nothing
    }

    /// Who says it.
    pub(crate) fn note(&self) -> String {
        if self.is_guessed() {
            return "this wording is in no list of known messages: its words alone speak"
                .to_owned();
        }
        let wording = self.wording.trim_end().replace('*', "…");
        format!("`{wording}` is said by {}", self.speaker)
    }

    /// Who says it, where to look next, and what the message tells besides.
    pub(crate) fn notes(&self, text: &str) -> Vec<String> {
        let text = head(text);
        let next = evidence::next(text).unwrap_or_else(|| self.cause.look.to_owned());
        let mut notes = vec![self.note(), format!("next: {next}")];
        notes.extend(evidence::notes(self, text));
        notes
    }
}

#[cfg(test)]
mod tests;
