//! Allowing for clocks that differ by seconds. A leeway of minutes only hides a wrong clock.

use super::{Remedy, Stack};

pub(crate) const LEEWAY: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "jose: seconds, or a text such as `30s`.",
        snippet: lines!("leeway/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "PyJWT: seconds, for `exp`, `nbf` and `iat`.",
        snippet: lines!("leeway/python.py"),
    },
    Remedy { stack: Stack::Go, text: "golang-jwt v5.", snippet: lines!("leeway/go.go") },
    Remedy {
        stack: Stack::Java,
        text: "The default is 60 seconds. Keep the checks of issuer and audience beside it.",
        snippet: lines!("leeway/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "The default is five minutes, which hides a wrong clock for long.",
        snippet: lines!("leeway/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "Seconds; the default is 60.",
        snippet: lines!("leeway/envoy.yaml"),
    },
];
