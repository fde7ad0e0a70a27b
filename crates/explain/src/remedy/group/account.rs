//! Finding the application's account by `iss` and `sub`, or by the claim that it uses.

use super::{Remedy, Stack};

pub(crate) const ACCOUNT: &[Remedy] = &[
    Remedy {
        stack: Stack::Python,
        text: "A `sub` is unique only together with its `iss`; an address may change hands.",
        snippet: lines!("account/python.py"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The claim that becomes the name of the principal.",
        snippet: lines!("account/java.properties"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "Keep the names of the claims as they are in the token, and name the one that \
            is the user.",
        snippet: lines!("account/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "Who the API server takes the token for, and what that user may do.",
        snippet: lines!("account/kubernetes.sh"),
    },
];
