//! HAR files in a batch: every request of the recording, not only the one that matters most.
//!
//! Decides what is counted: entries that were refused. How an entry is read is `recognise::har`'s matter.

use claviger_token::Code;

use crate::batch::event::Event;
use crate::batch::memory::Judged;
use crate::batch::{Batch, MAX_LINE_BYTES, count, moment};
use crate::passage::Passage;
use crate::recognise::{Carried, Input, InputKind, Recognised, har, json};
use crate::report::Certainty;

/// Whether a file begins as a HAR file does.
#[must_use]
pub fn is_archive(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut plain = head.iter().filter(|byte| !byte.is_ascii_whitespace());
    b"{\"log\":{".iter().all(|expected| plain.next() == Some(expected))
}

impl Batch {
    /// Reads a HAR file: each entry counts as a line.
    ///
    /// Returns false, and counts nothing, where it is none.
    pub fn archive(&mut self, bytes: &[u8]) -> bool {
        let input = Input::read(bytes);
        let text = input.text.trim_start_matches('\u{FEFF}');
        let Some(node) = json::whole(text) else { return false };
        // Where a part stands in the file is not told of a batch, and counting up to it would take long.
        let place = |inner: std::ops::Range<usize>| {
            let part = text.get(inner).unwrap_or_default();
            Passage::plain(&part[..part.floor_char_boundary(MAX_LINE_BYTES)], 0)
        };
        let Some(entries) = har::entries(text, &node) else { return false };
        for (nth, entry) in entries.iter().enumerate() {
            let number = nth as u64 + 1;
            self.groups.lines += 1;
            let status = har::status(text, entry);
            let time = entry.member(text, "startedDateTime").and_then(json::Node::text);
            let time = time.and_then(|time| moment::whole(&time.read(text)));
            self.groups.request(time);
            if !matches!(status, Some(401 | 403)) {
                continue;
            }
            let earlier = entries.get(nth.saturating_sub(EARLIER)..nth).unwrap_or_default();
            let request = har::read(text, entry, earlier, &place);
            let event = Event {
                time,
                status,
                target: request.target.as_ref().map(|target| target.text().to_owned().into()),
                text: har::challenge(text, entry).map(Into::into),
                ..Event::default()
            };
            let recognised = Recognised {
                kind: InputKind::Har,
                carried: Carried::Request(Box::new(request)),
                notes: Vec::new(),
            };
            let now = time.unwrap_or_else(|| self.surroundings.now());
            let judged = self
                .memory
                .judge_recognised(&input, &recognised, &self.surroundings, now)
                .map(|(judged, known)| (weakened(judged), known));
            count(&mut self.groups, number, &event, judged);
        }
        true
    }
}

/// Browsers leave credentials out of what they export, unless told otherwise.
const fn weakened(judged: Judged) -> Judged {
    match judged {
        Judged::Refused(Code::CredentialMissing, _) => {
            Judged::Refused(Code::CredentialMissing, Certainty::Likely)
        }
        judged => judged,
    }
}

/// How far back a redirect is looked for.
const EARLIER: usize = 64;
