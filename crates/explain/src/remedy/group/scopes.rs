//! Reading scopes from the claim in which this issuer writes them.

use super::{Remedy, Stack};

pub(crate) const SCOPES: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "`scope` is one text (RFC 8693); Entra writes `scp`, Okta an array of that \
            name.",
        snippet: lines!("scopes/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "`scope` is one text (RFC 8693); Entra writes `scp`, Okta a list of that \
            name.",
        snippet: lines!("scopes/python.py"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The default reads `scope` and `scp`; name another claim and the prefix of \
            the authorities.",
        snippet: lines!("scopes/java.properties"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "`scope` is one text: split it before comparing.",
        snippet: lines!("scopes/dotnet.cs"),
    },
];
