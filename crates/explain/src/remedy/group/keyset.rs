//! Following the issuer's keys: fetched again when an unknown `kid` comes, at most so often.

use super::{Remedy, Stack};

pub(crate) const KEYSET: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "Make the set once, not per request. It is fetched again for an unknown \
            `kid`, at most every `cooldownDuration`.",
        snippet: lines!("keyset/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "Make the client once. PyJWT keeps the set for `lifespan` seconds and fetches \
            it again for an unknown `kid`.",
        snippet: lines!("keyset/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "keyfunc v3 renews the set in the background and for an unknown `kid`, at a \
            limited rate. Make it once.",
        snippet: lines!("keyset/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "The decoder keeps the set and fetches it again for an unknown `kid`. One \
            bean, not one decoder per request.",
        snippet: lines!("keyset/java.java"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "An unknown `kid` makes the handler ask again, at most once in \
            `RefreshInterval`. A fixed `IssuerSigningKey` never follows.",
        snippet: lines!("keyset/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "Envoy follows its cache alone: it does not ask again for an unknown `kid`. \
            Keep the cache short.",
        snippet: lines!("keyset/envoy.yaml"),
    },
    Remedy {
        stack: Stack::Claviger,
        text: "The gate fetches the set again for an unknown `kid`, at a limited rate, and \
            keeps the old one while the issuer is down.",
        snippet: lines!("keyset/claviger.sh"),
    },
];
