//! `/admin/v1/users`: people who can log in.
//!
//! A password is taken and never shown. Whoever is removed is logged out everywhere.

use claviger_protocol::{Secret, User, check_password, username_key};
use claviger_store::StoreError;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::page::Page;
use super::{exists, invalid, located, unknown};
use crate::call::{Answer, Call};
use crate::ending;
use crate::random;
use crate::refusal::Refusal;
use crate::render;

/// A person as the admin API shows them.
#[derive(Serialize)]
struct View {
    id: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    disabled: bool,
    created_at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    username: String,
    password: Secret,
    name: Option<String>,
    email: Option<String>,
}

impl From<User> for View {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            name: user.name,
            email: user.email,
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }
}

pub(crate) async fn list(call: Call) -> Answer {
    let page = Page::of(&call)?;
    let found = call.state.store.list_users(page.after.as_deref(), page.fetch()).await?;
    let list = page.list(found, |user| user.username.clone(), View::from);
    Ok(render::json(StatusCode::OK, &list))
}

pub(crate) async fn create(mut call: Call) -> Answer {
    let draft: Draft = call.json().await?;
    let state = &call.state;
    let username = username_key(&draft.username);
    check_password(draft.password.expose(), &username).map_err(invalid)?;
    let mut user = User {
        id: random::token_id().map_err(|error| Refusal::unavailable("no-randomness", error))?,
        username,
        name: draft.name,
        email: draft.email,
        created_at: state.clock.now(),
        ..User::default()
    };
    user.check().map_err(invalid)?;
    user.password_hash = state
        .passwords
        .hash(&draft.password)
        .await
        .map_err(|_| Refusal::unavailable("hashing-failed", "Argon2id could not be run"))?;
    match state.store.create_user(user.clone()).await {
        Ok(()) => {}
        Err(StoreError::Exists { .. }) => {
            let fix = "choose another name";
            return Err(exists("user-exists", "user", &user.username, fix));
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(sub = user.id, "a user was made");
    let id = user.id.clone();
    let made = render::json(StatusCode::CREATED, &View::from(user));
    Ok(located(made, &call, "users", &id))
}

pub(crate) async fn show(call: Call) -> Answer {
    let user = load(&call).await?;
    Ok(render::json(StatusCode::OK, &View::from(user)))
}

pub(crate) async fn delete(call: Call) -> Answer {
    let state = &call.state;
    let user = load(&call).await?;
    // The tokens first: if this breaks off in the middle, the user is still there to be removed.
    ending::subject(state, &user.id).await?;
    state.store.delete_user(&user.id).await?;
    state.passwords.forget(&user.username);
    tracing::info!(sub = user.id, "a user was removed");
    Ok(render::empty(StatusCode::NO_CONTENT))
}

async fn load(call: &Call) -> Result<User, Box<Refusal>> {
    let id = call.place("user");
    call.state.store.find_user(id).await?.ok_or_else(|| {
        unknown("user-unknown", "user", id, "`GET /admin/v1/users` lists those there are")
    })
}
