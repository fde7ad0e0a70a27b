//! `claviger client`: the clients that may ask for tokens.

use std::path::Path;
use std::process::ExitCode;

use http::Method;
use serde_json::{Value, json};

use super::{Body, ask, ask_all, done, list, made, segment, show};
use crate::args::Format;
use crate::args::admin::Admin;
use crate::args::client::{
    AboutPeople, Bonds, ClientAction, ClientCertificate, ClientChange, ClientId, ClientTerms,
    NewClient,
};
use crate::command::explain::read_file;
use crate::say::Stop;

pub(crate) fn run(action: ClientAction, admin: &Admin, format: Format) -> Result<ExitCode, Stop> {
    match action {
        ClientAction::List => {
            let all = ask_all(admin, "/clients")?;
            list(&all, &["client_id", "name", "auth_method", "resources", "scopes"], format)
        }
        ClientAction::Show(ClientId { id }) => {
            show(&ask(admin, Method::GET, &path(&id), None)?, format)
        }
        ClientAction::Create(new) => {
            made(&ask(admin, Method::POST, "/clients", Some(&registration(*new)?))?, format)
        }
        ClientAction::Update(ClientChange { client, terms, set }) => {
            let mut body = said_of(terms);
            body.put_set(&set)?;
            show(&ask(admin, Method::PATCH, &path(&client.id), Some(&body.change()?))?, format)
        }
        ClientAction::Disable(ClientId { id }) => {
            let body = json!({ "disabled": true });
            let value = ask(admin, Method::PATCH, &path(&id), Some(&body))?;
            done(&format!("client {id} is disabled, and its tokens are over"), &value, format)
        }
        ClientAction::Enable(ClientId { id }) => {
            let body = json!({ "disabled": false });
            let value = ask(admin, Method::PATCH, &path(&id), Some(&body))?;
            done(&format!("client {id} may get tokens again"), &value, format)
        }
        ClientAction::RotateSecret(ClientId { id }) => {
            made(&ask(admin, Method::POST, &format!("{}/secret", path(&id)), None)?, format)
        }
        ClientAction::Delete(ClientId { id }) => {
            let value = ask(admin, Method::DELETE, &path(&id), None)?;
            done(&format!("client {id} is removed"), &value, format)
        }
    }
}

fn path(id: &str) -> String {
    format!("/clients/{}", segment(id))
}

fn said_of(terms: ClientTerms) -> Body {
    let mut body = Body::default();
    body.put_named("name", terms.name);
    body.put_several("resources", terms.resource);
    body.put_several("scopes", terms.scope);
    body.put_several("redirect_uris", terms.redirect_uri);
    body
}

fn registration(new: NewClient) -> Result<Value, Stop> {
    let has_people = !new.terms.redirect_uri.is_empty();
    let mut body = said_of(new.terms);
    body.put("client_id", new.client.id);
    if has_people {
        body.put("first_party", new.first_party);
    }
    body.put_several("grants", new.grant.iter().map(|grant| grant.name().to_owned()).collect());
    if new.public {
        body.put("auth_method", "none");
    }
    put_certificate(&mut body, new.certificate)?;
    put_bonds(&mut body, &new.bonds);
    put_people(&mut body, new.people)?;
    if let Some(path) = new.jwks {
        let text = read_file(&path, "the key set")?;
        let set: Value = serde_json::from_slice(&text)
            .map_err(|error| Stop::usage(format!("`{}` is no key set: {error}", path.display())))?;
        body.put("jwks", set);
        body.put("auth_method", "private_key_jwt");
    }
    if let Some(uri) = new.jwks_uri {
        body.put("jwks_uri", uri);
        body.put("auth_method", "private_key_jwt");
    }
    Ok(body.whole())
}

/// What a client with a certificate is registered by (RFC 8705 §2).
fn put_certificate(body: &mut Body, certificate: ClientCertificate) -> Result<(), Stop> {
    let names = [
        ("tls_client_auth_subject_dn", certificate.certificate_subject),
        ("tls_client_auth_san_dns", certificate.certificate_host),
        ("tls_client_auth_san_uri", certificate.certificate_uri),
    ];
    for (name, value) in names {
        if let Some(value) = value {
            body.put("auth_method", "tls_client_auth");
            body.put("certificate", json!({ name: value }));
        }
    }
    if let Some(path) = certificate.certificate {
        body.put("auth_method", "self_signed_tls_client_auth");
        body.put("jwks", json!({"keys": [{"x5c": [certificate_in(&path)?]}]}));
    }
    Ok(())
}

/// The first certificate of a file, as `x5c` takes it: base64 without line ends.
fn certificate_in(path: &Path) -> Result<String, Stop> {
    let bytes = read_file(path, "the certificate")?;
    String::from_utf8_lossy(&bytes)
        .split_once("-----BEGIN CERTIFICATE-----")
        .and_then(|(_, rest)| rest.split_once("-----END CERTIFICATE-----"))
        .map(|(base64, _)| base64.split_whitespace().collect())
        .ok_or_else(|| {
            Stop::usage(format!("there is no certificate in `{}`", path.display()))
                .hint("PEM: `-----BEGIN CERTIFICATE-----`, base64, `-----END CERTIFICATE-----`")
        })
}

fn put_bonds(body: &mut Body, bonds: &Bonds) {
    body.put("tls_client_certificate_bound_access_tokens", bonds.bind_certificate);
    body.put("dpop_bound_access_tokens", bonds.dpop);
    body.put("require_pushed_authorization_requests", bonds.par);
    body.put_named("rotate_refresh_tokens", bonds.rotate_refresh);
    body.put_named("refresh_replay_seconds", bonds.refresh_replay);
}

fn put_people(body: &mut Body, people: AboutPeople) -> Result<(), Stop> {
    if people.pairwise {
        body.put("subject_type", "pairwise");
    }
    body.put_named("sector", people.sector);
    body.put_named("sector_identifier_uri", people.sector_identifier_uri);
    body.put_named("userinfo_signed_response_alg", people.userinfo_signed);
    body.put_named("backchannel_logout_uri", people.backchannel_logout_uri);
    body.put_claims(&people.claim, &["id_token", "access_token", "userinfo"])?;
    body.put_several("post_logout_redirect_uris", people.post_logout_redirect_uri);
    if people.status_list {
        body.put("status_list", true);
    }
    Ok(())
}
