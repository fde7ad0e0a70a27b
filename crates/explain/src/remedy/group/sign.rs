//! Writing a token as RFC 7515 and RFC 7519 have it, by a library and not by hand.

use super::{Remedy, Stack};

pub(crate) const SIGN: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "jose writes base64url without padding, whole seconds, and ECDSA signatures \
            at their full length.",
        snippet: lines!("sign/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "PyJWT turns an aware `datetime` into whole seconds; `now()` without a zone \
            is the usual mistake.",
        snippet: lines!("sign/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "golang-jwt v5; the registered claims have their right types.",
        snippet: lines!("sign/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Spring Security's encoder; the header names the key by its `kid`.",
        snippet: lines!("sign/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "`JsonWebTokenHandler` writes the times itself; `KeyId` becomes the `kid`.",
        snippet: lines!("sign/dotnet.cs"),
    },
];
