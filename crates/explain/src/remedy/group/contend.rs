//! Keeping the proxy's own credential apart from the API's: one header holds one of them.

use super::{Remedy, Stack};

pub(crate) const CONTEND: &[Remedy] = &[
    Remedy {
        stack: Stack::Nginx,
        text: "Let the proxy's Basic authentication end where the API begins.",
        snippet: lines!("contend/nginx.nginx"),
    },
    Remedy {
        stack: Stack::Apache,
        text: "Exempt the API's path; the API checks the token itself.",
        snippet: lines!("contend/apache.conf"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "Exempt the route from the Basic filter.",
        snippet: lines!("contend/envoy.yaml"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "ingress-nginx: the API gets an Ingress of its own, without the `auth-*` \
            annotations of the pages.",
        snippet: lines!("contend/kubernetes.yaml"),
    },
];
