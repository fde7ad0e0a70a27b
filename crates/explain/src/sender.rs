//! Sender-constrained tokens: a DPoP proof that came along (RFC 9449 §4.3).
//!
//! Decides whether the proof fits the token, the request and the key; a token that is bound and comes
//! without one is the verifier's own finding.

use claviger_token::bond::{Bond, Proven, unbound};
use claviger_token::dpop::{self, Expected, Signed};
use claviger_token::{Fault, Token};

use crate::bench::Bench;
use crate::carrier::Located;
use crate::passage::Passage;
use crate::recognise::{Carried, Recognised, Request};
use crate::report::{Certainty, Diagnosed};

/// Judges the proof, if one is due. With a fitting one, the bench takes the bound token.
pub(crate) fn judge(
    bench: &mut Bench<'_>,
    recognised: &Recognised,
    located: &Located,
    scheme: Option<&str>,
    credential: &Passage,
) -> Option<Diagnosed> {
    let by_scheme = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("dpop"));
    let token = Token::parse(credential.text()).ok();
    let bond = token.as_ref().and_then(|token| Bond::read(token.payload()?));
    let bond = bond.filter(Bond::is_to_key);
    let sure = |fault| Some(Diagnosed::new(fault, Certainty::Proven));
    if !by_scheme {
        return None;
    }
    let Some(bond) = bond else { return sure(unbound().at(credential.span(0..0))) };
    let proof = located.proof.as_ref()?;
    let request = match &recognised.carried {
        Carried::Request(request) => Some(request.as_ref()),
        _ => None,
    };
    // That no proof came would be wrong: one came.
    bench.policy.sender_bound = true;
    let values = request.into_iter().flat_map(|request| request.named(dpop::HEADER));
    let judged = match dpop::only(values.map(|field| field.value.text())) {
        Err(several) => Err(several.fault),
        Ok(_) => check(proof.text().trim(), &bond, credential.text(), request, bench.now),
    };
    sure(judged.err()?.at(proof.whole()))
}

/// What the token crate finds about the proof, and whether its key is the token's. What the input does not show of
/// the request is taken as the proof says it.
fn check(
    proof: &str,
    bond: &Bond,
    credential: &str,
    request: Option<&Request>,
    now: i64,
) -> Result<(), Box<Fault>> {
    let signed = Signed::read(proof).map_err(|error| error.fault)?;
    let said = |name| signed.claims().text(name).unwrap_or_default().into_owned();
    let (htm, htu) = (said("htm"), said("htu"));
    let method = request.and_then(|request| request.method.as_deref()).unwrap_or(&htm);
    let url = request.and_then(|request| address(request, &htu)).unwrap_or_else(|| htu.clone());
    let expected = Expected { method, url: &url, token: Some(credential) };
    let proof = signed.judge(&expected, now).map_err(|error| error.fault)?;
    Bond::check(Some(bond), Proven { key: Some(proof.thumbprint()), certificate: None })
}

/// The URL of the request as the server sees it. A raw request does not show whether TLS was used: that is taken
/// from the address that the proof names.
fn address(request: &Request, htu: &str) -> Option<String> {
    let target = request.target.as_ref()?.text();
    if target.contains("://") {
        return Some(target.to_owned());
    }
    let host = request.named("host").chain(request.named(":authority")).next()?.value.text();
    let is_plain = htu.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    Some(format!("{}://{host}{target}", if is_plain { "http" } else { "https" }))
}
