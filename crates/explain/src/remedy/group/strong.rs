//! Making a key that is strong enough, and rotating to it.

use super::{Remedy, Stack};

pub(crate) const STRONG: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "A key pair for ES256 or RS256, or a secret of 256 bits for HS256.",
        snippet: lines!("strong/shell.sh"),
    },
    Remedy { stack: Stack::JavaScript, text: "jose.", snippet: lines!("strong/javascript.js") },
    Remedy {
        stack: Stack::Python,
        text: "cryptography for a key pair, secrets for a shared secret.",
        snippet: lines!("strong/python.py"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The curve is named; a size alone leaves the choice to the provider.",
        snippet: lines!("strong/java.java"),
    },
];
