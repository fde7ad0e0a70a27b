//! Reading a token from a file, a variable or a store so that it arrives unchanged, or not at all.

use super::{Remedy, Stack};

pub(crate) const CLEAN: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "Strips line breaks and stops when the rest is empty or holds anything that a \
            token cannot hold.",
        snippet: lines!("clean/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "Trims what the file or variable brought along and refuses the rest before a \
            request is made.",
        snippet: lines!("clean/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "`utf-8-sig` drops a byte order mark; `fullmatch` refuses quotes, \
            placeholders and invisible characters.",
        snippet: lines!("clean/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "Trims the value and refuses what is no `b64token` of RFC 6750.",
        snippet: lines!("clean/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Strips the value and refuses what is no `b64token` of RFC 6750.",
        snippet: lines!("clean/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "`ReadAllText` drops a byte order mark; the pattern refuses everything else \
            that does not belong.",
        snippet: lines!("clean/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "Create the secret without a line break; `--from-literal` and `stringData` \
            need no base64 of yours.",
        snippet: lines!("clean/kubernetes.sh"),
    },
];
