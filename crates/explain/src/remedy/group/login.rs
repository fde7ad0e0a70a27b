//! Logging in again, and asking for work that outlives the session.

use super::{Remedy, Stack};

pub(crate) const LOGIN: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "With openid-client 6: `offline_access` asks for a refresh token that \
            outlives the session.",
        snippet: lines!("login/javascript.js"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The scope stands in the registration of the client.",
        snippet: lines!("login/java.yaml"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "In `AddOpenIdConnect`.",
        snippet: lines!("login/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Keycloak,
        text: "Look at the sessions of the user, and at whether the account is enabled.",
        snippet: lines!("login/keycloak.sh"),
    },
];
