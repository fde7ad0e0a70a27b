//! Rotated logs are compressed (RFC 1952): gzip members, one after another, undone as they are read.
//!
//! Decides where a member begins and ends. The length at a member's end is compared; its CRC is not, for a
//! damaged log is still worth reading up to the damage. Memory is that of the window, whatever comes out.

use std::fmt;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// What a gzip file begins with, the method (deflate) included.
const MAGIC: [u8; 3] = [0x1F, 0x8B, 8];

/// Whether a file begins as a gzip file does.
#[must_use]
pub fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Why no more comes out of a compressed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the gzip file is damaged")
    }
}
impl std::error::Error for Damaged {}

/// Where in a member we are. Header parts carry how many of their bytes were seen.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The ten fixed bytes.
    Head(usize),
    ExtraLength(usize),
    Extra(usize),
    Name,
    Comment,
    HeaderCheck(usize),
    Body,
    Tail(usize),
}

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEADER_CHECK: u8 = 2;

/// The state between two reads.
pub struct Gunzip {
    part: Part,
    flags: u8,
    length: usize,
    state: Box<InflateState>,
    written: u32,
    /// The length at the member's end, as far as it was seen.
    size: u32,
    members: u64,
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Gunzip").field("part", &self.part).finish_non_exhaustive()
    }
}

impl Default for Gunzip {
    fn default() -> Self {
        Self {
            part: Part::Head(0),
            flags: 0,
            length: 0,
            state: InflateState::new_boxed(DataFormat::Raw),
            written: 0,
            size: 0,
            members: 0,
        }
    }
}

impl Gunzip {
    /// Takes from the input and puts into the output; says how many bytes of each. When neither moves,
    /// more input is needed.
    ///
    /// # Errors
    /// Where the file is no longer one of gzip.
    pub fn undo(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Damaged> {
        let mut taken = 0;
        while let Some(byte) = input.get(taken).copied() {
            if matches!(self.part, Part::Body) {
                break;
            }
            if !self.frame(byte)? {
                // Zeros behind the last member are padding (tapes, block devices).
                return Ok((input.len(), 0));
            }
            taken += 1;
        }
        if !matches!(self.part, Part::Body) {
            return Ok((taken, 0));
        }
        let rest = input.get(taken..).unwrap_or_default();
        let done = inflate(&mut self.state, rest, output, MZFlush::None);
        self.written = self.written.wrapping_add(done.bytes_written as u32);
        match done.status {
            Ok(MZStatus::StreamEnd) => self.part = Part::Tail(0),
            Ok(MZStatus::Ok) | Err(MZError::Buf) => {}
            _ => return Err(Damaged),
        }
        Ok((taken + done.bytes_consumed, done.bytes_written))
    }

    /// Whether the file may end here.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self.part, Part::Head(0)) && self.members > 0
    }

    /// One byte of what stands around a body; false where padding begins.
    fn frame(&mut self, byte: u8) -> Result<bool, Damaged> {
        self.part = match self.part {
            Part::Head(0) if self.members > 0 && byte == 0 => return Ok(false),
            Part::Head(nth) => {
                if MAGIC.get(nth).is_some_and(|magic| *magic != byte) {
                    return Err(Damaged);
                }
                if nth == 3 {
                    self.flags = byte;
                }
                if nth < 9 { Part::Head(nth + 1) } else { self.behind(EXTRA) }
            }
            Part::ExtraLength(0) => {
                self.length = usize::from(byte);
                Part::ExtraLength(1)
            }
            Part::ExtraLength(_) => {
                self.length |= usize::from(byte) << 8;
                if self.length == 0 { self.behind(NAME) } else { Part::Extra(1) }
            }
            Part::Extra(nth) if nth < self.length => Part::Extra(nth + 1),
            Part::Extra(_) => self.behind(NAME),
            Part::Name if byte == 0 => self.behind(COMMENT),
            Part::Name => Part::Name,
            Part::Comment if byte == 0 => self.behind(HEADER_CHECK),
            Part::Comment => Part::Comment,
            Part::HeaderCheck(0) => Part::HeaderCheck(1),
            Part::HeaderCheck(_) => self.body(),
            Part::Body => Part::Body,
            Part::Tail(nth @ 0..4) => Part::Tail(nth + 1),
            Part::Tail(nth) => {
                self.size = self.size >> 8 | u32::from(byte) << 24;
                if nth < 7 {
                    Part::Tail(nth + 1)
                } else if self.size == self.written {
                    self.members += 1;
                    Part::Head(0)
                } else {
                    return Err(Damaged);
                }
            }
        };
        Ok(true)
    }

    /// The next part of the header from this flag on.
    fn behind(&mut self, from: u8) -> Part {
        let has = |flag: u8| self.flags & flag != 0;
        if from == EXTRA && has(EXTRA) {
            Part::ExtraLength(0)
        } else if matches!(from, EXTRA | NAME) && has(NAME) {
            Part::Name
        } else if from != HEADER_CHECK && has(COMMENT) {
            Part::Comment
        } else if has(HEADER_CHECK) {
            Part::HeaderCheck(0)
        } else {
            self.body()
        }
    }

    fn body(&mut self) -> Part {
        self.state.reset(DataFormat::Raw);
        (self.written, self.size) = (0, 0);
        Part::Body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A member with these flags.
    fn member(text: &[u8], flags: u8) -> Vec<u8> {
        let mut out = vec![0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3];
        if flags & EXTRA != 0 {
            out.extend([3, 0, 1, 2, 3]);
        }
        if flags & NAME != 0 {
            out.extend(b"access.log\0");
        }
        if flags & COMMENT != 0 {
            out.extend(b"c\0");
        }
        if flags & HEADER_CHECK != 0 {
            out.extend([9, 9]);
        }
        out.extend(miniz_oxide::deflate::compress_to_vec(text, 6));
        out.extend([0, 0, 0, 0]);
        out.extend((text.len() as u32).to_le_bytes());
        out
    }

    fn undone(bytes: &[u8], piece: usize, room: usize) -> Result<(Vec<u8>, bool), Damaged> {
        let (mut gunzip, mut out) = (Gunzip::default(), Vec::new());
        let mut buffer = vec![0; room];
        for piece in bytes.chunks(piece) {
            let mut rest = piece;
            loop {
                let (taken, put) = gunzip.undo(rest, &mut buffer)?;
                rest = &rest[taken..];
                out.extend_from_slice(&buffer[..put]);
                if taken == 0 && put == 0 {
                    break;
                }
            }
            assert!(rest.is_empty());
        }
        Ok((out, gunzip.is_whole()))
    }

    #[test]
    fn members_with_every_kind_of_header_are_undone() {
        let text = b"10.0.0.9 - - GET /orders\n".repeat(5_000);
        for flags in [0, EXTRA, NAME, COMMENT, HEADER_CHECK, 30] {
            let file = member(&text, flags);
            assert!(is_gzip(&file));
            for (piece, room) in [(1, 1000), (7, 64), (usize::MAX, 1 << 20)] {
                assert_eq!(undone(&file, piece, room), Ok((text.clone(), true)), "{flags}");
            }
        }
        let several =
            [member(b"a\n", 0), member(b"", NAME), member(b"b\n", 0), vec![0; 9]].concat();
        assert_eq!(undone(&several, 3, 8), Ok((b"a\nb\n".to_vec(), true)));
    }

    #[test]
    fn a_damaged_or_cut_file_is_told() {
        let file = member(b"some text\n", 0);
        assert_eq!(undone(&file[..file.len() - 1], 4, 8).map(|(_, whole)| whole), Ok(false));
        let mut wrong = file.clone();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(undone(&wrong, 4, 8), Err(Damaged));
        assert_eq!(undone(b"no gzip at all", 4, 8), Err(Damaged));
        assert_eq!(undone(&[file, b"more".to_vec()].concat(), 4, 8), Err(Damaged));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body: Vec<u8>, flags: u8, piece in 1_usize..9) {
            let _ = undone(&[&[0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3], &body[..]].concat(), piece, 64);
        }

        #[test]
        fn whatever_was_packed_comes_out(text: Vec<u8>, piece in 1_usize..99, room in 1_usize..99) {
            prop_assert_eq!(undone(&member(&text, 0), piece, room), Ok((text, true)));
        }
    }
}
