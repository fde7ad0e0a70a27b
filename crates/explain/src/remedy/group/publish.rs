//! Publishing keys so that each is found by its name and used for one purpose (RFC 7517).

use super::{Remedy, Stack};

pub(crate) const PUBLISH: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "jose: the thumbprint (RFC 7638) is a name that no second key can have.",
        snippet: lines!("publish/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "joserfc: the thumbprint (RFC 7638) is a name that no second key can have.",
        snippet: lines!("publish/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "go-jose v4: the thumbprint (RFC 7638) is a name that no second key can have.",
        snippet: lines!("publish/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Nimbus: the thumbprint (RFC 7638) is a name that no second key can have.",
        snippet: lines!("publish/java.java"),
    },
    Remedy {
        stack: Stack::Claviger,
        text: "The authority names its keys itself and keeps an old one published while its \
            tokens live.",
        snippet: lines!("publish/claviger.sh"),
    },
    Remedy {
        stack: Stack::Keycloak,
        text: "Realm keys: leave a rotated one passive, neither deleted nor disabled, until \
            its tokens have ended.",
        snippet: lines!("publish/keycloak.sh"),
    },
];
