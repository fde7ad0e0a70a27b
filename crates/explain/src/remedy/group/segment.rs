//! Writing a segment: one JSON text in UTF-8, base64url, no padding (RFC 7515 §2).

use super::{Remedy, Stack};

pub(crate) const SEGMENT: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "Encode once, and sign the very text that is sent.",
        snippet: lines!("segment/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "Encode once, and sign the very bytes that are sent.",
        snippet: lines!("segment/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "`RawURLEncoding` has neither padding nor `+` and `/`.",
        snippet: lines!("segment/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The URL alphabet, without padding.",
        snippet: lines!("segment/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "The URL alphabet, without padding.",
        snippet: lines!("segment/dotnet.cs"),
    },
];
