//! `/admin/v1/clients`: clients are made, changed, given new secrets and removed.
//!
//! A secret is shown in the answer that makes it and nowhere else. Whoever loses its client loses its
//! tokens and grants: disabling and removing end what was issued.

use claviger_protocol::{AuthMethod, CertificateName, ClaimRule, Client, GrantType, SubjectType};
use claviger_store::StoreError;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::Page;
use super::{check_ttl, exists, invalid, located, present, refused, unknown};
use crate::call::{Answer, Call, clipped};
use crate::credential;
use crate::ending;
use crate::journal::By;
use crate::random;
use crate::refusal::Refusal;
use crate::render;
use crate::state::State;
use crate::subjects;

/// A client as the API shows it.
#[derive(Serialize)]
struct View {
    client_id: String,
    name: String,
    auth_method: AuthMethod,
    pinned: bool,
    has_secret: bool,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    scopes: Vec<String>,
    resources: Vec<String>,
    default_resource: Option<String>,
    access_ttl_seconds: Option<u64>,
    id_token_signed_response_alg: Option<String>,
    grants: Vec<GrantType>,
    redirect_uris: Vec<String>,
    first_party: bool,
    certificate: Option<CertificateName>,
    tls_client_certificate_bound_access_tokens: bool,
    dpop_bound_access_tokens: bool,
    require_pushed_authorization_requests: bool,
    rotate_refresh_tokens: Option<bool>,
    refresh_replay_seconds: Option<u32>,
    subject_type: SubjectType,
    sector: Option<String>,
    sector_identifier_uri: Option<String>,
    userinfo_signed_response_alg: Option<String>,
    claims: Vec<ClaimRule>,
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
    backchannel_logout_session_required: bool,
    status_list: bool,
    disabled: bool,
    registered: bool,
    created_at: i64,
}

/// A client with the secret it was just given.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    client: View,
    client_secret: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    client_id: Option<String>,
    name: Option<String>,
    auth_method: Option<AuthMethod>,
    #[serde(default)]
    pinned: bool,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    default_resource: Option<String>,
    access_ttl_seconds: Option<u64>,
    id_token_signed_response_alg: Option<String>,
    grants: Option<Vec<GrantType>>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    first_party: bool,
    certificate: Option<CertificateName>,
    #[serde(default)]
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(default)]
    dpop_bound_access_tokens: bool,
    #[serde(default)]
    require_pushed_authorization_requests: bool,
    rotate_refresh_tokens: Option<bool>,
    refresh_replay_seconds: Option<u32>,
    #[serde(default)]
    subject_type: SubjectType,
    sector: Option<String>,
    sector_identifier_uri: Option<String>,
    userinfo_signed_response_alg: Option<String>,
    #[serde(default)]
    claims: Vec<ClaimRule>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
    #[serde(default)]
    backchannel_logout_session_required: bool,
    #[serde(default)]
    status_list: bool,
    #[serde(default)]
    disabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    auth_method: Option<AuthMethod>,
    pinned: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    jwks: Option<Option<Value>>,
    #[serde(default, deserialize_with = "present")]
    jwks_uri: Option<Option<String>>,
    scopes: Option<Vec<String>>,
    resources: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    default_resource: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    access_ttl_seconds: Option<Option<u64>>,
    #[serde(default, deserialize_with = "present")]
    id_token_signed_response_alg: Option<Option<String>>,
    grants: Option<Vec<GrantType>>,
    redirect_uris: Option<Vec<String>>,
    first_party: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    certificate: Option<Option<CertificateName>>,
    tls_client_certificate_bound_access_tokens: Option<bool>,
    dpop_bound_access_tokens: Option<bool>,
    require_pushed_authorization_requests: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    rotate_refresh_tokens: Option<Option<bool>>,
    #[serde(default, deserialize_with = "present")]
    refresh_replay_seconds: Option<Option<u32>>,
    subject_type: Option<SubjectType>,
    #[serde(default, deserialize_with = "present")]
    sector: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    sector_identifier_uri: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    userinfo_signed_response_alg: Option<Option<String>>,
    claims: Option<Vec<ClaimRule>>,
    post_logout_redirect_uris: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    backchannel_logout_uri: Option<Option<String>>,
    backchannel_logout_session_required: Option<bool>,
    status_list: Option<bool>,
    disabled: Option<bool>,
}

impl From<Client> for View {
    fn from(client: Client) -> Self {
        Self {
            has_secret: client.has_secret(),
            client_id: client.id,
            name: client.name,
            auth_method: client.auth_method,
            pinned: client.pinned,
            jwks: client.jwks,
            jwks_uri: client.jwks_uri,
            scopes: client.scopes,
            resources: client.resources,
            default_resource: client.default_resource,
            access_ttl_seconds: client.access_ttl,
            id_token_signed_response_alg: client.id_token_signed_response_alg,
            grants: client.grants,
            redirect_uris: client.redirect_uris,
            first_party: client.first_party,
            certificate: client.certificate,
            tls_client_certificate_bound_access_tokens: client
                .tls_client_certificate_bound_access_tokens,
            dpop_bound_access_tokens: client.dpop_bound_access_tokens,
            require_pushed_authorization_requests: client.require_pushed_authorization_requests,
            rotate_refresh_tokens: client.rotate_refresh_tokens,
            refresh_replay_seconds: client.refresh_replay_seconds,
            subject_type: client.subject_type,
            sector: client.sector,
            sector_identifier_uri: client.sector_identifier_uri,
            userinfo_signed_response_alg: client.userinfo_signed_response_alg,
            claims: client.claims,
            post_logout_redirect_uris: client.post_logout_redirect_uris,
            backchannel_logout_uri: client.backchannel_logout_uri,
            backchannel_logout_session_required: client.backchannel_logout_session_required,
            status_list: client.status_list,
            disabled: client.disabled,
            registered: client.registered.is_some(),
            created_at: client.created_at,
        }
    }
}

pub(crate) async fn list(call: Call) -> Answer {
    let page = Page::of(&call)?;
    let found = call.state.store.list_clients(page.after.as_deref(), page.fetch()).await?;
    let list = page.list(found, |client| client.id.clone(), View::from);
    Ok(render::json(StatusCode::OK, &list))
}

pub(crate) async fn create(mut call: Call) -> Answer {
    let draft: Draft = call.json().await?;
    let state = &call.state;
    let id = match draft.client_id {
        Some(id) => id,
        None => {
            format!("cl_{}", *random::alphanumeric(20)?)
        }
    };
    let mut client = Client::new(id, state.clock.now());
    client.name = draft.name.unwrap_or(client.name);
    client.auth_method = draft.auth_method.unwrap_or(AuthMethod::SecretBasic);
    client.pinned = draft.pinned;
    client.jwks = draft.jwks;
    client.jwks_uri = draft.jwks_uri;
    client.scopes = draft.scopes;
    client.resources = draft.resources;
    client.default_resource = draft.default_resource;
    client.access_ttl = draft.access_ttl_seconds;
    client.id_token_signed_response_alg = draft.id_token_signed_response_alg;
    client.grants = draft.grants.unwrap_or_else(|| match draft.redirect_uris.as_slice() {
        [] => client.grants.clone(),
        _ => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
    });
    client.redirect_uris = draft.redirect_uris;
    client.first_party = draft.first_party;
    client.certificate = draft.certificate;
    client.tls_client_certificate_bound_access_tokens =
        draft.tls_client_certificate_bound_access_tokens;
    client.dpop_bound_access_tokens = draft.dpop_bound_access_tokens;
    client.require_pushed_authorization_requests = draft.require_pushed_authorization_requests;
    client.rotate_refresh_tokens = draft.rotate_refresh_tokens;
    client.refresh_replay_seconds = draft.refresh_replay_seconds;
    client.subject_type = draft.subject_type;
    client.sector = draft.sector;
    client.sector_identifier_uri = draft.sector_identifier_uri;
    client.userinfo_signed_response_alg = draft.userinfo_signed_response_alg;
    client.claims = draft.claims;
    client.post_logout_redirect_uris = draft.post_logout_redirect_uris;
    client.backchannel_logout_uri = draft.backchannel_logout_uri;
    client.backchannel_logout_session_required = draft.backchannel_logout_session_required;
    client.status_list = draft.status_list;
    client.disabled = draft.disabled;
    check_algorithm(&call, ID_TOKENS, client.id_token_signed_response_alg.as_deref())?;
    check_algorithm(&call, USERINFO, client.userinfo_signed_response_alg.as_deref())?;
    check(&call, &client, &[]).await?;
    if subjects::person(state, &client.id).await?.is_some() {
        // RFC 9700 §4.15: an API would take the client's own tokens for that person's.
        let problem = "it is the `sub` of a person".to_owned();
        return Err(refused("client_id", problem, "choose another, or leave it out"));
    }
    check_sector(&call, &client).await?;
    let secret = if client.auth_method.uses_secret() {
        let (secret, hash) = new_secret(state).await?;
        client.secret_hash = Some(hash);
        Some(secret)
    } else {
        None
    };
    match state.store.create_client(client.clone()).await {
        Ok(()) => {}
        Err(StoreError::Exists { .. }) => {
            let fix = "choose another id, or change the client: `claviger client update` (`PATCH`)";
            return Err(exists("client-exists", "client", &client.id, fix));
        }
        Err(error) => return Err(error.into()),
    }
    state.clients.changed(&client.id);
    tracing::info!(client_id = client.id, "a client was made");
    let id = client.id.clone();
    let made = Made {
        client: View::from(client),
        client_secret: secret.as_ref().map(claviger_protocol::Secret::expose),
    };
    Ok(located(render::json(StatusCode::CREATED, &made), &call, "clients", &id))
}

pub(crate) async fn show(call: Call) -> Answer {
    let client = load(&call).await?;
    Ok(render::json(StatusCode::OK, &View::from(client)))
}

pub(crate) async fn change(mut call: Call) -> Answer {
    let change: Change = call.json().await?;
    let _one = call.state.changing.lock().await;
    let mut client = load(&call).await?;
    let had = client.resources.clone();
    client.name = change.name.unwrap_or(client.name);
    if let Some(method) = change.auth_method {
        client.auth_method = method;
        if !method.uses_secret() {
            client.secret_hash = None;
        }
    }
    client.pinned = change.pinned.unwrap_or(client.pinned);
    client.jwks = change.jwks.unwrap_or(client.jwks);
    client.jwks_uri = change.jwks_uri.unwrap_or(client.jwks_uri);
    client.scopes = change.scopes.unwrap_or(client.scopes);
    client.resources = change.resources.unwrap_or(client.resources);
    client.default_resource = change.default_resource.unwrap_or(client.default_resource);
    client.access_ttl = change.access_ttl_seconds.unwrap_or(client.access_ttl);
    if let Some(algorithm) = change.id_token_signed_response_alg {
        check_algorithm(&call, ID_TOKENS, algorithm.as_deref())?;
        client.id_token_signed_response_alg = algorithm;
    }
    let moves = change.redirect_uris.is_some() || change.sector_identifier_uri.is_some();
    client.grants = change.grants.unwrap_or(client.grants);
    client.redirect_uris = change.redirect_uris.unwrap_or(client.redirect_uris);
    client.first_party = change.first_party.unwrap_or(client.first_party);
    client.certificate = change.certificate.unwrap_or(client.certificate);
    client.tls_client_certificate_bound_access_tokens = change
        .tls_client_certificate_bound_access_tokens
        .unwrap_or(client.tls_client_certificate_bound_access_tokens);
    client.dpop_bound_access_tokens =
        change.dpop_bound_access_tokens.unwrap_or(client.dpop_bound_access_tokens);
    client.require_pushed_authorization_requests = change
        .require_pushed_authorization_requests
        .unwrap_or(client.require_pushed_authorization_requests);
    client.rotate_refresh_tokens =
        change.rotate_refresh_tokens.unwrap_or(client.rotate_refresh_tokens);
    client.refresh_replay_seconds =
        change.refresh_replay_seconds.unwrap_or(client.refresh_replay_seconds);
    client.subject_type = change.subject_type.unwrap_or(client.subject_type);
    client.sector = change.sector.unwrap_or(client.sector);
    client.sector_identifier_uri =
        change.sector_identifier_uri.unwrap_or(client.sector_identifier_uri);
    if let Some(algorithm) = change.userinfo_signed_response_alg {
        check_algorithm(&call, USERINFO, algorithm.as_deref())?;
        client.userinfo_signed_response_alg = algorithm;
    }
    client.claims = change.claims.unwrap_or(client.claims);
    client.post_logout_redirect_uris =
        change.post_logout_redirect_uris.unwrap_or(client.post_logout_redirect_uris);
    client.backchannel_logout_uri =
        change.backchannel_logout_uri.unwrap_or(client.backchannel_logout_uri);
    client.backchannel_logout_session_required = change
        .backchannel_logout_session_required
        .unwrap_or(client.backchannel_logout_session_required);
    client.status_list = change.status_list.unwrap_or(client.status_list);
    client.disabled = change.disabled.unwrap_or(client.disabled);
    check(&call, &client, &had).await?;
    if moves {
        check_sector(&call, &client).await?;
    }
    put(&call.state, &client).await?;
    if change.disabled == Some(true) {
        // Each time it is asked for, so that asking again mends a first time that broke off here.
        ending::client(&call.state, &client.id, By::administrator(&call)).await?;
    }
    tracing::info!(client_id = client.id, disabled = client.disabled, "a client was changed");
    Ok(render::json(StatusCode::OK, &View::from(client)))
}

pub(crate) async fn renew_secret(call: Call) -> Answer {
    #[derive(Serialize)]
    struct Renewed<'a> {
        client_id: &'a str,
        client_secret: &'a str,
    }
    let _one = call.state.changing.lock().await;
    let mut client = load(&call).await?;
    if !client.auth_method.uses_secret() {
        let proof = match client.auth_method {
            AuthMethod::None => "is a public one",
            AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTls => {
                "proves itself by a certificate"
            }
            _ => "proves itself by its keys",
        };
        return Err(Refusal::new(StatusCode::CONFLICT, "client-without-secret")
            .detail(format!("the client `{}` {proof}, and has no secret", clipped(&client.id)))
            .fix("to give it one, change its `auth_method` to `client_secret_basic` first")
            .into());
    }
    let (secret, hash) = new_secret(&call.state).await?;
    client.secret_hash = Some(hash);
    put(&call.state, &client).await?;
    tracing::info!(client_id = client.id, "a client got a new secret");
    let renewed = Renewed { client_id: &client.id, client_secret: secret.expose() };
    Ok(render::json(StatusCode::OK, &renewed))
}

pub(crate) async fn delete(call: Call) -> Answer {
    let _one = call.state.changing.lock().await;
    let client = load(&call).await?;
    remove(&call.state, &client.id, By::administrator(&call)).await?;
    Ok(render::empty(StatusCode::NO_CONTENT))
}

/// Takes a client away, with the tokens that it has.
pub(crate) async fn remove(state: &State, id: &str, by: By) -> Result<(), Box<Refusal>> {
    // The tokens first: if this breaks off in the middle, the client is still there to be removed.
    ending::client(state, id, by).await?;
    state.store.delete_client(id).await?;
    state.clients.changed(id);
    state.secrets.forget(id);
    tracing::info!(client_id = id, "a client was removed");
    Ok(())
}

/// Past the shelf: a change must begin with what is stored.
async fn load(call: &Call) -> Result<Client, Box<Refusal>> {
    let id = call.place("client_id");
    call.state.store.find_client(id).await?.ok_or_else(|| {
        unknown(
            "client-unknown",
            "client",
            id,
            "`claviger client list` (`GET /admin/v1/clients`) lists those there are",
        )
    })
}

pub(crate) async fn put(state: &State, client: &Client) -> Result<(), Box<Refusal>> {
    state.store.put_client(client.clone()).await?;
    state.clients.changed(&client.id);
    state.secrets.forget(&client.id);
    Ok(())
}

const ID_TOKENS: &str = "id_token_signed_response_alg";
const USERINFO: &str = "userinfo_signed_response_alg";

/// Asked where it is set, not with every change: one that was switched off since must not stand in the way.
fn check_algorithm(
    call: &Call,
    field: &'static str,
    algorithm: Option<&str>,
) -> Result<(), Box<Refusal>> {
    call.state.keyring.check_algorithm(field, algorithm).map_err(invalid)
}

/// Whether a record can stand; `had` are resources it had before, which may be gone by now.
async fn check(call: &Call, client: &Client, had: &[String]) -> Result<(), Box<Refusal>> {
    client.check().map_err(|problem| {
        let field = match problem.field {
            "access_ttl" => "access_ttl_seconds",
            "id" => "client_id",
            field => field,
        };
        invalid(claviger_protocol::Invalid { field, ..problem })
    })?;
    check_ttl(call, client.access_ttl)?;
    for uri in client.resources.iter().filter(|uri| !had.contains(uri)) {
        if call.state.store.find_resource(uri).await?.is_none() {
            let problem = format!("there is no API `{}`", clipped(uri));
            return Err(refused(
                "resources",
                problem,
                "register it first: `claviger resource create` (`POST /admin/v1/resources`)",
            ));
        }
    }
    Ok(())
}

/// Whether it belongs to the sector that it names. Asked where it or the addresses are set: a list whose server is down
/// must not stand in the way of another change.
async fn check_sector(call: &Call, client: &Client) -> Result<(), Box<Refusal>> {
    let now = call.state.clock.now();
    let checked = call.state.sectors.check(client, now, now).await;
    checked.map_err(|fault| refused("sector_identifier_uri", fault.description, fault.fix))
}

pub(crate) async fn new_secret(
    state: &State,
) -> Result<(claviger_protocol::Secret, String), Box<Refusal>> {
    let secret = credential::mint(credential::CLIENT)?;
    let hash = state.secrets.hash(&secret).await?;
    Ok((secret, hash))
}
