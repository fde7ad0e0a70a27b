//! Telling access tokens from other tokens of the same issuer (RFC 9068).

use super::{Remedy, Stack};

pub(crate) const KIND: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "jose compares `typ` without its `application/`.",
        snippet: lines!("kind/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "Compare only after the signature was checked.",
        snippet: lines!("kind/python.py"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Spring Security 6.5 and later.",
        snippet: lines!("kind/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "The list of types that the API takes.",
        snippet: lines!("kind/dotnet.cs"),
    },
];
