//! Handing a secret to a process so that nothing expands, cuts or unescapes it.

use super::{Remedy, Stack};

pub(crate) const MANGLED: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "Single quotes in a shell; best a file that only its reader may see.",
        snippet: lines!("mangled/shell.sh"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "`stringData` takes the text as it is; single quotes keep YAML from reading \
            anything into it.",
        snippet: lines!("mangled/kubernetes.yaml"),
    },
    Remedy {
        stack: Stack::Python,
        text: "python-dotenv expands `${…}` unless told otherwise.",
        snippet: lines!("mangled/python.py"),
    },
    Remedy {
        stack: Stack::JavaScript,
        text: "Print the length and a digest at the start, and compare them with the other \
            side.",
        snippet: lines!("mangled/javascript.js"),
    },
];
