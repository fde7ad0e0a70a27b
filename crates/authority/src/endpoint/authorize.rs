//! `/authorize` and `/consent`: a person logs in (`log_in`), allows what a client asks for, and is sent back with a
//! code (OAuth 2.1 §4.1, OpenID Connect Core §3.1, RFC 9207).
//!
//! The request travels through the forms as it came and is judged anew each time: nothing is kept between the
//! steps but the session. What is wrong is told to the client only where its address is sure; else the person
//! reads it here.

use claviger_protocol::{
    AuthorizationRequest, CODE_TTL, Client, CodeGrant, Form, OauthCode, OauthFault, REQUEST_URI,
    Resource, ResponseMode, User, answer_to, asks_each_time, assurance, authorization_request,
    check_pushed, is_document_id, publisher, pushed_unknown, wanted_resource,
};
use claviger_store::LoginSession;
use claviger_token::base64url;
use claviger_web::{Asked, ConsentPage, FormPostPage};
use http::{HeaderValue, Method, StatusCode, header};

use super::log_in::{self, Goal};
use super::par::{self, Opened};
use super::people::{
    form_is_stale, form_page, onward, origin, redirected, refused, session, told_here,
};
use crate::call::{Answer, Call, Reply};
use crate::credential;
use crate::journal::{By, Kind};
use crate::own_token;
use crate::random;
use crate::refusal::Refusal;
use crate::render;

/// A request that can be answered, with everything that was loaded for it.
pub(crate) struct Asking {
    pub(crate) client: std::sync::Arc<Client>,
    pub(crate) request: AuthorizationRequest,
    /// As it came, to be carried through the forms.
    pub(crate) raw: String,
    /// Where it was pushed.
    pushed: Option<Opened>,
}

/// Why there is no such request: the reply that says so.
pub(crate) type Refused = Box<Reply>;

/// What stands behind `/authorize?` where one of our own pages posts.
const AGAIN: &str = "again";
/// Longer requests travel in forms: some proxies take no more than 4 KiB of header.
const LONGEST_QUERY: usize = 2_000;

/// `GET /authorize`, and `POST` with a form (OpenID Connect Core §3.1.2.1).
pub(crate) async fn authorize(mut call: Call) -> Answer {
    let raw = if call.parts.method == Method::POST {
        let body = call.form().await?;
        if call.parts.uri.query() != Some(AGAIN)
            && call.state.browsers.session(&call).is_none()
            && let Ok(form) = Form::parse(&body)
        {
            return asked_again(&call, form.encoded()).await;
        }
        String::from_utf8_lossy(&body).into_owned()
    } else {
        call.parts.uri.query().unwrap_or_default().to_owned()
    };
    let mut asking = match asking(&call, raw).await? {
        Ok(asking) => asking,
        Err(reply) => return Ok(*reply),
    };
    let session = session(&call).await?;
    settle_prompts(&call, &mut asking, session.as_ref()).await?;
    let request = &asking.request;
    let now = call.state.clock.now();
    let Some((session, user)) = session.filter(|(session, _)| is_fresh(request, session, now))
    else {
        if request.prompt.none {
            return Ok(unable(&call, &asking, OauthCode::LoginRequired, "nobody is logged in"));
        }
        let hint = request.login_hint.clone().unwrap_or_default();
        let goal = Goal::Client(Box::new(asking));
        return log_in::page(&call, &goal, &hint, StatusCode::OK, None);
    };
    if !is_expected(&call, &asking, &session)? {
        return somebody_else(&call, asking);
    }
    if !assurance::reaches(&session.amr, &request.acr_values) {
        return stronger(&call, asking, &user).await;
    }
    if !may_go_on(&call, &asking, &user).await? {
        if request.prompt.none {
            return Ok(unable(
                &call,
                &asking,
                OauthCode::ConsentRequired,
                "the user was not asked yet",
            ));
        }
        return consent_page(&call, &asking, &session, &user, None);
    }
    code(&call, &asking, &session).await
}

/// A client's form comes without the session's cookie (`SameSite=Lax`), whoever is logged in; what the browser asks
/// next comes with it.
async fn asked_again(call: &Call, raw: String) -> Answer {
    if raw.len() <= LONGEST_QUERY {
        return Ok(redirected(&address(call, &raw)));
    }
    match asking(call, raw).await? {
        Ok(asking) => go_on(call, &asking, &asking.raw),
        Err(reply) => Ok(*reply),
    }
}

/// Whether the client takes the log-in that there is: it asks for no other, and it lies back no longer than it wants.
fn is_fresh(request: &AuthorizationRequest, session: &LoginSession, now: i64) -> bool {
    let age = now.saturating_sub(session.auth_time).max(0);
    // `max_age=0` asks for a log-in as `prompt=login` does, however short ago the last one was.
    let fresh = |most| most > 0 && age <= i64::try_from(most).unwrap_or(i64::MAX);
    !request.prompt.login && request.max_age.is_none_or(fresh)
}

/// Whether the person of a session is the one that `id_token_hint` names (OpenID Connect Core §3.1.2.1). A hint
/// whose key is gone, or that was another client's, names nobody: that may be silently passed over only where
/// the person sees what they do.
fn is_expected(call: &Call, asking: &Asking, session: &LoginSession) -> Result<bool, Box<Refusal>> {
    let Some(hint) = &asking.request.id_token_hint else { return Ok(true) };
    let hinted = own_token::hinted(&call.state, hint);
    let own = hinted.filter(|hinted| {
        hinted.claims().audiences().iter().any(|audience| *audience == asking.client.id)
    });
    let Some(own) = own else { return Ok(!asking.request.prompt.none) };
    let seen = call.state.subjects.seen_by(&asking.client, &session.sub)?;
    Ok(own.claims().subject().is_some_and(|subject| subject == seen))
}

/// Another person is logged in than the client expects.
fn somebody_else(call: &Call, asking: Asking) -> Answer {
    if asking.request.prompt.none {
        let description = "the person that id_token_hint names is not logged in";
        return Ok(unable(call, &asking, OauthCode::LoginRequired, description));
    }
    let hint = asking.request.login_hint.clone().unwrap_or_default();
    let problem = "The application expects another account than the one that is logged in here.";
    log_in::page(call, &Goal::Client(Box::new(asking)), &hint, StatusCode::OK, Some(problem))
}

/// Somebody is logged in by less than `acr_values` asks for: they log in again with more, if they have it
/// (RFC 9470 §5).
async fn stronger(call: &Call, asking: Asking, user: &User) -> Answer {
    let factors = call.state.store.find_factors(&user.id).await?;
    let wanted = &asking.request.acr_values;
    let refused = if !assurance::could_reach(factors.kinds(), wanted) {
        Some(OauthCode::UnmetAuthenticationRequirements)
    } else if asking.request.prompt.none {
        Some(OauthCode::LoginRequired)
    } else {
        None
    };
    if let Some(error) = refused {
        let description = "the user is not logged in by what acr_values asks for";
        return Ok(unable(call, &asking, error, description));
    }
    let problem =
        "This application asks for more certainty: log in with your second factor or passkey.";
    let goal = Goal::Client(Box::new(asking));
    log_in::page(call, &goal, &user.username, StatusCode::OK, Some(problem))
}

/// `POST /consent`.
pub(crate) async fn consent(mut call: Call) -> Answer {
    let form = Form::parse(&call.form().await?)?;
    let raw = form.get("request").unwrap_or_default().to_owned();
    let mut asking = match asking(&call, raw).await? {
        Ok(asking) => asking,
        Err(reply) => return Ok(*reply),
    };
    let session = session(&call).await?;
    settle_prompts(&call, &mut asking, session.as_ref()).await?;
    let Some((session, user)) = session else {
        return log_in::page(&call, &Goal::Client(Box::new(asking)), "", StatusCode::OK, None);
    };
    let about = decision_about(&asking.raw, &session.sid);
    if !call.state.browsers.proves(&call, &about, form.get("proof")) {
        form_is_stale(&call, "consent");
        let problem = "Nothing was decided: the page before showed something else, or somebody else was logged in. \
                       Look again.";
        return consent_page(&call, &asking, &session, &user, Some(problem));
    }
    if form.get("decision") != Some("allow") {
        return Ok(unable(&call, &asking, OauthCode::AccessDenied, "the user did not allow it"));
    }
    let request = &asking.request;
    let resource = request.resource.as_deref().unwrap_or_default();
    let now = call.state.clock.now();
    call.state.store.consent(&user.id, &asking.client.id, resource, &request.scope, now).await?;
    call.state.journal.event(
        By::user(&call)
            .event(Kind::Grant, "consented")
            .client(asking.client.id.as_str())
            .subject(user.id.as_str())
            .with("scope", request.scope.as_str())
            .with("resource", resource),
    );
    if asks_each_time(&asking.client, &request.redirect_uri)
        && is_fresh(request, &session, now)
        && is_expected(&call, &asking, &session)?
        && assurance::reaches(&session.amr, &request.acr_values)
    {
        // The consent is for this once, so it cannot be looked up again behind a redirect.
        return code(&call, &asking, &session).await;
    }
    go_on(&call, &asking, &after_consent(&asking.raw))
}

/// A pushed request cannot be sent on without its `prompt` and `max_age`: what was done since a browser came with it
/// was done for it.
async fn settle_prompts(
    call: &Call,
    asking: &mut Asking,
    session: Option<&(LoginSession, User)>,
) -> Result<(), Box<Refusal>> {
    let (Some(pushed), Some((session, user))) = (&asking.pushed, session) else { return Ok(()) };
    let kept = &pushed.kept;
    let prompt = &mut asking.request.prompt;
    let cookie = call.state.browsers.session_digest(call);
    if kept.has_log_in(cookie.as_deref(), session.auth_time) {
        prompt.login = false;
        asking.request.max_age = None;
    }
    if prompt.consent {
        let resource = asking.request.resource.as_deref().unwrap_or_default();
        let client = &asking.client.id;
        let store = &call.state.store;
        let since = kept.opened_at.unwrap_or(i64::MAX);
        prompt.consent = !store.consented_since(&user.id, client, resource, since).await?;
    }
    Ok(())
}

/// Reads and judges a request.
pub(crate) async fn asking(
    call: &Call,
    raw: String,
) -> Result<Result<Asking, Refused>, Box<Refusal>> {
    let here = |fault: OauthFault| Ok(Err(Box::new(told_here(call, "authorize", &fault))));
    let form = match Form::parse(raw.as_bytes()) {
        Ok(form) => form,
        Err(fault) => return here(fault),
    };
    let (form, pushed) = match par::opened(call, &form).await? {
        Ok(Some(mut pushed)) => (std::mem::take(&mut pushed.form), Some(pushed)),
        Ok(None) => (form, None),
        Err(fault) => return here(fault),
    };
    let client = match form.get("client_id") {
        Some(id) if is_document_id(id) => match call.state.described_client(id).await? {
            Ok(client) => Some(client),
            Err(fault) => return here(fault),
        },
        Some(id) => call.state.client(id).await?,
        None => None,
    };
    let redirect_uri = match answer_to(&form, client.as_deref()) {
        Ok(uri) => uri,
        Err(fault) => return here(fault),
    };
    let Some(client) = client else {
        return here(OauthFault::new(OauthCode::InvalidRequest, "client-unknown", "no client"));
    };
    let resource = resource(call, &form, &client).await?;
    let judged = check_pushed(&client, pushed.is_some())
        .and_then(|()| authorization_request(&form, &client, resource.as_deref(), &redirect_uri));
    match judged {
        Ok(request) => Ok(Ok(Asking { client, request, raw, pushed })),
        Err(fault) => {
            let refusal: Box<Refusal> = fault.clone().into();
            let diagnosis =
                refused(call, "authorize", &refusal.evidence("client_id", client.id.as_str()));
            let fault =
                OauthFault { description: format!("{} ({diagnosis})", fault.description), ..fault };
            let members =
                [("error", fault.error.as_str()), ("error_description", &fault.description)];
            let back = Back {
                application: &client.name,
                redirect_uri: &redirect_uri,
                mode: ResponseMode::of(&form).unwrap_or_default(),
                state: form.get("state"),
            };
            Ok(Err(Box::new(sent_back(call, &back, &members))))
        }
    }
}

pub(crate) async fn resource(
    call: &Call,
    form: &Form,
    client: &Client,
) -> Result<Option<std::sync::Arc<Resource>>, Box<Refusal>> {
    let ask = claviger_protocol::Ask::from_form(form);
    match wanted_resource(client, &ask) {
        Ok(uri) => Ok(call.state.resource(uri).await?),
        // What is wrong with it is said with everything else.
        Err(_) => Ok(None),
    }
}

/// Whether the person has allowed all of it before, or need not be asked.
async fn may_go_on(call: &Call, asking: &Asking, user: &User) -> Result<bool, Box<Refusal>> {
    if asking.client.first_party && !asking.request.prompt.consent {
        return Ok(true);
    }
    if asking.request.prompt.consent {
        return Ok(false);
    }
    if asks_each_time(&asking.client, &asking.request.redirect_uri) {
        return Ok(false);
    }
    let resource = asking.request.resource.as_deref().unwrap_or_default();
    let had = call.state.store.consented(&user.id, &asking.client.id, resource).await?;
    let had: Vec<&str> = had.split(' ').collect();
    let wanted = asking.request.scope.split(' ').filter(|scope| !scope.is_empty());
    // A consent to nothing is one, too, but none that was given by leaving everything out.
    Ok(!had.iter().all(|scope| scope.is_empty())
        && wanted.into_iter().all(|scope| had.contains(&scope)))
}

async fn code(call: &Call, asking: &Asking, session: &LoginSession) -> Answer {
    let request = &asking.request;
    let code = base64url::encode(random::bytes::<32>()?);
    let now = call.state.clock.now();
    let grant = CodeGrant {
        client_id: asking.client.id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        sub: session.sub.clone(),
        sid: session.sid.clone(),
        scope: request.scope.clone(),
        resource: request.resource.clone(),
        nonce: request.nonce.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        auth_time: session.auth_time,
        amr: session.amr.clone(),
        expires_at: now.saturating_add(CODE_TTL),
    };
    let hash = credential::digest(&code);
    match &asking.pushed {
        None => call.state.store.create_code(hash, grant).await?,
        Some(pushed) => {
            if !call.state.store.create_code_for(pushed.hash, hash, grant).await? {
                return Ok(told_here(call, "authorize", &pushed_unknown(REQUEST_URI)));
            }
        }
    }
    Ok(sent_back(call, &asking.back(), &[("code", &code)]))
}

/// What a decision is about: this request, shown to whoever is logged in now. A page that somebody else has left
/// open, or one about another request, decides nothing.
fn decision_about(raw: &str, sid: &str) -> String {
    format!("consent {sid} {raw}")
}

fn consent_page(
    call: &Call,
    asking: &Asking,
    session: &LoginSession,
    user: &User,
    problem: Option<&str>,
) -> Answer {
    let browsers = &call.state.browsers;
    let mark = browsers.mark(call)?;
    let destination = origin(&asking.request.redirect_uri);
    let page = ConsentPage {
        site: &call.state.site,
        asked: Asked {
            application: &asking.client.name,
            publisher: publisher(&asking.client),
            username: &user.username,
            scope: &asking.request.scope,
            resource: asking.request.resource.as_deref(),
        },
        destination: &destination,
        problem,
        proof: &browsers.proof(&mark, &decision_about(&asking.raw, &session.sid)),
        request: &asking.raw,
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    form_page(call, &mark, status, page.html(), &asking.request.redirect_uri)
}

/// On to the request again, now that somebody is logged in or has allowed it: `raw` is what is left of it.
pub(crate) fn go_on(call: &Call, asking: &Asking, raw: &str) -> Answer {
    if raw.len() <= LONGEST_QUERY {
        return Ok(redirected(&address(call, raw)));
    }
    let members: Vec<_> = url::form_urlencoded::parse(raw.as_bytes()).collect();
    let members: Vec<_> = members.iter().map(|(name, value)| (&**name, &**value)).collect();
    let page = FormPostPage {
        site: &call.state.site,
        title: &format!("On to {}", asking.client.name),
        action: &address(call, AGAIN),
        destination: &origin(&asking.request.redirect_uri),
        members: &members,
    };
    posting(&page, &format!("'self' {}", onward(&asking.request.redirect_uri)))
}

fn address(call: &Call, query: &str) -> String {
    format!("{}/authorize?{query}", call.state.issuer.path)
}

/// The way back to a client.
struct Back<'a> {
    application: &'a str,
    redirect_uri: &'a str,
    mode: ResponseMode,
    state: Option<&'a str>,
}

impl Asking {
    fn back(&self) -> Back<'_> {
        Back {
            application: &self.client.name,
            redirect_uri: &self.request.redirect_uri,
            mode: self.request.response_mode,
            state: self.request.state.as_deref(),
        }
    }
}

/// Back to the client, with `iss` against mix-up (RFC 9207).
fn sent_back(call: &Call, back: &Back<'_>, members: &[(&str, &str)]) -> Reply {
    let state = back.state.map(|state| ("state", state));
    let iss = ("iss", call.state.issuer.text.as_str());
    let members: Vec<(&str, &str)> = members.iter().copied().chain(state).chain([iss]).collect();
    if back.mode == ResponseMode::FormPost && back.mode.reaches(back.redirect_uri) {
        return posted_back(call, back, &members);
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(members);
    let redirect_uri = back.redirect_uri;
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    redirected(&format!("{redirect_uri}{joint}{}", query.finish()))
}

/// Back to the client by a form that the browser posts.
fn posted_back(call: &Call, back: &Back<'_>, members: &[(&str, &str)]) -> Reply {
    let page = FormPostPage {
        site: &call.state.site,
        title: &format!("Back to {}", back.application),
        action: back.redirect_uri,
        destination: &origin(back.redirect_uri),
        members,
    };
    posting(&page, &onward(back.redirect_uri))
        .unwrap_or_else(|_| render::empty(StatusCode::INTERNAL_SERVER_ERROR))
}

/// A page that posts its form, which may lead to these places.
fn posting(page: &FormPostPage<'_>, places: &str) -> Answer {
    let mut reply = render::reply(StatusCode::OK, render::HTML, page.html()?);
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src 'self'; img-src 'self'; base-uri 'none'; \
         form-action {places}; frame-ancestors 'none'",
        FormPostPage::SCRIPT_HASH
    );
    let headers = reply.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, render::NO_STORE);
    Ok(reply)
}

/// The client is told that it cannot have what it asks for.
fn unable(call: &Call, asking: &Asking, error: OauthCode, description: &str) -> Reply {
    let members = [("error", error.as_str()), ("error_description", description)];
    sent_back(call, &asking.back(), &members)
}

/// The request once its person has logged in for it: nothing of it asks for that any more.
pub(crate) fn after_log_in(raw: &str) -> String {
    without(raw, &["login", "select_account"], Some("max_age"))
}

/// The request once its person has allowed it.
fn after_consent(raw: &str) -> String {
    without(raw, &["consent"], None)
}

/// The request without what `prompt` asked for and was done, and without one more parameter; the rest is still to be
/// done.
fn without(raw: &str, done: &[&str], parameter: Option<&str>) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
        if Some(&*name) == parameter {
            continue;
        }
        if name != "prompt" {
            out.append_pair(&name, &value);
            continue;
        }
        let left: Vec<&str> = value.split(' ').filter(|prompt| !done.contains(prompt)).collect();
        if !left.is_empty() {
            out.append_pair(&name, &left.join(" "));
        }
    }
    out.finish()
}
