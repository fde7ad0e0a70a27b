//! `/admin/v1/resources`: the APIs that tokens are for (RFC 8707).

use claviger_protocol::{ClaimRule, Resource};
use claviger_store::StoreError;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::page::Page;
use super::{check_ttl, exists, invalid, located, present, unknown};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::render;

/// An API as the admin API shows it.
#[derive(Serialize)]
struct View {
    uri: String,
    name: String,
    scopes: Vec<String>,
    introspectors: Vec<String>,
    access_ttl_seconds: Option<u64>,
    signing_alg: Option<String>,
    claims: Vec<ClaimRule>,
    created_at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    uri: String,
    name: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    introspectors: Vec<String>,
    access_ttl_seconds: Option<u64>,
    signing_alg: Option<String>,
    #[serde(default)]
    claims: Vec<ClaimRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    introspectors: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    access_ttl_seconds: Option<Option<u64>>,
    #[serde(default, deserialize_with = "present")]
    signing_alg: Option<Option<String>>,
    claims: Option<Vec<ClaimRule>>,
}

impl From<Resource> for View {
    fn from(resource: Resource) -> Self {
        Self {
            uri: resource.uri,
            name: resource.name,
            scopes: resource.scopes,
            introspectors: resource.introspectors,
            access_ttl_seconds: resource.access_ttl,
            signing_alg: resource.signing_alg,
            claims: resource.claims,
            created_at: resource.created_at,
        }
    }
}

pub(crate) async fn list(call: Call) -> Answer {
    let page = Page::of(&call)?;
    let found = call.state.store.list_resources(page.after.as_deref(), page.fetch()).await?;
    let list = page.list(found, |resource| resource.uri.clone(), View::from);
    Ok(render::json(StatusCode::OK, &list))
}

pub(crate) async fn create(mut call: Call) -> Answer {
    let draft: Draft = call.json().await?;
    let mut resource = Resource::new(draft.uri, call.state.clock.now());
    resource.name = draft.name.unwrap_or(resource.name);
    resource.scopes = draft.scopes;
    resource.introspectors = draft.introspectors;
    resource.access_ttl = draft.access_ttl_seconds;
    resource.signing_alg = draft.signing_alg;
    check_algorithm(&call, resource.signing_alg.as_deref())?;
    resource.claims = draft.claims;
    check(&call, &resource)?;
    match call.state.store.create_resource(resource.clone()).await {
        Ok(()) => {}
        Err(StoreError::Exists { .. }) => {
            let fix = "change it: `claviger resource update` (`PATCH`)";
            return Err(exists("resource-exists", "resource", &resource.uri, fix));
        }
        Err(error) => return Err(error.into()),
    }
    call.state.resources.changed(&resource.uri);
    tracing::info!(uri = resource.uri, "a resource was made");
    let uri = resource.uri.clone();
    let made = render::json(StatusCode::CREATED, &View::from(resource));
    Ok(located(made, &call, "resources", &uri))
}

pub(crate) async fn show(call: Call) -> Answer {
    let resource = load(&call).await?;
    Ok(render::json(StatusCode::OK, &View::from(resource)))
}

pub(crate) async fn change(mut call: Call) -> Answer {
    let change: Change = call.json().await?;
    let _one = call.state.changing.lock().await;
    let mut resource = load(&call).await?;
    resource.name = change.name.unwrap_or(resource.name);
    resource.scopes = change.scopes.unwrap_or(resource.scopes);
    resource.introspectors = change.introspectors.unwrap_or(resource.introspectors);
    resource.access_ttl = change.access_ttl_seconds.unwrap_or(resource.access_ttl);
    if let Some(algorithm) = change.signing_alg {
        check_algorithm(&call, algorithm.as_deref())?;
        resource.signing_alg = algorithm;
    }
    resource.claims = change.claims.unwrap_or(resource.claims);
    check(&call, &resource)?;
    call.state.store.put_resource(resource.clone()).await?;
    call.state.resources.changed(&resource.uri);
    tracing::info!(uri = resource.uri, "a resource was changed");
    Ok(render::json(StatusCode::OK, &View::from(resource)))
}

pub(crate) async fn delete(call: Call) -> Answer {
    let _one = call.state.changing.lock().await;
    let resource = load(&call).await?;
    call.state.store.delete_resource(&resource.uri).await?;
    call.state.resources.changed(&resource.uri);
    tracing::info!(uri = resource.uri, "a resource was removed");
    Ok(render::empty(StatusCode::NO_CONTENT))
}

/// Past the shelf: a change must begin with what is stored.
async fn load(call: &Call) -> Result<Resource, Box<Refusal>> {
    let uri = call.place("uri");
    call.state.store.find_resource(uri).await?.ok_or_else(|| {
        let fix = "`claviger resource list` (`GET /admin/v1/resources`) lists those there are; in a path the URI is one encoded segment";
        unknown("resource-unknown", "resource", uri, fix)
    })
}

/// Asked where it is set, not with every change: one that was switched off since must not stand in the way.
fn check_algorithm(call: &Call, algorithm: Option<&str>) -> Result<(), Box<Refusal>> {
    call.state.keyring.check_algorithm("signing_alg", algorithm).map_err(invalid)
}

fn check(call: &Call, resource: &Resource) -> Result<(), Box<Refusal>> {
    resource.check().map_err(|problem| {
        let field = match problem.field {
            "access_ttl" => "access_ttl_seconds",
            "resource" => "uri",
            field => field,
        };
        invalid(claviger_protocol::Invalid { field, ..problem })
    })?;
    check_ttl(call, resource.access_ttl)
}
