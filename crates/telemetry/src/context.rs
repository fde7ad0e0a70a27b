//! Whose work a span is part of: the identifiers of W3C Trace Context, and the header `traceparent`.

use std::fmt;

/// A trace: everything that one request set in motion, on all machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(pub(crate) [u8; 16]);

/// One span of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanId(pub(crate) [u8; 8]);

/// The caller's span, as `traceparent` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) sampled: bool,
}

impl Parent {
    /// Reads the header (Trace Context §3.2). None where it is broken: a new trace is begun then (§3.2.2.3 and
    /// §4.3), as if nothing had been sent.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let [version] = bytes(parts.next()?)?;
        let (trace, span) = (bytes(parts.next()?)?, bytes(parts.next()?)?);
        let [flags] = bytes(parts.next()?)?;
        // Version 0 ends here; later ones may say more, and 255 is none.
        let ends = parts.next().is_none();
        if version == 0xFF || (version == 0 && !ends) || trace == [0; 16] || span == [0; 8] {
            return None;
        }
        Some(Self { trace: TraceId(trace), span: SpanId(span), sampled: flags & 1 == 1 })
    }
}

impl TraceId {
    /// Whether a trace of this id is among the sampled ones; the same answer wherever it is asked.
    pub(crate) fn is_within(self, ratio: f64) -> bool {
        let mut low = [0; 8];
        low.copy_from_slice(&self.0[8..]);
        // The first 53 bits are all that the fraction can tell apart.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let place = (u64::from_be_bytes(low) >> 11) as f64 / (1_u64 << 53) as f64;
        place < ratio
    }
}

fn bytes<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    // The specification knows lower-case digits only.
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != LENGTH * 2 {
        return None;
    }
    let mut out = [0; LENGTH];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

fn hexadecimal(bytes: &[u8], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, out)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    /// The example of Trace Context §3.2.2.
    #[test]
    fn the_example_of_the_specification_is_read() {
        let parent = Parent::read(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!(
            (parent.trace.to_string(), parent.span.to_string()),
            (TRACE.into(), SPAN.into())
        );
        assert!(parent.sampled);
        assert!(!Parent::read(&format!("00-{TRACE}-{SPAN}-02")).unwrap().sampled);
        // A later version may say more.
        assert!(Parent::read(&format!("01-{TRACE}-{SPAN}-01-more")).is_some());
    }

    #[test]
    fn what_is_broken_is_as_if_it_were_not_there() {
        let zero = "0".repeat(32);
        for broken in [
            String::new(),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{zero}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}é-{SPAN}-01"),
        ] {
            assert_eq!(Parent::read(&broken), None, "{broken}");
        }
    }

    #[test]
    fn a_ratio_takes_its_share_and_always_the_same() {
        let id = |high: u8| TraceId([9, 9, 9, 9, 9, 9, 9, 9, high, 0, 0, 0, 0, 0, 0, 0]);
        assert!(id(0).is_within(0.001) && id(127).is_within(0.5) && !id(128).is_within(0.5));
        assert!(!id(0).is_within(0.0));
        assert!(TraceId([0xFF; 16]).is_within(1.0));
    }

    proptest! {
        #[test]
        fn no_header_panics_and_what_is_read_is_written_alike(text in "\\PC{0,70}", trace: [u8; 16], span: [u8; 8]) {
            let _ = Parent::read(&text);
            prop_assume!(trace != [0; 16] && span != [0; 8]);
            let header = format!("00-{}-{}-01", TraceId(trace), SpanId(span));
            let read = Parent::read(&header).unwrap();
            prop_assert_eq!((read.trace, read.span), (TraceId(trace), SpanId(span)));
        }
    }
}
