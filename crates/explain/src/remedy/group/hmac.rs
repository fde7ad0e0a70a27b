//! Encoding a signature's bytes, not their hex text.

use super::{Remedy, Stack};

pub(crate) const HMAC: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "`-binary` keeps the bytes; the rest is base64url without padding.",
        snippet: lines!("hmac/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "`digest(\"base64url\")`, never `digest(\"hex\")`.",
        snippet: lines!("hmac/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "`digest`, never `hexdigest`.",
        snippet: lines!("hmac/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "`RawURLEncoding` of the sum, never `hex.EncodeToString`.",
        snippet: lines!("hmac/go.go"),
    },
];
