//! Taking the access token, and nothing else, out of a token response (RFC 6749 §5.1).

use super::{Remedy, Stack};

pub(crate) const PICK: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "`-r` prints the text without its quotes, `-e` fails when the member is \
            missing.",
        snippet: lines!("pick/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "Parse the response and keep the one member; store it as it is, without \
            `JSON.stringify`.",
        snippet: lines!("pick/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "Index the parsed response, so that a missing member is an error here and not \
            a 401 later.",
        snippet: lines!("pick/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "`golang.org/x/oauth2` reads the response; `AccessToken` is the bare token.",
        snippet: lines!("pick/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "`getTokenValue()` is the bare token; `toString()` of the object is not.",
        snippet: lines!("pick/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "`GetTokenAsync(\"access_token\")` needs `SaveTokens = true` in \
            `AddOpenIdConnect`.",
        snippet: lines!("pick/dotnet.cs"),
    },
];
