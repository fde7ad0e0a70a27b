//! Sender-constrained tokens: a DPoP proof that came along (RFC 9449 §4.3).
//!
//! Decides whether the proof fits the token, the request and the key; a token that is bound and comes
//! without one is the verifier's own finding.

use aws_lc_rs::digest;
use claviger_token::{Algorithm, Code, Fact, Fault, Key, Token, base64url};

use crate::bench::Bench;
use crate::carrier::Located;
use crate::key_text;
use crate::passage::Passage;
use crate::recognise::{Carried, Recognised, Request};
use crate::report::{Certainty, Diagnosed};

/// A proof is made for one request: older than this, it is a stale or replayed one.
const PROOF_LIFETIME: i64 = 300;

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
    let bound = token
        .as_ref()
        .and_then(|token| token.payload()?.get("cnf"))
        .and_then(|cnf| Some(cnf.get("jkt")?.as_str()?.to_owned()));
    let sure = |fault| Some(Diagnosed::new(fault, Certainty::Proven));
    if by_scheme && bound.is_none() {
        let fault = Fault::new(Code::SchemeWrong).with("scheme", scheme.unwrap_or("DPoP"));
        return sure(fault.at(credential.span(0..0)));
    }
    let (Some(proof), Some(thumbprint)) = (&located.proof, bound) else { return None };
    if !by_scheme {
        return None;
    }
    let request = match &recognised.carried {
        Carried::Request(request) => Some(request.as_ref()),
        _ => None,
    };
    if let Some(request) = request
        && request.named("dpop").count() > 1
    {
        // RFC 9449 §4.3: there is not more than one.
        bench.policy.sender_bound = true;
        return sure(broken("the request carries more than one proof").at(proof.whole()));
    }
    match check(proof.text().trim(), &thumbprint, credential.text(), request, bench) {
        Ok(()) => {
            bench.policy.sender_bound = true;
            None
        }
        Err(fault) => {
            // That no proof came would be wrong: one came.
            bench.policy.sender_bound = true;
            sure(fault.at(proof.whole()))
        }
    }
}

fn differs(member: &str, found: impl Into<Fact>, expected: impl Into<Fact>) -> Fault {
    Fault::new(Code::SenderProofInvalid)
        .with("member", member)
        .with("found", found)
        .with("expected", expected)
}

fn broken(reason: &str) -> Fault {
    Fault::new(Code::SenderProofInvalid).with("reason", Fact::Words(reason.to_owned()))
}

fn check(
    proof: &str,
    thumbprint: &str,
    credential: &str,
    request: Option<&Request>,
    bench: &Bench<'_>,
) -> Result<(), Fault> {
    let token = Token::parse(proof).map_err(|_| broken("the proof is no token"))?;
    let (Some(header), Some(payload)) = (token.header(), token.payload()) else {
        return Err(broken("the proof's header or payload is no JSON object"));
    };
    let typ = header.text("typ").unwrap_or_default();
    if !typ.eq_ignore_ascii_case("dpop+jwt") {
        return Err(differs("typ", typ.into_owned(), "dpop+jwt"));
    }
    let jwk = header.get("jwk").ok_or_else(|| broken("the proof brings no key (`jwk`)"))?;
    let Ok(key) = Key::from_jwk(&jwk) else {
        // RFC 9449 §4.3: `jwk` does not contain a private key.
        return Err(broken(match key_text::public_half(&jwk) {
            Some(_) => "the proof's key (`jwk`) is a private one: anybody may sign with it now",
            None => "the proof's key (`jwk`) cannot be used",
        }));
    };
    if key.thumbprint() != thumbprint {
        return Err(differs(
            "jwk",
            format!("a key with the thumbprint {}", key.thumbprint()),
            thumbprint,
        ));
    }
    let algorithm = header.text("alg").and_then(|name| Algorithm::from_name(&name));
    let signed = algorithm.filter(|algorithm| !algorithm.is_symmetric()).is_some_and(|algorithm| {
        bench.verifies(&key, algorithm, token.signing_input().as_bytes(), token.signature())
    });
    if !signed {
        return Err(broken("the proof's own signature does not hold"));
    }
    let ath = base64url::encode(digest::digest(&digest::SHA256, credential.as_bytes()));
    match payload.text("ath") {
        Some(found) if found == ath => {}
        Some(_) => return Err(broken("its `ath` is the hash of another token")),
        None => return Err(broken("it has no `ath`, the token's hash")),
    }
    // RFC 9449 §4.3: all required claims are there.
    if let Some(lacking) = ["jti", "htm", "htu", "iat"].iter().find(|name| !payload.contains(name))
    {
        return Err(broken(&format!("it has no `{lacking}`")));
    }
    if let Some(iat) = payload.integer("iat") {
        let now = bench.now;
        let leeway = bench.policy.leeway_secs();
        if (now - iat) > PROOF_LIFETIME + leeway || (iat - now) > leeway {
            return Err(differs("iat", Fact::Time(iat), Fact::Time(now)));
        }
    }
    let Some(request) = request else { return Ok(()) };
    if let (Some(method), Some(htm)) = (&request.method, payload.text("htm"))
        && *method != htm
    {
        return Err(differs("htm", htm.into_owned(), method.as_str()));
    }
    if let (Some(sent), Some(htu)) = (address(request), payload.text("htu"))
        && without_scheme(&sent) != without_scheme(&htu)
    {
        return Err(differs("htu", htu.into_owned(), sent));
    }
    Ok(())
}

/// The URL of the request as the server sees it, without the query (RFC 9449 §4.2).
fn address(request: &Request) -> Option<String> {
    let target = request.target.as_ref()?.text();
    let bare = target.split(['?', '#']).next().unwrap_or(target);
    if bare.contains("://") {
        return Some(bare.to_owned());
    }
    let host = request.named("host").chain(request.named(":authority")).next()?.value.text();
    Some(format!("https://{host}{bare}"))
}

/// An address without its scheme, for a raw request does not show whether TLS was used; host and default port as
/// RFC 3986 §6.2.2 and §6.2.3 normalise them, the path as it is (RFC 9449 §4.3).
fn without_scheme(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host);
    format!("{}{}", host.to_ascii_lowercase(), path.trim_end_matches('/'))
}
