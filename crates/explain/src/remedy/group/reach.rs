//! Letting the API's own machine reach the issuer and trust its certificate authority.

use super::{Remedy, Stack};

pub(crate) const REACH: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "Try it from where the API runs, with the same CA file and the same proxy.",
        snippet: lines!("reach/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "Node.js takes further authorities from a file; since Node.js 24 \
            `NODE_USE_ENV_PROXY=1` makes fetch use the proxy variables.",
        snippet: lines!("reach/javascript.sh"),
    },
    Remedy {
        stack: Stack::Python,
        text: "PyJWT fetches with urllib, which takes a context; requests reads \
            `REQUESTS_CA_BUNDLE`.",
        snippet: lines!("reach/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "Go reads the system's store, or this file in its place (not on Windows and \
            macOS).",
        snippet: lines!("reach/go.sh"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Import the authority into a trust store of your own.",
        snippet: lines!("reach/java.sh"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "On Linux .NET reads the system's store.",
        snippet: lines!("reach/dotnet.sh"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "Look from the namespace of the API; a NetworkPolicy must allow DNS and the \
            issuer's port.",
        snippet: lines!("reach/kubernetes.sh"),
    },
];
