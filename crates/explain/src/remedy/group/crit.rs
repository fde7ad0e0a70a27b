//! Reading a header with members that a library does not know.

use super::{Remedy, Stack};

pub(crate) const CRIT: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "jose ignores unknown members; an extension in `crit` must be named, and then \
            handled by you.",
        snippet: lines!("crit/javascript.js"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Nimbus ignores unknown members; extensions in `crit` are named to the \
            verifier, and then handled by you.",
        snippet: lines!("crit/java.java"),
    },
    Remedy {
        stack: Stack::Go,
        text: "golang-jwt ignores unknown members, `crit` too: refuse there what you do not \
            handle.",
        snippet: lines!("crit/go.go"),
    },
];
