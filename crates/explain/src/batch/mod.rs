//! A whole log: which requests were refused, for which cause, by whom to be mended.
//!
//! Lines of any usual format go in ([`Batch::block`]), or a HAR file ([`Batch::archive`]); out come
//! [`Groups`] of refusals by cause, client and issuer. A line that carries a credential is judged by the given
//! policy and keys as of the line's own time, as [`explain`](crate::explain()) judges it; where it shows none, the cause
//! is the one that it names, and else it stays unexplained. Never repeats a line: of a log only names,
//! paths without query, times and line numbers are told.
//!
//! Memory is bounded whatever the log: lines, remembered credentials and rows are. Two parts of a log can be
//! read by two threads, each with a [`Batch`], and merged.

mod archive;
mod cut;
mod event;
mod format;
mod groups;
mod gunzip;
mod memory;
mod moment;
mod plain;
mod said;
mod table;

use std::sync::Arc;

use claviger_token::Code;

use self::event::Event;
use self::groups::{Cause, Refused, Why};
use self::memory::{Judged, Memory};
use crate::opaque;
use crate::report::Certainty;
use crate::surroundings::Surroundings;

pub use self::archive::is_archive;
pub use self::cut::{Block, Cutter};
pub use self::groups::{Groups, Span};
pub use self::gunzip::{Damaged, Gunzip, is_gzip};
pub use self::table::table;

/// The longest line that is looked at: the longest token with all that may stand around it.
pub const MAX_LINE_BYTES: usize = 4 * claviger_token::MAX_TOKEN_BYTES;

/// The budget for the repairs of one credential: enough for every repair that is one step, not for the
/// search of a wrong character, which costs twenty times as much. Thousands of damaged tokens must not
/// take hours.
pub const BATCH_BUDGET: u32 = 16;

/// Texts without which no line carries a credential that could be judged.
const MARKS: &[&str] =
    &["eyJ", "ewog", "earer", "EARER", "uthorization", "UTHORIZATION", "access_token"];

/// Reads a log, or a part of one.
#[derive(Debug)]
pub struct Batch {
    surroundings: Arc<Surroundings>,
    memory: Memory,
    groups: Groups,
}

impl Batch {
    /// Begins. The surroundings' time is that of lines without one.
    #[must_use]
    pub fn new(surroundings: Arc<Surroundings>) -> Self {
        Self { surroundings, memory: Memory::default(), groups: Groups::default() }
    }

    /// Reads whole lines.
    pub fn block(&mut self, block: &Block) {
        let lines = block.bytes.split_inclusive(|byte| *byte == b'\n');
        for (number, line) in (block.first_line..).zip(lines) {
            self.line(number, line.strip_suffix(b"\n").unwrap_or(line));
        }
    }

    /// Ends, and gives what was counted.
    #[must_use]
    pub fn finish(self) -> Groups {
        self.groups
    }

    fn line(&mut self, number: u64, bytes: &[u8]) {
        self.groups.lines += 1;
        if bytes.len() > MAX_LINE_BYTES {
            self.groups.long_lines += 1;
            self.groups.other_lines += 1;
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        let line = format::unwrapped(&text);
        let event = format::read(&line);
        if event.is_request() {
            self.request(number, &line, &event);
        } else {
            self.text(number, &line, &event);
        }
    }

    /// A line with a status, or with a cause that a gate named.
    fn request(&mut self, number: u64, line: &str, event: &Event<'_>) {
        self.groups.request(event.time);
        let refused = match (event.status, event.code) {
            (Some(401 | 403), _) | (None, Some(_)) => true,
            (Some(status), Some(_)) => status >= 400,
            _ => false,
        };
        if !refused {
            return;
        }
        let now = event.time.unwrap_or_else(|| self.surroundings.now());
        let judged = match carries(line) && !event.without_credential {
            true => self.memory.judge(line, &self.surroundings, now),
            false => None,
        };
        count(&mut self.groups, number, event, judged);
    }

    /// A line that says nothing of an answer: a token, a header, the text of an error.
    fn text(&mut self, number: u64, line: &str, event: &Event<'_>) {
        let now = event.time.unwrap_or_else(|| self.surroundings.now());
        let word = line.trim();
        // Alone on its line, a token of a known family needs no other mark.
        let is_family = !word.contains([' ', '\t']) && opaque::recognise(word).is_some();
        let judged = match is_family || carries(line) {
            true => self.memory.judge(line, &self.surroundings, now),
            false => None,
        };
        let named = event.text.as_deref().and_then(said::code);
        match &judged {
            None if named.is_none() => {
                self.groups.other_lines += 1;
                return;
            }
            Some((Judged::Accepted, _)) => self.groups.accepted += 1,
            Some((Judged::Open, _)) if named.is_none() => self.groups.undetermined += 1,
            _ => {
                self.groups.request(event.time);
                count(&mut self.groups, number, event, judged);
                return;
            }
        }
        self.groups.request(event.time);
    }
}

/// Whether a line may carry a credential.
fn carries(line: &str) -> bool {
    MARKS.iter().any(|mark| line.contains(mark))
}

/// Counts a refusal under its cause: what judging proves, else what the log names, else none.
fn count(
    groups: &mut Groups,
    number: u64,
    event: &Event<'_>,
    judged: Option<(Judged, &memory::Known)>,
) {
    let (verdict, known) = judged.unzip();
    let named = || event.code.or_else(|| event.text.as_deref().and_then(said::code));
    let (cause, certainty) = match verdict {
        Some(Judged::Refused(code, certainty)) => (Cause::Known(code), certainty),
        _ => match (named(), verdict) {
            // Our own gate judged it, with what it knew then.
            (Some(code), _) if event.diagnosis.is_some() => (Cause::Known(code), Certainty::Likely),
            (Some(code), _) => (Cause::Known(code), Certainty::Possible),
            (None, None) if event.without_credential => {
                (Cause::Known(Code::CredentialMissing), Certainty::Likely)
            }
            (None, verdict) => {
                let why = match verdict {
                    Some(Judged::Accepted) => Why::Accepted,
                    Some(_) => Why::Open,
                    None => Why::Silent,
                };
                (Cause::Unexplained(event.status, why), Certainty::Possible)
            }
        },
    };
    let client = known.and_then(|known| known.client.as_deref()).or(event.client.as_deref());
    let issuer = known.and_then(|known| known.issuer.as_deref()).or(event.issuer.as_deref());
    groups.refuse(&Refused {
        cause,
        certainty,
        client,
        issuer,
        address: event.address.as_deref(),
        target: event.target.as_deref(),
        time: event.time,
        diagnosis: event.diagnosis.as_deref(),
        line: number,
    });
}

#[cfg(test)]
mod tests;
