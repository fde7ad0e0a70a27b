//! Reading the scheme without regard to case (RFC 9110 §11.1).

use super::{Remedy, Stack};

pub(crate) const SCHEME_CASE: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "Match the scheme, not a prefix of fixed letters.",
        snippet: lines!("scheme_case/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "Split at the blank and compare in lower case.",
        snippet: lines!("scheme_case/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "`strings.EqualFold` compares without regard to case.",
        snippet: lines!("scheme_case/go.go"),
    },
    Remedy {
        stack: Stack::Nginx,
        text: "`~*` matches without regard to case; an upstream that knows only one \
            spelling gets it.",
        snippet: lines!("scheme_case/nginx.nginx"),
    },
];
