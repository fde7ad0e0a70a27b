//! Signing PS256 with a salt as long as the hash (RFC 7518 §3.5).

use super::{Remedy, Stack};

pub(crate) const PSS: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "OpenSSL takes the longest salt unless told otherwise.",
        snippet: lines!("pss/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "Node.js takes the longest salt unless told otherwise.",
        snippet: lines!("pss/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "`MAX_LENGTH` is the wrong one here.",
        snippet: lines!("pss/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "`PSSSaltLengthAuto` takes the longest salt when signing.",
        snippet: lines!("pss/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The default of `RSASSA-PSS` is SHA-1 with 20 bytes: name all of it.",
        snippet: lines!("pss/java.java"),
    },
];
