//! Sending the proof that a bound token demands (RFC 9449, RFC 8705).

use super::{Remedy, Stack};

pub(crate) const PROOF: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "For a token bound to a certificate: connect with that certificate.",
        snippet: lines!("proof/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "With the package dpop: a fresh proof for each request, over the URL that the \
            server sees.",
        snippet: lines!("proof/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "With PyJWT; `ath` is the token's own digest.",
        snippet: lines!("proof/python.py"),
    },
    Remedy {
        stack: Stack::Nginx,
        text: "Tell the server the URL that the client called, since the proof names it.",
        snippet: lines!("proof/nginx.nginx"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Let Spring believe the proxy's forwarded headers, when only the proxy can \
            reach it.",
        snippet: lines!("proof/java.properties"),
    },
];
