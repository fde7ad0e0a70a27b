//! Answering a CORS preflight before authentication: a browser sends it without credentials.

use super::{Remedy, Stack};

pub(crate) const PREFLIGHT: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "Express: the middleware of `cors` stands before the one that checks tokens.",
        snippet: lines!("preflight/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "FastAPI: the middleware answers the preflight before any dependency runs.",
        snippet: lines!("preflight/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "With rs/cors: the outermost handler answers the preflight.",
        snippet: lines!("preflight/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "`cors` puts the filter in front of the one for bearer tokens.",
        snippet: lines!("preflight/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "`UseCors` comes before `UseAuthentication`.",
        snippet: lines!("preflight/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "The cors filter stands before `jwt_authn`, which lets preflights pass.",
        snippet: lines!("preflight/envoy.yaml"),
    },
    Remedy {
        stack: Stack::Kong,
        text: "The jwt plugin checks preflights unless told otherwise.",
        snippet: lines!("preflight/kong.yaml"),
    },
];
