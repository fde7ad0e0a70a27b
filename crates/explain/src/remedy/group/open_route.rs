//! Leaving tokens alone on routes that everybody may call.

use super::{Remedy, Stack};

pub(crate) const OPEN_ROUTE: &[Remedy] = &[
    Remedy {
        stack: Stack::JavaScript,
        text: "Mount the check on the routes that need it, not on the whole application.",
        snippet: lines!("open_route/javascript.js"),
    },
    Remedy {
        stack: Stack::Java,
        text: "`permitAll` does not keep the bearer filter away. A chain of its own for the \
            public paths does.",
        snippet: lines!("open_route/java.java"),
    },
    Remedy {
        stack: Stack::Python,
        text: "FastAPI: put the dependency on the router that needs it.",
        snippet: lines!("open_route/python.py"),
    },
    Remedy {
        stack: Stack::Envoy,
        text: "A rule without `requires` lets the route pass unchecked; the first rule that \
            matches counts.",
        snippet: lines!("open_route/envoy.yaml"),
    },
];
