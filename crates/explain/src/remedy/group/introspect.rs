//! Asking the issuer about a token that the API cannot read itself (RFC 7662).

use super::{Remedy, Stack};

pub(crate) const INTROSPECT: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "The API's own client id and secret. `active: true` is a good token, `401` a \
            wrong secret.",
        snippet: lines!("introspect/shell.sh"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Spring Boot's resource server for opaque tokens.",
        snippet: lines!("introspect/java.properties"),
    },
    Remedy {
        stack: Stack::Python,
        text: "Refuse what is not active, and compare the audience as for a JWT.",
        snippet: lines!("introspect/python.py"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "With openid-client 6; compare the audience as for a JWT.",
        snippet: lines!("introspect/javascript.js"),
    },
];
