//! Whether a call of the admin API comes from the administrator: a bearer credential that was shown
//! once at first start, of which the store keeps a digest.

use claviger_token::{Code, Fact, Fault, presentation};
use http::header;
use subtle::ConstantTimeEq as _;

use crate::call::Call;
use crate::credential::{self, Shape};
use crate::refusal::Refusal;

/// Lets the administrator pass; everybody else gets the challenge that fits what they presented.
pub(crate) fn authenticate(call: &Call) -> Result<(), Box<Refusal>> {
    let values = call.parts.headers.get_all(header::AUTHORIZATION);
    let presented = presentation::bearer(values.iter().map(http::HeaderValue::as_bytes))
        .map_err(Refusal::fault)?;
    let digest = credential::digest(presented);
    if digest.ct_eq(&call.state.administrator).into() {
        return Ok(());
    }
    let words = |text: &str| Fact::Words(text.to_owned());
    let fault = match credential::shape(credential::ADMIN, presented) {
        Shape::Damaged => Fault::new(Code::ChecksumMismatch)
            .with("family", words("an administrator's credential")),
        shape => Fault::new(Code::TokenTypeMismatch)
            .with(
                "found",
                words(if shape == Shape::Whole {
                    "an administrator's credential of another authority, or one that was replaced"
                } else {
                    "another credential"
                }),
            )
            .with("expected", words("this authority's administrator's credential")),
    };
    Err(Refusal::fault(Box::new(fault)).into())
}
