//! `/userinfo` (OpenID Connect Core §5.3): what the holder of an access token with `openid` is told about the
//! person who granted it.
//!
//! Loads the person and the client anew each time, so that whoever was disabled a moment ago is told nothing.

use claviger_protocol::{ClaimPlace, Form, custom_claims, standard_claims};
use claviger_token::bond::{Bond, Proven};
use claviger_token::challenge::Demand;
use claviger_token::presentation::{self, Scheme};
use claviger_token::{Algorithm, Code, Fact, Fault, Verified, dpop};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::call::{Answer, Call};
use crate::own_token;
use crate::refusal::Refusal;
use crate::render;
use crate::sender::Sender;
use crate::subjects;

const JWT: HeaderValue = HeaderValue::from_static("application/jwt");

pub(crate) async fn userinfo(mut call: Call) -> Answer {
    let Presented { token, scheme } = presented(&mut call).await?;
    let state = &call.state;
    let scheme_demand = match scheme {
        Scheme::Bearer => Demand::Bearer,
        Scheme::Dpop => Demand::Dpop,
    };
    let refused = |fault, demand| Refusal::fault(fault).demanding(demand);
    let sender = match scheme {
        Scheme::Bearer => None,
        Scheme::Dpop => {
            let url = format!("{}/userinfo", state.issuer.base);
            let sender = Sender::read_with(&call, &url, Some(&token)).map_err(unproven)?;
            if sender.thumbprint().is_none() {
                let fault = Fault::new(Code::SenderProofMissing);
                return Err(refused(Box::new(fault), Demand::Dpop).into());
            }
            Some(sender)
        }
    };
    let certificate = call.certificate().map(|certificate| certificate.thumbprint());
    let verified = own_token::granting(state, &token, render::USERINFO_SCOPE)
        .map_err(|fault| refused(fault, scheme_demand))?;
    let bond = Bond::read(verified.claims().members());
    let key = sender.as_ref().and_then(Sender::thumbprint);
    let proven = Proven { key, certificate: certificate.as_deref() };
    Bond::check(bond.as_ref(), proven).map_err(|fault| {
        // RFC 9449 §7.1: whoever holds a token that is bound to a key is told so by the scheme.
        let to_a_key = bond.as_ref().is_some_and(Bond::is_to_key);
        refused(fault, if to_a_key { Demand::Dpop } else { Demand::Bearer })
    })?;
    if let Some(sender) = &sender {
        sender.use_up(state).await.map_err(unproven)?;
    }
    let mut reply = tell(&call, &verified).await?;
    if let Some(sender) = &sender {
        sender.renew(state, &mut reply);
    }
    Ok(reply)
}

/// What was wrong with a proof, as a resource tells it (RFC 9449 §7.1).
fn unproven(mut refusal: Box<Refusal>) -> Box<Refusal> {
    if refusal.status.is_client_error() {
        refusal.status = StatusCode::UNAUTHORIZED;
        let algorithms: Vec<&str> = dpop::algorithms().map(Algorithm::name).collect();
        let algorithms = algorithms.join(" ");
        let challenge = format!("DPoP error=\"{}\", algs=\"{algorithms}\"", refusal.error);
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            refusal.headers.push((header::WWW_AUTHENTICATE, value));
        }
    }
    refusal
}

async fn tell(call: &Call, verified: &Verified) -> Answer {
    let state = &call.state;
    let refused = |code| Box::new(Refusal::fault(Box::new(Fault::new(code))));
    let claims = verified.claims();
    let (Some(sub), Some(client), Some(_)) = (claims.subject(), claims.client(), claims.grant())
    else {
        let words = |text: &str| Fact::Words(text.to_owned());
        let fault = Fault::new(Code::TokenTypeMismatch)
            .with("found", words("a token that a client got for itself"))
            .with("expected", words("a token that a person granted"));
        return Err(Refusal::fault(Box::new(fault)).into());
    };
    let user = subjects::person(state, &sub).await?.filter(|user| !user.disabled);
    let user = user.ok_or_else(|| refused(Code::SubjectRevoked))?;
    let client = state.client(&client).await?.filter(|client| !client.disabled);
    let client = client.ok_or_else(|| refused(Code::ClientRevoked))?;
    let scope = claims.scopes().join(" ");
    let mut answer = standard_claims(&user, &scope);
    answer.extend(custom_claims(&client.claims, &user, &scope, ClaimPlace::Userinfo).0);
    answer.insert("sub".to_owned(), json!(sub));
    let Some(algorithm) = &client.userinfo_signed_response_alg else {
        return Ok(render::json(StatusCode::OK, &answer));
    };
    answer.insert("iss".to_owned(), json!(state.issuer.text));
    answer.insert("aud".to_owned(), json!(client.id));
    let signed = state.keyring.sign(Some(algorithm), "JWT", &Value::Object(answer))?;
    Ok(render::reply(StatusCode::OK, JWT, signed))
}

struct Presented {
    token: Zeroizing<String>,
    scheme: Scheme,
}

/// The one token that was presented: in the header, or in a form (RFC 6750 §2.1, §2.2, RFC 9449 §7.1).
async fn presented(call: &mut Call) -> Result<Presented, Box<Refusal>> {
    if let Some(query) = call.parts.uri.query()
        && url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
    {
        // RFC 9700 §2.1: where it stands in logs.
        return Err(Refusal::fault(Box::new(Fault::new(Code::TokenInQuery))).into());
    }
    let is_form = call.is_form();
    let in_form = if call.parts.method == Method::POST && is_form {
        let form = Form::parse(&call.form().await?)?;
        form.get("access_token").map(|token| Zeroizing::new(token.to_owned()))
    } else {
        None
    };
    let values = call.parts.headers.get_all(header::AUTHORIZATION);
    match (in_form, values.iter().count()) {
        (Some(token), 0) => Ok(Presented { token, scheme: Scheme::Bearer }),
        (Some(_), also) => {
            let fault = Fault::new(Code::HeaderDuplicated).with("count", also + 1);
            Err(Refusal::fault(Box::new(fault)).into())
        }
        (None, _) => {
            let presented = presentation::presented(values.iter().map(HeaderValue::as_bytes));
            let (scheme, token) =
                presented.map_err(|fault| Refusal::fault(fault).demanding(Demand::Either))?;
            Ok(Presented { token: Zeroizing::new(token.to_owned()), scheme })
        }
    }
}
