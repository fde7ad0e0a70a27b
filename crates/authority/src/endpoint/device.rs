//! `/device_authorization` and `/device`: a program without a browser shows a code, and its person allows it on another
//! machine (RFC 8628).
//!
//! Codes are looked up only for people who are logged in, and only so often: nobody finds one by trying. Visiting an
//! address allows nothing, even with the code in it. What becomes of a poll is `claviger_protocol::poll`'s to say.

use claviger_protocol::{
    Ask, DEVICE_CODE_TTL, DeviceDecision, DeviceGrant, Form, GrantType, POLL_INTERVAL,
    USER_CODE_LENGTH, USER_CODE_LETTERS, User, acr_values, asked_for, assurance, check_grant,
    publisher, shown_user_code, user_code_key, wanted_resource,
};
use claviger_token::base64url;
use claviger_web::{Asked, DeviceConsentPage, DevicePage};
use http::StatusCode;
use serde_json::json;

use super::log_in::{self, Goal};
use super::people::{STALE_FORM, form_is_stale, form_page, message, session};
use crate::call::{Answer, Call, clipped};
use crate::client_check;
use crate::credential;
use crate::journal::{By, Kind};
use crate::random;
use crate::refusal::Refusal;
use crate::render;
use crate::throttle::network;

const LOOK_UP: &str = "device";
/// Another user code is drawn so often where one is taken: with a million waiting, one in 25 000 is.
const ATTEMPTS: usize = 5;
const UNKNOWN: &str = "That code is not right, or its time is over. Look at the device again.";

/// `POST /device_authorization`.
pub(crate) async fn begin(mut call: Call) -> Answer {
    let form = client_check::form(&mut call).await?;
    let client = client_check::client(&call, &form).await?;
    let state = &call.state;
    let about = |refusal: Box<Refusal>| Box::new(refusal.evidence("client_id", client.id.as_str()));
    check_grant(&client, GrantType::DeviceCode).map_err(|fault| about(fault.into()))?;
    let now = state.clock.now();
    state.devices.admit(call.peer().map(network), now).map_err(|seconds| {
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, "device-limited")
            .detail("too many devices begin from this address")
            .fix("go on with the code that was given")
            .retry_after(seconds)
    })?;
    let resource = match wanted_resource(&client, &Ask::from_form(&form)) {
        Ok(uri) => state.resource(uri).await?,
        // What is wrong with it is said with everything else.
        Err(_) => None,
    };
    let (audience, scope) =
        asked_for(&form, &client, resource.as_deref()).map_err(|fault| about(fault.into()))?;
    let grant = DeviceGrant {
        acr_values: acr_values(form.get("acr_values").unwrap_or_default()),
        ..DeviceGrant::new(&client.id, scope, audience, now)
    };
    for _ in 0..ATTEMPTS {
        let code = base64url::encode(random::bytes::<32>()?);
        let key = random::letters(USER_CODE_LETTERS, USER_CODE_LENGTH)?;
        let hash = credential::digest(&code);
        if state.store.create_device_code(hash, &key, grant.clone()).await? {
            let user_code = shown_user_code(&key);
            let page = format!("{}/device", state.issuer.base);
            return Ok(render::json(
                StatusCode::OK,
                &json!({
                    "device_code": code,
                    "verification_uri_complete": format!("{page}?user_code={user_code}"),
                    "user_code": user_code,
                    "verification_uri": page,
                    "expires_in": DEVICE_CODE_TTL,
                    "interval": POLL_INTERVAL,
                }),
            ));
        }
    }
    Err(Refusal::unavailable("no-user-code", "every user code that was drawn is taken").into())
}

/// `GET /device`.
pub(crate) async fn page(call: Call) -> Answer {
    let query = call.parts.uri.query().unwrap_or_default();
    let code = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "user_code")
        .map(|(_, value)| clipped(&value))
        .unwrap_or_default();
    code_page(&call, &code, None)
}

/// `POST /device`: a person says the code.
pub(crate) async fn look_up(mut call: Call) -> Answer {
    let form = Form::parse(&call.form().await?)?;
    let state = &call.state;
    let browsers = &state.browsers;
    let typed = clipped(form.get("user_code").unwrap_or_default());
    if !browsers.proves(&call, LOOK_UP, form.get("proof")) {
        return stale(&call, &typed);
    }
    let Some(key) = user_code_key(&typed) else { return code_page(&call, &typed, Some(UNKNOWN)) };
    let shown = shown_user_code(&key);
    let Some((session, user)) = session(&call).await? else {
        return log_in_first(&call, &shown);
    };
    let now = state.clock.now();
    let [by_person, by_address] = &state.user_codes;
    let limited = by_person
        .admit(&session.sub, now)
        .and_then(|()| by_address.admit(call.peer().map(network), now));
    if limited.is_err() {
        let problem = "Too many codes were tried. Wait ten minutes, then look at the device again.";
        return code_page(&call, "", Some(problem));
    }
    let grant = state.store.find_device(&key).await?.filter(|grant| grant.is_open(now));
    let client = match &grant {
        Some(grant) => state.client(&grant.client_id).await?.filter(|client| !client.disabled),
        None => None,
    };
    let (Some(grant), Some(client)) = (grant, client) else {
        tracing::info!(sub = session.sub, "a user code that is none was tried");
        return code_page(&call, &typed, Some(UNKNOWN));
    };
    if !assurance::reaches(&session.amr, &grant.acr_values) {
        return stronger(&call, &user, &grant, &shown).await;
    }
    let mark = browsers.mark(&call)?;
    let page = DeviceConsentPage {
        site: &state.site,
        asked: Asked {
            application: &client.name,
            publisher: publisher(&client),
            username: &user.username,
            scope: &grant.scope,
            resource: grant.resource.as_deref(),
        },
        code: &shown,
        proof: &browsers.proof(&mark, &decision_about(&key, &session.sid)),
    };
    form_page(&call, &mark, StatusCode::OK, page.html(), "")
}

/// The proof of a decision names what is decided on, and in which log-in it was shown: only who saw that page decides.
fn decision_about(key: &str, sid: &str) -> String {
    format!("device {key} {sid}")
}

/// `POST /device/decision`.
pub(crate) async fn decide(mut call: Call) -> Answer {
    let form = Form::parse(&call.form().await?)?;
    let state = &call.state;
    let typed = clipped(form.get("user_code").unwrap_or_default());
    let Some(key) = user_code_key(&typed) else { return stale(&call, &typed) };
    let Some((session, _)) = session(&call).await? else {
        return log_in_first(&call, &shown_user_code(&key));
    };
    let about = decision_about(&key, &session.sid);
    if !state.browsers.proves(&call, &about, form.get("proof")) {
        return stale(&call, &shown_user_code(&key));
    }
    let allows = form.get("decision") == Some("allow");
    let now = state.clock.now();
    let by = session.clone();
    let found = state.store.find_device(&key).await?;
    let decided = state
        .store
        .decide_device(&key, move |grant| {
            let decision = if allows { DeviceDecision::Allow } else { DeviceDecision::Deny };
            let may = grant.is_open(now) && assurance::reaches(&by.amr, &grant.acr_values);
            may.then(|| DeviceGrant {
                decision,
                sub: allows.then_some(by.sub),
                sid: allows.then_some(by.sid),
                auth_time: allows.then_some(by.auth_time),
                amr: if allows { by.amr } else { String::new() },
                ..grant
            })
        })
        .await?;
    if !decided {
        // Of a button that was pressed twice the browser shows the second answer.
        let same = found.is_some_and(|grant| match grant.decision {
            DeviceDecision::Pending => false,
            DeviceDecision::Allow | DeviceDecision::Redeemed => {
                allows && grant.sub.as_ref() == Some(&session.sub)
            }
            DeviceDecision::Deny => !allows,
        });
        return if same {
            decided_page(&call, allows)
        } else {
            code_page(&call, "", Some(UNKNOWN))
        };
    }
    let code = if allows { "device-allowed" } else { "device-denied" };
    let event = By::user(&call).event(Kind::Grant, code).subject(session.sub.as_str());
    state.journal.event(match found {
        Some(grant) => event.client(grant.client_id),
        None => event,
    });
    tracing::info!(sub = session.sub, allows, "a person decided about a device");
    decided_page(&call, allows)
}

fn decided_page(call: &Call, allows: bool) -> Answer {
    if allows {
        message(
            call,
            "The device may go on",
            "Look at the device: it goes on within seconds. You can close this page.",
        )
    } else {
        message(
            call,
            "The device got nothing",
            "It is told that you did not allow it. You can close this page.",
        )
    }
}

/// The form proved nothing: the code is asked for again.
fn stale(call: &Call, code: &str) -> Answer {
    form_is_stale(call, "device");
    let mut reply = code_page(call, code, Some(STALE_FORM))?;
    *reply.status_mut() = StatusCode::BAD_REQUEST;
    Ok(reply)
}

/// Somebody is logged in by less than the device asks for: they log in again with more, if they have it.
async fn stronger(call: &Call, user: &User, grant: &DeviceGrant, shown: &str) -> Answer {
    let factors = call.state.store.find_factors(&user.id).await?;
    if !assurance::could_reach(factors.kinds(), &grant.acr_values) {
        let problem = "The device asks for more certainty than this account can give. Add a second \
                       factor or a passkey to it, then start again at the device.";
        return code_page(call, shown, Some(problem));
    }
    let problem = "The device asks for more certainty: log in with your second factor or passkey.";
    let goal = Goal::Own(format!("/device?user_code={shown}"));
    log_in::page(call, &goal, &user.username, StatusCode::OK, Some(problem))
}

/// The log-in, which leads back here with the code.
fn log_in_first(call: &Call, code: &str) -> Answer {
    let goal = Goal::Own(format!("/device?user_code={code}"));
    log_in::page(call, &goal, "", StatusCode::OK, None)
}

fn code_page(call: &Call, code: &str, problem: Option<&str>) -> Answer {
    let browsers = &call.state.browsers;
    let mark = browsers.mark(call)?;
    let site = &call.state.site;
    let page = DevicePage { site, code, problem, proof: &browsers.proof(&mark, LOOK_UP) };
    let status = if problem.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    form_page(call, &mark, status, page.html(), "")
}
