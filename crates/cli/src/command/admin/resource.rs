//! `claviger resource`: the APIs that tokens are for.

use std::process::ExitCode;

use http::Method;

use super::{Body, ask, ask_all, done, list, segment, show};
use crate::args::Format;
use crate::args::admin::Admin;
use crate::args::resource::{ResourceAction, ResourceTerms, ResourceUri};
use crate::say::Stop;

pub(crate) fn run(action: ResourceAction, admin: &Admin, format: Format) -> Result<ExitCode, Stop> {
    match action {
        ResourceAction::List => {
            let all = ask_all(admin, "/resources")?;
            list(&all, &["uri", "name", "scopes", "introspectors"], format)
        }
        ResourceAction::Create { resource, terms, claim } => {
            let mut body = said_of(terms);
            body.put("uri", resource.uri);
            body.put_claims(&claim, &["access_token"])?;
            show(&ask(admin, Method::POST, "/resources", Some(&body.whole()))?, format)
        }
        ResourceAction::Show(ResourceUri { uri }) => {
            show(&ask(admin, Method::GET, &path(&uri), None)?, format)
        }
        ResourceAction::Update { resource, terms, set } => {
            let mut body = said_of(terms);
            body.put_set(&set)?;
            show(&ask(admin, Method::PATCH, &path(&resource.uri), Some(&body.change()?))?, format)
        }
        ResourceAction::Delete(ResourceUri { uri }) => {
            let value = ask(admin, Method::DELETE, &path(&uri), None)?;
            done(&format!("resource {uri} is removed"), &value, format)
        }
    }
}

fn path(uri: &str) -> String {
    format!("/resources/{}", segment(uri))
}

fn said_of(terms: ResourceTerms) -> Body {
    let mut body = Body::default();
    body.put_named("name", terms.name);
    body.put_several("scopes", terms.scope);
    body.put_several("introspectors", terms.introspector);
    body
}
