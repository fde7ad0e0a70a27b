//! `/admin/v1/users` and `/admin/v1/sessions`: people who can log in, what is known of them, their second factors
//! and their log-ins.
//!
//! A password is taken and never shown. Whoever is disabled, removed or given another password by the
//! administrator is logged out everywhere.

use claviger_protocol::{Secret, User, assurance, check_password, username_key};
use claviger_store::{LoginSession, StoreError};
use http::StatusCode;
use serde::{Deserialize as _, Serialize};
use serde_json::{Map, Value, json};

use super::page::Page;
use super::{exists, invalid, located, refused, unknown};
use crate::call::{Answer, Call, clipped};
use crate::ending;
use crate::journal::By;
use crate::random;
use crate::refusal::Refusal;
use crate::render;

/// What may be said of a person when they are made, and changed later. All else follows from what is done.
const MEMBERS: [&str; 21] = [
    "username",
    "name",
    "email",
    "email_verified",
    "phone",
    "phone_verified",
    "address",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "groups",
    "attributes",
    "disabled",
];

/// A person as the admin API shows them: the record without what is secret.
fn view(user: &User) -> Value {
    // Not member by member, as clients are shown: there are two dozen, and all but this one are the operator's to see.
    // Whoever adds another secret takes it out here.
    let mut view = serde_json::to_value(user).unwrap_or_default();
    if let Value::Object(members) = &mut view {
        members.remove("password_hash");
    }
    view
}

/// Puts members of a request over a record (RFC 7396, one level deep: attributes and address are replaced whole).
fn merged(user: &User, members: Map<String, Value>) -> Result<User, Box<Refusal>> {
    let Ok(Value::Object(mut record)) = serde_json::to_value(user) else {
        return Err(Refusal::unavailable("not-written", "a user's record").into());
    };
    // What was proven is an address, not a person: a new one is unproven until somebody says otherwise.
    for (what, proven) in [("email", "email_verified"), ("phone", "phone_verified")] {
        let moves = members.get(what).is_some_and(|new| record.get(what) != Some(new));
        if moves {
            record.remove(proven);
        }
    }
    for (name, value) in members {
        if !MEMBERS.contains(&name.as_str()) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "body-refused")
                .detail(format!("unknown field `{}`", clipped(&name)))
                .fix("see `/admin/v1/openapi.json` for the members of this request")
                .into());
        }
        if value.is_null() {
            record.remove(&name);
        } else if name == "username" {
            let typed = value.as_str().unwrap_or_default();
            record.insert(name, json!(username_key(typed)));
        } else {
            record.insert(name, value);
        }
    }
    // What has no default is the account itself; of that only the name can be taken out.
    record.entry("username").or_insert_with(|| json!(""));
    let record = Value::Object(record);
    let user = User::deserialize(&record).map_err(|_| {
        let is_at_fault = |name: &&&str| {
            let (Some(value), Ok(mut alone)) = (record.get(**name), serde_json::to_value(user))
            else {
                return false;
            };
            alone[**name] = value.clone();
            User::deserialize(&alone).is_err()
        };
        refused(
            MEMBERS.iter().find(is_at_fault).unwrap_or(&"body"),
            "the value is of another kind".to_owned(),
            "see `/admin/v1/openapi.json` for what each member is",
        )
    })?;
    user.check().map_err(invalid)?;
    Ok(user)
}

pub(crate) async fn list(call: Call) -> Answer {
    let page = Page::of(&call)?;
    let found = call.state.store.list_users(page.after.as_deref(), page.fetch()).await?;
    let list = page.list(found, |user| user.username.clone(), |user| view(&user));
    Ok(render::json(StatusCode::OK, &list))
}

/// The password of a body, taken out of it.
fn password_of(members: &mut Map<String, Value>) -> Result<Secret, Box<Refusal>> {
    match members.remove("password") {
        Some(Value::String(text)) => Ok(Secret::new(text)),
        _ => Err(Refusal::new(StatusCode::BAD_REQUEST, "body-refused")
            .detail("`password` is missing, or no text")
            .fix("send it as a text")
            .into()),
    }
}

async fn hashed(call: &Call, password: &Secret, username: &str) -> Result<String, Box<Refusal>> {
    check_password(password.expose(), username).map_err(invalid)?;
    Ok(call.state.passwords.hash(password).await?)
}

pub(crate) async fn create(mut call: Call) -> Answer {
    let mut members: Map<String, Value> = call.json().await?;
    let state = &call.state;
    let password = password_of(&mut members)?;
    let made = User { id: random::token_id()?, created_at: state.clock.now(), ..User::default() };
    let mut user = merged(&made, members)?;
    user.password_hash = hashed(&call, &password, &user.username).await?;
    match state.store.create_user(user.clone()).await {
        Ok(()) => {}
        Err(StoreError::Exists { .. }) => return Err(name_taken(&user.username)),
        Err(error) => return Err(error.into()),
    }
    tracing::info!(sub = user.id, "a user was made");
    let made = render::json(StatusCode::CREATED, &view(&user));
    Ok(located(made, &call, "users", &user.id))
}

fn name_taken(username: &str) -> Box<Refusal> {
    exists("user-exists", "user", username, "choose another name")
}

pub(crate) async fn show(call: Call) -> Answer {
    let user = load(&call).await?;
    Ok(render::json(StatusCode::OK, &view(&user)))
}

pub(crate) async fn change(mut call: Call) -> Answer {
    let members: Map<String, Value> = call.json().await?;
    let state = &call.state;
    let _one = state.changing.lock().await;
    let before = load(&call).await?;
    let disables = members.get("disabled") == Some(&Value::Bool(true));
    let mut after = merged(&before, members)?;
    after.updated_at = Some(state.clock.now());
    let kept = after.clone();
    let changed = state
        .store
        .change_user(&before.id, move |user| {
            // The password may have been changed by its owner meanwhile.
            let password_hash = std::mem::take(&mut user.password_hash);
            *user = User { password_hash, ..kept };
        })
        .await;
    match changed {
        Ok(Some(())) => {}
        Ok(None) => return Err(no_user(&before.id)),
        Err(StoreError::Exists { .. }) => return Err(name_taken(&after.username)),
        Err(error) => return Err(error.into()),
    }
    if disables {
        // Each time it is asked for, so that asking again mends a first time that broke off here.
        ending::subject(state, &after.id, By::administrator(&call)).await?;
    }
    tracing::info!(sub = after.id, disabled = after.disabled, "a user was changed");
    Ok(render::json(StatusCode::OK, &view(&after)))
}

pub(crate) async fn set_password(mut call: Call) -> Answer {
    let mut members: Map<String, Value> = call.json().await?;
    let user = load(&call).await?;
    let password = password_of(&mut members)?;
    if let Some(name) = members.keys().next() {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "body-refused")
            .detail(format!("unknown field `{}`", clipped(name)))
            .fix("send `password` alone")
            .into());
    }
    let hash = hashed(&call, &password, &user.username).await?;
    let now = call.state.clock.now();
    let change = move |user: &mut User| {
        user.password_hash = hash;
        user.updated_at = Some(now);
    };
    call.state.store.change_user(&user.id, change).await?.ok_or_else(|| no_user(&user.id))?;
    ending::subject(&call.state, &user.id, By::administrator(&call)).await?;
    tracing::info!(sub = user.id, "the administrator set a password");
    Ok(render::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn delete(call: Call) -> Answer {
    let state = &call.state;
    let user = load(&call).await?;
    // The tokens first: if this breaks off in the middle, the user is still there to be removed.
    ending::subject(state, &user.id, By::administrator(&call)).await?;
    state.store.delete_user(&user.id).await?;
    tracing::info!(sub = user.id, "a user was removed");
    Ok(render::empty(StatusCode::NO_CONTENT))
}

/// A passkey as the admin API shows it.
#[derive(Serialize)]
struct PasskeyView {
    id: String,
    name: String,
    synced: bool,
    created_at: i64,
    used_at: Option<i64>,
}

pub(crate) async fn factors(call: Call) -> Answer {
    let user = load(&call).await?;
    let held = call.state.store.find_factors(&user.id).await?;
    let passkeys: Vec<PasskeyView> = held
        .passkeys
        .into_iter()
        .map(|passkey| PasskeyView {
            id: passkey.id,
            name: passkey.name,
            synced: passkey.backup_eligible,
            created_at: passkey.created_at,
            used_at: passkey.used_at,
        })
        .collect();
    let view = json!({
        "totp": held.totp.map(|totp| json!({ "created_at": totp.created_at })),
        "passkeys": passkeys,
        "recovery_codes": held.recovery_codes,
    });
    Ok(render::json(StatusCode::OK, &view))
}

pub(crate) async fn reset_factors(call: Call) -> Answer {
    let user = load(&call).await?;
    call.state.store.reset_factors(&user.id).await?;
    tracing::info!(sub = user.id, "the administrator took all second factors away");
    Ok(render::empty(StatusCode::NO_CONTENT))
}

/// A log-in as the admin API shows it.
#[derive(Serialize)]
struct SessionView {
    sid: String,
    sub: String,
    browser: String,
    amr: Vec<String>,
    started: i64,
    auth_time: i64,
    expires: i64,
}

impl From<LoginSession> for SessionView {
    fn from(session: LoginSession) -> Self {
        Self {
            sid: session.sid,
            sub: session.sub,
            browser: session.browser,
            amr: assurance::names(&session.amr).map(str::to_owned).collect(),
            started: session.started,
            auth_time: session.auth_time,
            expires: session.expires,
        }
    }
}

pub(crate) async fn sessions(call: Call) -> Answer {
    let user = load(&call).await?;
    let found = call.state.store.list_sessions(&user.id, call.state.clock.now()).await?;
    let items: Vec<SessionView> = found.into_iter().map(SessionView::from).collect();
    Ok(render::json(StatusCode::OK, &json!({ "items": items })))
}

pub(crate) async fn end_sessions(call: Call) -> Answer {
    let user = load(&call).await?;
    ending::subject(&call.state, &user.id, By::administrator(&call)).await?;
    tracing::info!(sub = user.id, "the administrator ended all log-ins of a user");
    Ok(render::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn end_session(call: Call) -> Answer {
    let sid = call.place("sid");
    let now = call.state.clock.now();
    if call.state.store.find_session_by_id(sid, now).await?.is_none() {
        let fix = "`claviger session list USER` (`GET /admin/v1/users/{user}/sessions`) lists those there are";
        return Err(unknown("session-unknown", "session", sid, fix));
    }
    ending::session(&call.state, sid, By::administrator(&call)).await?;
    tracing::info!(sid, "the administrator ended a log-in");
    Ok(render::empty(StatusCode::NO_CONTENT))
}

/// By their id, or by what they log in with.
async fn load(call: &Call) -> Result<User, Box<Refusal>> {
    let id = call.place("user");
    if let Some(user) = call.state.store.find_user(id).await? {
        return Ok(user);
    }
    let found = call.state.store.find_user_by_name(&username_key(id)).await?;
    found.ok_or_else(|| no_user(id))
}

fn no_user(id: &str) -> Box<Refusal> {
    unknown(
        "user-unknown",
        "user",
        id,
        "`claviger user list` (`GET /admin/v1/users`) lists those there are",
    )
}
