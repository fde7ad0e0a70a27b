//! Undoing one encoding with the parser of that encoding, once.

use super::{Remedy, Stack};

pub(crate) const DECODE: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "For a value out of JSON, out of a Kubernetes Secret, and out of a URL.",
        snippet: lines!("decode/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "`URLSearchParams` decodes by itself; decoding twice breaks the value.",
        snippet: lines!("decode/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "`parse_qs` decodes by itself; `html.unescape` is for text out of a page.",
        snippet: lines!("decode/python.py"),
    },
];
