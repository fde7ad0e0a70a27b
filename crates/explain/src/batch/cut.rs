//! Bytes as they are read, cut into blocks of whole lines.
//!
//! Decides where a block ends, and keeps no more than [`MAX_LINE_BYTES`] and one byte of any line: the byte tells
//! that it was longer.

use std::fmt;

use super::MAX_LINE_BYTES;

/// Whole lines, and the number of the first.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// Lines are counted from one.
    pub first_line: u64,
    /// The lines with their ends.
    pub bytes: Vec<u8>,
}

/// The state between two reads.
pub struct Cutter {
    line: u64,
    pending: Vec<u8>,
    /// In the rest of a line that is too long.
    skips: bool,
}

// Lines hold tokens: neither shows any.
impl fmt::Debug for Block {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("Block");
        shown.field("first_line", &self.first_line).field("bytes", &self.bytes.len());
        shown.finish()
    }
}

impl fmt::Debug for Cutter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Cutter").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Default for Cutter {
    fn default() -> Self {
        Self { line: 1, pending: Vec::new(), skips: false }
    }
}

impl Cutter {
    /// Takes what was read, and gives the lines that it completes.
    pub fn push(&mut self, bytes: &[u8]) -> Option<Block> {
        let bytes = if self.skips {
            let end = bytes.iter().position(|byte| *byte == b'\n')?;
            self.skips = false;
            bytes.get(end..).unwrap_or_default()
        } else {
            bytes
        };
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.keep(bytes);
            return None;
        };
        let (whole, rest) = bytes.split_at(end + 1);
        let mut lines = std::mem::take(&mut self.pending);
        lines.extend_from_slice(whole);
        self.keep(rest);
        let block = Block { first_line: self.line, bytes: lines };
        self.line += block.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        Some(block)
    }

    /// The last line, where the file ends without a line feed.
    #[must_use]
    pub fn finish(self) -> Option<Block> {
        let Self { line, pending, .. } = self;
        (!pending.is_empty()).then_some(Block { first_line: line, bytes: pending })
    }

    fn keep(&mut self, part: &[u8]) {
        let room = (MAX_LINE_BYTES + 1).saturating_sub(self.pending.len());
        self.pending.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
        self.skips = self.pending.len() > MAX_LINE_BYTES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lines with their numbers, however the text is cut; long ones by their length.
    fn lines(parts: &[&[u8]]) -> Vec<(u64, Vec<u8>)> {
        let mut cutter = Cutter::default();
        let mut blocks: Vec<Block> = parts.iter().filter_map(|part| cutter.push(part)).collect();
        blocks.extend(cutter.finish());
        let mut found = Vec::new();
        for block in blocks {
            let lines = block.bytes.split_inclusive(|byte| *byte == b'\n');
            found.extend((block.first_line..).zip(lines.map(|line| {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                if line.len() > MAX_LINE_BYTES { b"long".to_vec() } else { line.to_vec() }
            })));
        }
        found
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory() {
        let mut cutter = Cutter::default();
        for _ in 0..40 {
            assert_eq!(cutter.push(&[b'a'; 64 * 1024]), None);
            assert!(cutter.pending.len() <= MAX_LINE_BYTES + 1);
        }
        let block = cutter.push(b"a\nb").unwrap();
        assert_eq!((block.first_line, block.bytes.len()), (1, MAX_LINE_BYTES + 2));
        let last = cutter.finish().unwrap();
        assert_eq!((last.first_line, last.bytes.as_slice()), (2, b"b".as_slice()));
    }

    proptest! {
        #[test]
        fn however_the_bytes_come_the_lines_are_the_same(
            text in "[ab\n]{0,40}", cut in 0_usize..40, long in any::<bool>(),
        ) {
            let mut text = text.into_bytes();
            if long {
                let line = [vec![b'\n'], vec![b'x'; MAX_LINE_BYTES + 5], vec![b'\n']].concat();
                let at = cut.min(text.len());
                text.splice(at..at, line);
            }
            let cut = (cut * if long { 10_000 } else { 1 }).min(text.len());
            let whole = lines(&[&text]);
            let halves = lines(&[&text[..cut], &text[cut..]]);
            prop_assert_eq!(&halves, &whole);
            let expected: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
            prop_assert_eq!(whole.len(), expected.len());
        }
    }
}
