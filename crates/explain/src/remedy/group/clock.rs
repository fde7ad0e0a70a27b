//! Setting the clocks right, on the machine that is wrong.

use super::{Remedy, Stack};

pub(crate) const CLOCK: &[Remedy] = &[
    Remedy {
        stack: Stack::Shell,
        text: "`System clock synchronized: yes` is what it should say. Do it on both \
            machines; containers have the clock of their host.",
        snippet: lines!("clock/shell.sh"),
    },
    Remedy {
        stack: Stack::Kubernetes,
        text: "A pod has the clock of its node. Compare the nodes with your own machine.",
        snippet: lines!("clock/kubernetes.sh"),
    },
];
