//! Giving both sides the same bytes of a shared secret (HS256 and the like).

use super::{Remedy, Stack};

pub(crate) const SECRET: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "Make it once, of letters and digits, without a line break, and compare both \
            sides by a digest.",
        snippet: lines!("secret/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "jsonwebtoken and jose take bytes. Decode only when the other side does.",
        snippet: lines!("secret/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "PyJWT takes a text's UTF-8 bytes. Decode only when the other side does.",
        snippet: lines!("secret/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "golang-jwt wants `[]byte` for HS256, never a `string`.",
        snippet: lines!("secret/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "`getBytes` takes the text as it is; use `Base64.getDecoder().decode(secret)` \
            when the other side decodes.",
        snippet: lines!("secret/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "`GetBytes` takes the text as it is; use `Convert.FromBase64String(secret)` \
            when the other side decodes.",
        snippet: lines!("secret/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Kong,
        text: "`secret_is_base64` says whether the credential's secret is decoded first.",
        snippet: lines!("secret/kong.yaml"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "`--from-file` takes the bytes as they are; a hand-written `data:` often has \
            a line break in its base64.",
        snippet: lines!("secret/kubernetes.sh"),
    },
];
