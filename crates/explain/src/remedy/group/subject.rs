//! Having the issuer write `sub`.

use super::{Remedy, Stack};

pub(crate) const SUBJECT: &[Remedy] = &[Remedy {
    stack: Stack::Keycloak,
    text: "Since Keycloak 25 the client scope `basic` writes `sub`; `CLIENT` and \
            `BASIC` are internal ids.",
    snippet: lines!("subject/keycloak.sh"),
}];
