//! Writing an ECDSA signature as R and S at full length (RFC 7518 §3.4).

use super::{Remedy, Stack};

pub(crate) const ECDSA: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "Node.js writes DER unless it is told the other form.",
        snippet: lines!("ecdsa/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "cryptography returns DER; take it apart and write both numbers at 32 bytes \
            (ES256).",
        snippet: lines!("ecdsa/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "`FillBytes` keeps leading zeros; `Bytes` drops them.",
        snippet: lines!("ecdsa/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The name of the algorithm says which form is written.",
        snippet: lines!("ecdsa/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "This overload writes R and S at full length.",
        snippet: lines!("ecdsa/dotnet.cs"),
    },
];
