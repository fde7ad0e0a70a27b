//! Sending the user through the log-in again, as strong as the API asks (RFC 9470).

use super::{Remedy, Stack};

pub(crate) const STEPUP: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "With openid-client 6, when the log-in starts again. The values stand in the \
            challenge of the 401.",
        snippet: lines!("stepup/javascript.js"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "The challenge of the OpenID Connect handler takes both.",
        snippet: lines!("stepup/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Keycloak,
        text: "Map the values of `acr` to levels of authentication in the realm.",
        snippet: lines!("stepup/keycloak.sh"),
    },
];
