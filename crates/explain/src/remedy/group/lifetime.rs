//! Setting how long an access token lives, at the issuer.

use super::{Remedy, Stack};

pub(crate) const LIFETIME: &[Remedy] = &[
    Remedy {
        stack: Stack::Keycloak,
        text: "Seconds, for the whole realm.",
        snippet: lines!("lifetime/keycloak.sh"),
    },
    Remedy { stack: Stack::Auth0, text: "Seconds, per API.", snippet: lines!("lifetime/auth0.sh") },
    Remedy {
        stack: Stack::Kubernetes,
        text: "Ten minutes is the shortest.",
        snippet: lines!("lifetime/kubernetes.sh"),
    },
];
