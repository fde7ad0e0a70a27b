//! Where the limit on a header line or on all headers is set. Make the token smaller first.

use super::{Remedy, Stack};

pub(crate) const LARGE: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "Node.js allows 16 KiB for all headers together.",
        snippet: lines!("large/javascript.sh"),
    },
    Remedy {
        stack: Stack::Python,
        text: "gunicorn allows 8190 bytes for one header line; uvicorn with h11 has \
            `--h11-max-incomplete-event-size`.",
        snippet: lines!("large/python.sh"),
    },
    Remedy {
        stack: Stack::Go,
        text: "net/http allows 1 MiB unless the server was given less.",
        snippet: lines!("large/go.go"),
    },
    Remedy {
        stack: Stack::Java,
        text: "Spring Boot 3 and later; the servers' own default is 8 KiB.",
        snippet: lines!("large/java.properties"),
    },
    Remedy {
        stack: Stack::DotNet,
        text: "Kestrel allows 32 KiB for all headers together.",
        snippet: lines!("large/dotnet.cs"),
    },
    Remedy {
        stack: Stack::Nginx,
        text: "A header line must fit into one buffer (8 KiB by default). Set it in `http`, \
            or in the default server of the port.",
        snippet: lines!("large/nginx.nginx"),
    },
    Remedy {
        stack: Stack::Apache,
        text: "Set it in the main server, before the virtual hosts of the address.",
        snippet: lines!("large/apache.conf"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "The connection manager allows 60 KiB for all headers together.",
        snippet: lines!("large/envoy.yaml"),
    },
    Remedy {
        stack: Stack::Kong,
        text: "Kong hands the directive to its nginx.",
        snippet: lines!("large/kong.sh"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "ingress-nginx takes the directive from its ConfigMap.",
        snippet: lines!("large/kubernetes.yaml"),
    },
    Remedy {
        stack: Stack::Keycloak,
        text: "Take the client scope `roles` away from the client, so that the roles of all \
            clients do not end up in the token.",
        snippet: lines!("large/keycloak.sh"),
    },
    Remedy {
        stack: Stack::Entra,
        text: "Emit only the groups that are assigned to the application, in place of all \
            of a user's groups.",
        snippet: lines!("large/entra.sh"),
    },
];
