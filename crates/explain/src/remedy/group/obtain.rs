//! Requesting a token that is made for this very API, with the scopes it needs (RFC 8707).

use super::{Remedy, Stack};

pub(crate) const OBTAIN: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "Name the API when asking. Issuers read `resource` (RFC 8707), `audience` \
            (Auth0) or a scope (Entra, Okta).",
        snippet: lines!("obtain/shell.sh"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "With openid-client 6.",
        snippet: lines!("obtain/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "With Authlib; further arguments of `fetch_token` go into the form.",
        snippet: lines!("obtain/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "With `golang.org/x/oauth2/clientcredentials`; the client it makes renews the \
            token by itself.",
        snippet: lines!("obtain/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Spring Boot registers the client from its configuration; the scope belongs \
            to the API.",
        snippet: lines!("obtain/java.yaml"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "A plain form works with every issuer.",
        snippet: lines!("obtain/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "A service account's token for another audience than the API server's.",
        snippet: lines!("obtain/kubernetes.sh"),
    },
    Remedy {
        stack: Stack::Keycloak,
        text: "Add an audience mapper to the client that requests the token; `CLIENT` is \
            its internal id.",
        snippet: lines!("obtain/keycloak.sh"),
    },
    Remedy {
        stack: Stack::Auth0,
        text: "Send `audience` with the identifier of the API as it is registered; without \
            it the token is opaque or for `/userinfo`.",
        snippet: lines!("obtain/auth0.sh"),
    },
    Remedy {
        stack: Stack::Entra,
        text: "Ask for a scope of your own API; a token for Microsoft Graph cannot be \
            checked by anybody else.",
        snippet: lines!("obtain/entra.sh"),
    },
];
