//! As much CBOR (RFC 8949) as authenticators write: CTAP2's canonical form, which has definite lengths, no floats
//! and little nesting. Anything else is refused; nothing is ever copied.

/// CTAP2 §8 nests four deep; attestation statements, which nobody looks at, a little deeper.
const DEEPEST: usize = 8;
/// Members of one map, items of one list.
const MOST: usize = 64;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cbor<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    /// `false`, `true`, `null`: nothing here has a use for them.
    Simple,
}

/// Reads one value, and gives what stands behind it.
pub(crate) fn cbor(bytes: &[u8]) -> Option<(Cbor<'_>, &[u8])> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(0)?;
    Some((value, reader.rest))
}

impl<'a> Cbor<'a> {
    /// The member of a map under a text.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        self.find(&Cbor::Text(name))
    }

    /// The member of a map under a number.
    pub(crate) fn numbered(&self, number: i64) -> Option<&Self> {
        self.find(&Cbor::Integer(number))
    }

    fn find(&self, key: &Cbor<'_>) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub(crate) const fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(crate) const fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn argument(&mut self, short: u8) -> Option<u64> {
        let width = match short {
            0..=23 => return Some(u64::from(short)),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            // Lengths that come later, and what is reserved.
            _ => return None,
        };
        let bytes = self.take(width)?;
        Some(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    fn value(&mut self, depth: usize) -> Option<Cbor<'a>> {
        let first = *self.take(1)?.first()?;
        let (kind, short) = (first >> 5, first & 31);
        if kind == 7 {
            return matches!(short, 20..=22).then_some(Cbor::Simple);
        }
        let argument = self.argument(short)?;
        Some(match kind {
            0 => Cbor::Integer(i64::try_from(argument).ok()?),
            1 => Cbor::Integer(-1 - i64::try_from(argument).ok()?),
            2 => Cbor::Bytes(self.take(usize::try_from(argument).ok()?)?),
            3 => {
                let bytes = self.take(usize::try_from(argument).ok()?)?;
                Cbor::Text(std::str::from_utf8(bytes).ok()?)
            }
            4 => {
                let count = count(argument, depth)?;
                let items: Option<_> = (0..count).map(|_| self.value(depth + 1)).collect();
                Cbor::List(items?)
            }
            5 => {
                let mut members: Vec<(Cbor<'a>, Cbor<'a>)> = Vec::new();
                for _ in 0..count(argument, depth)? {
                    let (name, value) = (self.value(depth + 1)?, self.value(depth + 1)?);
                    // Of two of one name nobody knows which is meant.
                    if members.iter().any(|(known, _)| *known == name) {
                        return None;
                    }
                    members.push((name, value));
                }
                Cbor::Map(members)
            }
            // Tags.
            _ => return None,
        })
    }
}

fn count(argument: u64, depth: usize) -> Option<usize> {
    let count = usize::try_from(argument).ok()?;
    (count <= MOST && depth < DEEPEST).then_some(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_rfc_8949_shows_is_read() {
        for (bytes, value) in [
            (&[0x00][..], Cbor::Integer(0)),
            (&[0x18, 0x64], Cbor::Integer(100)),
            (&[0x1a, 0x00, 0x0f, 0x42, 0x40], Cbor::Integer(1_000_000)),
            (&[0x39, 0x01, 0x00], Cbor::Integer(-257)),
            (&[0x44, 1, 2, 3, 4], Cbor::Bytes(&[1, 2, 3, 4])),
            (&[0x64, b'I', b'E', b'T', b'F'], Cbor::Text("IETF")),
            (&[0x83, 1, 2, 3], Cbor::List([1, 2, 3].map(Cbor::Integer).to_vec())),
            (&[0xa1, 1, 2], Cbor::Map(vec![(Cbor::Integer(1), Cbor::Integer(2))])),
            (&[0xf6], Cbor::Simple),
        ] {
            assert_eq!(cbor(bytes), Some((value, &[][..])));
        }
        assert_eq!(cbor(&[0x01, 0xff]).unwrap().1, &[0xff]);
    }

    #[test]
    fn what_authenticators_do_not_write_is_refused() {
        let deep = [0x81; 40];
        let wide = [&[0x98, 65][..], &[0; 65]].concat();
        for bytes in [
            &[][..],
            &[0x18],
            &[0x1c],
            &[0x5f, 0xff], // a length that comes later
            &[0x44, 1],    // cut
            &[0x5b, 255, 255, 255, 255, 255, 255, 255, 255], // longer than everything
            &[0x9b, 255, 255, 255, 255, 255, 255, 255, 255],
            &[0x61, 0xff],       // no UTF-8
            &[0xa2, 1, 2, 1, 2], // one name twice
            &[0xc0, 0x00],       // a tag
            &[0xf9, 0, 0],       // a float
            &[0x1b, 255, 0, 0, 0, 0, 0, 0, 0],
            &deep,
            &wide,
        ] {
            assert_eq!(cbor(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_end_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = cbor(&bytes);
        }
    }
}
