//! The whole check of an API: issuer, audience, keys, algorithms. Values come from configuration.

use super::{Remedy, Stack};

pub(crate) const VALIDATE: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "With jose. In Express, `auth({ issuerBaseURL, audience, tokenSigningAlg })` \
            of express-oauth2-jwt-bearer does the same.",
        snippet: lines!("validate/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "With PyJWT; in FastAPI call it from a dependency.",
        snippet: lines!("validate/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "With golang-jwt v5 and keyfunc v3.",
        snippet: lines!("validate/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Spring Boot's resource server. `issuer-uri` is compared with `iss` exactly \
            and finds the keys by discovery.",
        snippet: lines!("validate/java.properties"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "`Authority` finds issuer and keys by discovery. `UseAuthentication` comes \
            before `UseAuthorization`.",
        snippet: lines!("validate/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Apache,
        text: "With `mod_oauth2`. The signature alone says nothing about the audience: \
            require it.",
        snippet: lines!("validate/apache.conf"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "The provider's `issuer` and `audiences` are compared exactly. `cluster` \
            names the upstream of the issuer.",
        snippet: lines!("validate/envoy.yaml"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "For the API server itself: `--authentication-config` with this file \
            (Kubernetes 1.34; before that `v1beta1`).",
        snippet: lines!("validate/kubernetes.yaml"),
    },
    Remedy {
        stack: Stack::Claviger,
        text: "The gate stands in front of an API that cannot check tokens itself. \
            Discovery finds the keys.",
        snippet: lines!("validate/claviger.sh"),
    },
];
