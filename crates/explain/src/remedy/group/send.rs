//! The one right way to send a token (RFC 6750 §2.1), for whoever builds the request.

use super::{Remedy, Stack};

pub(crate) const SEND: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "The quotes keep the blank; the variable holds the bare token. \
            `--oauth2-bearer \"$TOKEN\"` writes the same header.",
        snippet: lines!("send/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "With fetch, or for every call of one axios instance. Leave `Authorization` \
            out of the defaults if you set it per call.",
        snippet: lines!("send/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "With requests; an `auth` class wins over a `.netrc`, which a plain \
            `headers=` does not.",
        snippet: lines!("send/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "`Set` replaces a value that is there already; `Add` would send a second \
            header.",
        snippet: lines!("send/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "`setBearerAuth` writes the scheme and the blank and replaces an older value.",
        snippet: lines!("send/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "The type writes scheme and blank. Set it per request, not on a client that \
            several users share.",
        snippet: lines!("send/dotnet.cs"),
    },
];
