//! Whether the API server still knows what a token is bound to.

use super::{Remedy, Stack};

pub(crate) const RETAINED: &[Remedy] = &[Remedy {
    stack: Stack::Kubernetes,
    text: "A TokenReview says it; `error` names the object that is gone.",
    snippet: lines!("retained/kubernetes.sh"),
}];
