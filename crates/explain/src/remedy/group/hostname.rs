//! Giving the issuer one name, whoever calls it and from wherever.

use super::{Remedy, Stack};

pub(crate) const HOSTNAME: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "The `issuer` here, the `iss` in the token and the API's configuration must \
            be the same bytes.",
        snippet: lines!("hostname/shell.sh"),
    },
    Remedy {
        stack: Stack::Keycloak,
        text: "One public URL for all callers; the second line lets back ends call by \
            another address without changing `iss`.",
        snippet: lines!("hostname/keycloak.sh"),
    },
    Remedy {
        stack: Stack::Auth0,
        text: "The issuer is the domain that the client called, with a slash at its end: \
            use the custom domain everywhere, or nowhere.",
        snippet: lines!("hostname/auth0.sh"),
    },
    Remedy {
        stack: Stack::Entra,
        text: "Have the API's registration issue tokens of version 2; `OBJECT` is the \
            object id of the registration.",
        snippet: lines!("hostname/entra.sh"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "The first `--service-account-issuer` is written into new tokens, all of them \
            are accepted.",
        snippet: lines!("hostname/kubernetes.sh"),
    },
];
