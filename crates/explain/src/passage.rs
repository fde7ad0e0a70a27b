//! A text that remembers, for each of its characters, which characters of the input it came from.
//!
//! Every layer that is peeled off and every repair makes a new passage out of an old one, so that a
//! fault found deep inside a decoded token still points at the input. Decides nothing.

use std::fmt;
use std::ops::Range;

use claviger_token::Span;

/// One character's origin: the half-open range of input characters that it stands for.
type Place = (u32, u32);

/// A text with the origin of each character. Its `Debug` shows no text: it may be a credential.
#[derive(Clone)]
pub(crate) struct Passage {
    text: String,
    places: Vec<Place>,
    /// Where the passage begins in the input: all that is known of an empty one.
    start: u32,
}

impl fmt::Debug for Passage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Passage({} characters at {})", self.places.len(), self.start)
    }
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Passage {
    /// Characters of the input as they stand there; `start` is the index of the first.
    pub(crate) fn plain(text: &str, start: usize) -> Self {
        let places =
            text.chars().enumerate().map(|(nth, _)| (narrow(start + nth), narrow(start + nth + 1)));
        Self { places: places.collect(), text: text.to_owned(), start: narrow(start) }
    }

    /// A text that stands for a stretch of the input as a whole.
    pub(crate) fn standing_for(text: &str, span: Span) -> Self {
        let place = (narrow(span.start), narrow(span.end));
        Self {
            places: vec![place; text.chars().count()],
            text: text.to_owned(),
            start: narrow(span.start),
        }
    }

    /// An empty passage that further characters are added to.
    pub(crate) fn empty(start: usize) -> Self {
        Self { text: String::new(), places: Vec::new(), start: narrow(start) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
    /// The number of characters.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Adds a character that stands for these characters of another passage.
    pub(crate) fn push_from(&mut self, c: char, other: &Self, characters: Range<usize>) {
        let span = other.span(characters);
        self.text.push(c);
        self.places.push((narrow(span.start), narrow(span.end)));
    }

    /// The index of the character that begins at this byte.
    pub(crate) fn character_at(&self, byte: usize) -> usize {
        if self.text.len() == self.places.len() {
            return byte.min(self.places.len());
        }
        self.text.char_indices().take_while(|(at, _)| *at < byte).count()
    }

    /// A part, by bytes that lie on character borders; anything else gives an empty part.
    pub(crate) fn bytes(&self, range: Range<usize>) -> Self {
        let Some(text) = self.text.get(range.clone()) else { return Self::empty(self.at(0)) };
        let first = self.character_at(range.start);
        let places = self.places[first..first + text.chars().count()].to_vec();
        let start = places.first().map_or_else(|| narrow(self.at(first)), |place| place.0);
        Self { text: text.to_owned(), places, start }
    }

    /// The part from this byte on.
    pub(crate) fn since(&self, byte: usize) -> Self {
        self.bytes(byte..self.text.len())
    }

    /// Without the characters at both ends that match.
    pub(crate) fn trimmed(&self, matches: impl Fn(char) -> bool) -> Self {
        let end = self.text.trim_end_matches(&matches).len();
        let start = self.text[..end].len() - self.text[..end].trim_start_matches(&matches).len();
        self.bytes(start..end)
    }

    /// Only the characters that match.
    pub(crate) fn filtered(&self, matches: impl Fn(char) -> bool) -> Self {
        let mut kept = Self::empty(self.start as usize);
        for (c, place) in self.text.chars().zip(&self.places) {
            if matches(c) {
                kept.text.push(c);
                kept.places.push(*place);
            }
        }
        kept
    }

    /// Each character replaced by another.
    pub(crate) fn mapped(&self, with: impl Fn(char) -> char) -> Self {
        Self { text: self.text.chars().map(with).collect(), ..self.clone() }
    }

    /// The same with some characters (a range of indices) replaced by a text that stands for them.
    pub(crate) fn with_replaced(&self, characters: Range<usize>, by: &str) -> Self {
        let span = self.span(characters.clone());
        let place = (narrow(span.start), narrow(span.end));
        let bytes = self.byte_at(characters.start)..self.byte_at(characters.end);
        let mut text = self.text.clone();
        text.replace_range(bytes, by);
        let mut places = self.places.clone();
        let end = characters.end.min(places.len());
        let start = characters.start.min(end);
        places.splice(start..end, vec![place; by.chars().count()]);
        Self { text, places, start: self.start }
    }

    fn byte_at(&self, character: usize) -> usize {
        if self.text.len() == self.places.len() {
            return character.min(self.text.len());
        }
        self.text.char_indices().nth(character).map_or(self.text.len(), |(at, _)| at)
    }

    /// Where a character begins in the input; behind the last one, where that ends.
    fn at(&self, character: usize) -> usize {
        match self.places.get(character) {
            Some(place) => place.0 as usize,
            None => self.places.last().map_or(self.start, |place| place.1) as usize,
        }
    }

    /// The stretch of the input that these characters (a range of indices) stand for.
    pub(crate) fn span(&self, characters: Range<usize>) -> Span {
        let start = self.at(characters.start);
        let last = characters.end.min(self.places.len());
        let end = match last.checked_sub(1).filter(|last| *last >= characters.start) {
            Some(last) => self.places[last].1 as usize,
            None => start,
        };
        Span { start: start.min(end), end: end.max(start) }
    }

    /// The stretch of the input that the whole passage stands for.
    pub(crate) fn whole(&self) -> Span {
        self.span(0..self.places.len())
    }

    /// The stretch of the input that a span over this passage's characters stands for.
    pub(crate) fn placed(&self, span: Span) -> Span {
        self.span(span.start..span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_and_repairs_keep_pointing_at_the_input() {
        let passage = Passage::plain("a“bcd”e", 10);
        let inner = passage.trimmed(|c| c == 'a' || c == 'e');
        assert_eq!(inner.text(), "“bcd”");
        assert_eq!(inner.whole(), Span { start: 11, end: 16 });
        let bare = inner.filtered(|c| c.is_ascii());
        assert_eq!((bare.text(), bare.whole()), ("bcd", Span { start: 12, end: 15 }));
        let longer = bare.with_replaced(1..2, "XYZ");
        assert_eq!(longer.text(), "bXYZd");
        assert_eq!(longer.span(1..4), Span { start: 13, end: 14 });
        assert_eq!(longer.span(4..5), Span { start: 14, end: 15 });
        let inserted = bare.with_replaced(3..3, "!");
        assert_eq!((inserted.text(), inserted.span(3..4)), ("bcd!", Span { start: 15, end: 15 }));
        assert_eq!(bare.bytes(2..2).whole(), Span { start: 14, end: 14 });
    }

    proptest! {
        #[test]
        fn every_part_points_at_itself(text in "\\PC{0,20}", from in 0usize..25, to in 0usize..25) {
            let passage = Passage::plain(&text, 0);
            let characters: Vec<char> = text.chars().collect();
            let part = passage.bytes(passage.byte_at(from.min(to))..passage.byte_at(from.max(to)));
            let span = part.whole();
            let meant: String = characters[span.start..span.end].iter().collect();
            prop_assert_eq!(part.text(), meant);
        }
    }
}
