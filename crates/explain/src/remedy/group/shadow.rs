//! Keeping other sources of credentials out of the request.

use super::{Remedy, Stack};

pub(crate) const SHADOW: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "`-q` as the first option skips `.curlrc`; curl reads `.netrc` only with \
            `-n`. Credentials in the URL win as well.",
        snippet: lines!("shadow/shell.sh"),
    },
    Remedy {
        stack: Stack::Python,
        text: "requests reads `.netrc` and replaces a header given by `headers=`.",
        snippet: lines!("shadow/python.py"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "Take user and password out of the address; axios lets its option `auth` win \
            over the header.",
        snippet: lines!("shadow/javascript.js"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "Default credentials answer a challenge by themselves; leave them out of the \
            client for the API.",
        snippet: lines!("shadow/dotnet.cs"),
    },
];
