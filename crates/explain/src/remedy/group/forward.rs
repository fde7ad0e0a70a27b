//! Passing the Authorization header on, for whoever runs what stands between client and API.

use super::{Remedy, Stack};

pub(crate) const FORWARD: &[Remedy] = &[
    Remedy {
        stack: Stack::Nginx,
        text: "nginx passes the header on unless it was overwritten. Say it in the \
            location, since one `proxy_set_header` there ends inheritance.",
        snippet: lines!("forward/nginx.nginx"),
    },
    Remedy {
        stack: Stack::Apache,
        text: "For CGI and FastCGI programs and for `mod_wsgi` Apache keeps the header back \
            unless told otherwise.",
        snippet: lines!("forward/apache.conf"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "The JWT filter takes a verified token away unless `forward` is set.",
        snippet: lines!("forward/envoy.yaml"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "fetch drops the header when a redirect leaves the origin. Refuse redirects \
            and call the final address.",
        snippet: lines!("forward/javascript.js"),
    },
    Remedy {
        stack: Stack::Python,
        text: "requests drops the header when a redirect leaves the host. Find the final \
            address and call that one.",
        snippet: lines!("forward/python.py"),
    },
    Remedy {
        stack: Stack::Go,
        text: "net/http drops the header when a redirect leaves the domain. Stop there and \
            call the final address.",
        snippet: lines!("forward/go.go"),
    },
];
