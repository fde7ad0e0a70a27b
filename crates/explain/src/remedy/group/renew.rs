//! Having a token that is still good: renewing before the end, once, in one place.

use super::{Remedy, Stack};

pub(crate) const RENEW: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "Fetch a new one for each run in place of keeping one in a file.",
        snippet: lines!("renew/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "One renewal at a time for all callers, and one retry after a 401. `renew` \
            fetches a token and returns it.",
        snippet: lines!("renew/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "Authlib's session renews before `expires_at`; store the refresh token before \
            the new access token is used.",
        snippet: lines!("renew/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "A token source renews some seconds before the end. Share one source: it is \
            safe for many goroutines.",
        snippet: lines!("renew/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The interceptor fetches, keeps and renews the token of the registration \
            `orders`.",
        snippet: lines!("renew/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "Keep the token with its end, and let one caller renew. `RequestTokenAsync` \
            is your call to the token endpoint.",
        snippet: lines!("renew/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "The kubelet renews a projected token in its file. Read the file for each \
            call, or at least every minute.",
        snippet: lines!("renew/kubernetes.yaml"),
    },
];
