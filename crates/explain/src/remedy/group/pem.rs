//! Giving the API a public key in a form that it reads.

use super::{Remedy, Stack};

pub(crate) const PEM: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "Make the public key from what there is; the first line must read `BEGIN \
            PUBLIC KEY`.",
        snippet: lines!("pem/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "jose. A variable that holds `\\n` as two characters needs real line breaks.",
        snippet: lines!("pem/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "PyJWT takes the PEM text; name the algorithm that belongs to the key.",
        snippet: lines!("pem/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "golang-jwt v5; `ParseRSAPublicKeyFromPEM` for RSA keys.",
        snippet: lines!("pem/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Spring Boot reads an RSA public key from a file; a key set is better, since \
            it follows a rotation.",
        snippet: lines!("pem/java.properties"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "The key must outlive the handler: no `using`.",
        snippet: lines!("pem/dotnet.cs"),
    },
];
