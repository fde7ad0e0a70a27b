//! What the OAuth endpoints begin with: a form, and the client that sent it, proven.
//!
//! Loads the facts and carries out the checks that `claviger_protocol` asks for. Writes into the
//! journal which client it was and what failed; the client itself is told one answer for all of it.

use std::sync::Arc;

use claviger_protocol::{
    Check, Client, Form, OauthCode, OauthFault, Presented, PresentedCertificate, Secret, Unproven,
    admit, assertion_replayed, authenticate, check_client_id, is_document_id, not_authenticated,
    verify_assertion, verify_certificate,
};
use http::{HeaderValue, header};

use crate::call::Call;
use crate::documents;
use crate::refusal::Refusal;
use crate::secrets::{Asked, Unjudged};
use crate::sectors;

/// Parameters that carry something which must not stand in a URL, where every log keeps it.
const BODY_ONLY: [&str; 12] = [
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "token",
    "scope",
    "code",
    "code_verifier",
    "refresh_token",
    "device_code",
    "subject_token",
    "actor_token",
];

/// The form of a request.
pub(crate) async fn form(call: &mut Call) -> Result<Form, Box<Refusal>> {
    if let Some(query) = call.parts.uri.query()
        && let Some((name, _)) = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| BODY_ONLY.contains(&name.as_ref()))
    {
        // RFC 6749 §2.3.1.
        return Err(OauthFault::new(
            OauthCode::InvalidRequest,
            "parameter-in-url",
            format!("the parameter `{name}` stands in the URL"),
        )
        .fix("send it in the body; replace a secret that has stood in a URL, for logs keep it")
        .into());
    }
    let body = call.form().await?;
    Ok(Form::parse(&body)?)
}

/// The client that a request comes from, proven and admitted.
pub(crate) async fn client(call: &Call, form: &Form) -> Result<Arc<Client>, Box<Refusal>> {
    let values = call.parts.headers.get_all(header::AUTHORIZATION);
    let presented = Presented::read(values.iter().map(HeaderValue::as_bytes), form)?;
    let named =
        presented.client_id().filter(|id| check_client_id(id).is_ok() || is_document_id(id));
    let about = |refusal: Box<Refusal>, cause: &str| {
        let id = presented.client_id().unwrap_or_default();
        let id: String = id.chars().take(200).collect();
        Box::new(refusal.evidence("client_id", id).evidence("cause", cause))
    };
    let found = match named {
        Some(id) if is_document_id(id) => match call.state.described_client(id).await? {
            // Who is told `invalid_client` gives its grants up.
            Err(fault) if documents::passes(&fault) || sectors::passes(&fault) => {
                let later = OauthFault { error: OauthCode::TemporarilyUnavailable, ..fault };
                return Err(about(later.into(), "document-unread"));
            }
            outcome => outcome.ok(),
        },
        Some(id) => call.state.client(id).await?,
        None => None,
    };
    let client = found.as_deref();
    match authenticate(&presented, client)
        .map_err(|fault| about(fault.into(), "client-unproven"))?
    {
        Check::CompareSecret { hash } => {
            let right = compare(call, named, hash.as_deref(), presented.secret())
                .await
                .map_err(|unjudged| about(unjudged.into(), "secret-unjudged"))?;
            if !right {
                let cause = match (client, &hash) {
                    (None, _) => "client-unknown",
                    (Some(_), None) => "method-not-of-this-client",
                    (Some(_), Some(_)) => "secret-wrong",
                };
                return Err(about(not_authenticated().into(), cause));
            }
        }
        Check::Named => {}
        Check::VerifyCertificate => {
            let judge = |client: Option<&Client>| Ok(certificate(call, client)?);
            by_keys(call, client, judge).await.map_err(|unproven| {
                let cause = if unproven.fault.code == "client-unproven" {
                    "certificate-missing"
                } else {
                    "certificate-refused"
                };
                about(unproven.into(), cause)
            })?;
        }
        Check::VerifyAssertion => assertion(call, &presented, client)
            .await
            .map_err(|refusal| about(refusal, "assertion-refused"))?,
    }
    let Some(client) = found else {
        return Err(about(not_authenticated().into(), "client-unknown"));
    };
    admit(&client).map_err(|fault| about(fault.into(), "client-disabled"))?;
    Ok(client)
}

/// Whether it is the client's secret. One that nobody has is compared with nobody's.
async fn compare(
    call: &Call,
    client: Option<&str>,
    hash: Option<&str>,
    presented: Option<&Secret>,
) -> Result<bool, Unjudged> {
    let asked = Asked {
        client: client.unwrap_or_default(),
        hash,
        presented: presented.map_or("", Secret::expose),
        peer: call.peer(),
    };
    call.state.secrets.verify(&asked).await
}

/// Judges a client by the keys that it registered; where it publishes them, by those that are known, and where none
/// fits, by newer ones. What is wrong with the request itself is said before anything is fetched.
async fn by_keys<T>(
    call: &Call,
    client: Option<&Client>,
    judge: impl Fn(Option<&Client>) -> Result<T, Unproven> + Send,
) -> Result<T, Unproven> {
    let other_keys_may_do = |unproven: &Unproven| unproven.fault == not_authenticated();
    let judged = judge(client);
    let (Some(client), Err(unproven)) = (client, &judged) else { return judged };
    if !other_keys_may_do(unproven) {
        return judged;
    }
    let (keys, now) = (&call.state.client_keys, call.state.clock.now());
    let Some(published) = keys.published(client, now).await? else { return judged };
    match judge(Some(&published.of(client))) {
        Err(unproven) if other_keys_may_do(&unproven) => match keys.newer(&published, now).await? {
            Some(newer) => judge(Some(&newer.of(client))),
            None => Err(unproven),
        },
        judged => judged,
    }
}

/// RFC 8705 §2: the certificate on the connection is the client's.
fn certificate(call: &Call, client: Option<&Client>) -> Result<(), OauthFault> {
    let Some(client) = client else { return Err(not_authenticated()) };
    let now = call.state.clock.now();
    let certificate = call.certificate();
    let presented = certificate.as_ref().map(|certificate| PresentedCertificate {
        der: certificate.der(),
        trusted: call.state.tls.is_trusted(certificate, now),
    });
    verify_certificate(client, presented, now)
}

/// RFC 7523 §3: the assertion is the client's, for us, for now, and for the first time.
async fn assertion(
    call: &Call,
    presented: &Presented,
    client: Option<&Client>,
) -> Result<(), Box<Refusal>> {
    let state = &call.state;
    let Presented::Assertion { id, assertion } = presented else {
        return Err(not_authenticated().into());
    };
    let now = state.clock.now();
    let mut audiences = vec![state.issuer.text.as_str(), &state.token_endpoint];
    let pushing = format!("{}/par", state.issuer.base);
    if call.parts.uri.path() == format!("{}/par", state.issuer.path) {
        // RFC 9126 §2: there, its own address is one of the authority's names.
        audiences.push(&pushing);
    }
    let judge =
        |client: Option<&Client>| verify_assertion(assertion.expose(), client, &audiences, now);
    let accepted = by_keys(call, client, judge).await?;
    if state.store.consume_assertion(id, &accepted.jti, accepted.exp, now).await? {
        Ok(())
    } else {
        Err(assertion_replayed().into())
    }
}
