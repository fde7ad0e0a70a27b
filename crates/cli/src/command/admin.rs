//! `claviger client`, `resource`, `user`, `session`, `key`, `revoke`: the admin API, from a terminal.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use http::Method;
use serde_json::{Map, Value, json};
use url::Url;

use crate::args::{
    AboutPeople, Admin, ClientAction, ClientCertificate, Format, Instant, KeyAction, Person,
    RegistrationTokenAction, ResourceAction, RevokeKind, SessionAction, UserAction,
};
use crate::command::explain::{input, moment, read_file};
use crate::command::prompt;
use crate::http::send;
use crate::listing;
use crate::say::{self, GOOD, GREEN, Stop, YELLOW};

/// Asks the admin API; what is not a success becomes the reason why the command stops.
pub(super) fn ask(
    admin: &Admin,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, Stop> {
    let file = &admin.admin_token_file;
    let token = read_file(file, "the administrator's token").map_err(|stop| {
        stop.hint(
            "`claviger serve` writes it as admin.token into its data directory; \
             name it with --admin-token-file",
        )
    })?;
    let token = String::from_utf8_lossy(&token).trim().to_owned();
    let which = || {
        format!(
            "`{}` has to be the one that this authority's `claviger serve` wrote into its data directory (admin.token); \
             --admin-token-file names another",
            file.display()
        )
    };
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = format!("`{}` does not hold the administrator's token", file.display());
        return Err(Stop::usage(what).hint(which()));
    }
    let authority = admin.authority.trim_end_matches('/');
    if !Url::parse(authority).is_ok_and(|url| url.has_host() && url.scheme().starts_with("http")) {
        return Err(Stop::usage(format!("`--authority {authority}` is no http or https URL"))
            .hint("write the authority's address, such as http://127.0.0.1:8600"));
    }
    let url = format!("{authority}/admin/v1{path}");
    let authorization = format!("Bearer {token}");
    let mut headers =
        vec![("authorization", authorization.as_str()), ("accept", "application/json")];
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    let answer = crate::runtime()?
        .block_on(send(method, &url, &headers, body.map(Value::to_string)))
        .map_err(|error| {
            Stop::unknown(error)
                .hint("is `claviger serve` running there? --authority names another address")
        })?;
    let stranger = || format!("is {authority} the authority's address? --authority names another");
    let value: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    if answer.status.is_success() {
        if value.is_null() && !answer.body.is_empty() {
            let problem = format!("{authority} answers with something that is no JSON");
            return Err(Stop::unknown(problem).hint(stranger()));
        }
        return Ok(value);
    }
    let said = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let what = said("detail")
        .or_else(|| said("title"))
        .unwrap_or_else(|| format!("the authority answered {}", answer.status));
    let stop = match answer.status.as_u16() {
        401 => {
            return Err(
                Stop::usage(format!("the administrator's token is refused: {what}")).hint(which())
            );
        }
        404 | 409 => Stop::bad(what),
        400..=499 => Stop::usage(what),
        _ => Stop::unknown(what),
    };
    Err(stop.hint(said("fix").unwrap_or_else(stranger)))
}

/// A path segment: what has a meaning in a URL is escaped.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Everything of a list, page by page.
fn ask_all(admin: &Admin, path: &str) -> Result<Value, Stop> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = ask(admin, Method::GET, &format!("{path}?limit=1000{after}"), None)?;
        items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={}", segment(next)),
            None => return Ok(json!({ "items": items, "next": null })),
        }
    }
}

fn show(value: &Value, format: Format) -> Result<ExitCode, Stop> {
    if format == Format::Json {
        say::print(value)?;
    } else {
        say::line(listing::members(value, now()).trim_end())?;
    }
    Ok(ExitCode::from(GOOD))
}

/// A list: the objects of the first member that is one, by these members.
fn list(value: &Value, columns: &[&str], format: Format) -> Result<ExitCode, Stop> {
    if format == Format::Json {
        say::print(value)?;
        return Ok(ExitCode::from(GOOD));
    }
    let rows = value
        .as_object()
        .and_then(|members| members.values().find_map(Value::as_array))
        .or_else(|| value.as_array())
        .cloned()
        .unwrap_or_default();
    if rows.is_empty() {
        say::line("none")?;
        return Ok(ExitCode::from(GOOD));
    }
    say::line(listing::rows(&rows, columns, now(), say::columns()).trim_end())?;
    Ok(ExitCode::from(GOOD))
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn done(what: &str, value: &Value, format: Format) -> Result<ExitCode, Stop> {
    if format == Format::Json {
        say::print(value)?;
    } else {
        say::line(&format!("{GREEN}{what}{GREEN:#}"))?;
    }
    Ok(ExitCode::from(GOOD))
}

/// What was made, its secret on top: it is shown this once.
fn made(value: &Value, format: Format) -> Result<ExitCode, Stop> {
    let has_secret = ["client_secret", "token"]
        .iter()
        .any(|name| value.get(*name).is_some_and(|secret| !secret.is_null()));
    if has_secret && format == Format::Text {
        say::note(&format!("{YELLOW}The secret is shown this once; keep it now.{YELLOW:#}"));
    }
    show(value, format)
}

/// What a client with a certificate is registered by (RFC 8705 §2).
fn certified(certificate: &ClientCertificate, body: &mut Map<String, Value>) -> Result<(), Stop> {
    let names = [
        ("tls_client_auth_subject_dn", &certificate.certificate_subject),
        ("tls_client_auth_san_dns", &certificate.certificate_host),
        ("tls_client_auth_san_uri", &certificate.certificate_uri),
    ];
    for (name, value) in names {
        if let Some(value) = value {
            body.insert("auth_method".to_owned(), json!("tls_client_auth"));
            body.insert("certificate".to_owned(), json!({ name: value }));
        }
    }
    if let Some(path) = &certificate.certificate {
        let bytes = read_file(path, "the certificate")?;
        let text = String::from_utf8_lossy(&bytes);
        let base64 = text
            .split_once("-----BEGIN CERTIFICATE-----")
            .and_then(|(_, rest)| rest.split_once("-----END CERTIFICATE-----"))
            .map(|(base64, _)| base64.split_whitespace().collect::<String>());
        let Some(base64) = base64 else {
            return Err(Stop::usage(format!("there is no certificate in `{}`", path.display()))
                .hint("PEM: `-----BEGIN CERTIFICATE-----`, base64, `-----END CERTIFICATE-----`"));
        };
        body.insert("auth_method".to_owned(), json!("self_signed_tls_client_auth"));
        body.insert("jwks".to_owned(), json!({"keys": [{"x5c": [base64]}]}));
    }
    Ok(())
}

pub(crate) fn client(action: ClientAction, format: Format) -> Result<ExitCode, Stop> {
    match action {
        ClientAction::List { admin } => {
            let all = ask_all(&admin, "/clients")?;
            list(&all, &["client_id", "name", "auth_method", "resources", "scopes"], format)
        }
        ClientAction::Show { id, admin } => {
            show(&ask(&admin, Method::GET, &format!("/clients/{}", segment(&id)), None)?, format)
        }
        ClientAction::Create {
            id,
            name,
            resource,
            scope,
            jwks,
            jwks_uri,
            redirect_uri,
            public,
            grant,
            first_party,
            certificate,
            bonds,
            people,
            admin,
        } => {
            let mut body = Map::new();
            body.insert("client_id".to_owned(), json!(id));
            body.insert("resources".to_owned(), json!(resource));
            body.insert("scopes".to_owned(), json!(scope));
            if let Some(name) = name {
                body.insert("name".to_owned(), json!(name));
            }
            if !redirect_uri.is_empty() {
                body.insert("redirect_uris".to_owned(), json!(redirect_uri));
                body.insert("first_party".to_owned(), json!(first_party));
            }
            if !grant.is_empty() {
                body.insert(
                    "grants".to_owned(),
                    json!(grant.iter().map(|it| it.name()).collect::<Vec<_>>()),
                );
            }
            if public {
                body.insert("auth_method".to_owned(), json!("none"));
            }
            certified(&certificate, &mut body)?;
            body.insert(
                "tls_client_certificate_bound_access_tokens".to_owned(),
                json!(bonds.bind_certificate),
            );
            body.insert("dpop_bound_access_tokens".to_owned(), json!(bonds.dpop));
            body.insert("require_pushed_authorization_requests".to_owned(), json!(bonds.par));
            if let Some(rotate) = bonds.rotate_refresh {
                body.insert("rotate_refresh_tokens".to_owned(), json!(rotate));
            }
            if let Some(seconds) = bonds.refresh_replay {
                body.insert("refresh_replay_seconds".to_owned(), json!(seconds));
            }
            about_people(&people, &mut body)?;
            if let Some(path) = jwks {
                let text = read_file(&path, "the key set")?;
                let set: Value = serde_json::from_slice(&text).map_err(|error| {
                    Stop::usage(format!("`{}` is no key set: {error}", path.display()))
                })?;
                body.insert("jwks".to_owned(), set);
                body.insert("auth_method".to_owned(), json!("private_key_jwt"));
            }
            if let Some(uri) = jwks_uri {
                body.insert("jwks_uri".to_owned(), json!(uri));
                body.insert("auth_method".to_owned(), json!("private_key_jwt"));
            }
            made(&ask(&admin, Method::POST, "/clients", Some(&Value::Object(body)))?, format)
        }
        ClientAction::Update { id, name, resource, scope, redirect_uri, set, admin } => {
            let mut body = Map::new();
            put_named(&mut body, "name", name);
            put_several(&mut body, "resources", &resource);
            put_several(&mut body, "scopes", &scope);
            put_several(&mut body, "redirect_uris", &redirect_uri);
            put_set(&mut body, &set)?;
            let path = format!("/clients/{}", segment(&id));
            show(&ask(&admin, Method::PATCH, &path, Some(&changed(body)?))?, format)
        }
        ClientAction::Disable { id, admin } => {
            let path = format!("/clients/{}", segment(&id));
            let value = ask(&admin, Method::PATCH, &path, Some(&json!({ "disabled": true })))?;
            done(&format!("client {id} is disabled, and its tokens are over"), &value, format)
        }
        ClientAction::Enable { id, admin } => {
            let path = format!("/clients/{}", segment(&id));
            let value = ask(&admin, Method::PATCH, &path, Some(&json!({ "disabled": false })))?;
            done(&format!("client {id} may get tokens again"), &value, format)
        }
        ClientAction::RotateSecret { id, admin } => {
            let path = format!("/clients/{}/secret", segment(&id));
            made(&ask(&admin, Method::POST, &path, None)?, format)
        }
        ClientAction::Delete { id, admin } => {
            let path = format!("/clients/{}", segment(&id));
            let value = ask(&admin, Method::DELETE, &path, None)?;
            done(&format!("client {id} is removed"), &value, format)
        }
    }
}

fn about_people(people: &AboutPeople, body: &mut Map<String, Value>) -> Result<(), Stop> {
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    if people.pairwise {
        set("subject_type", json!("pairwise"));
    }
    for (name, value) in [
        ("sector", &people.sector),
        ("sector_identifier_uri", &people.sector_identifier_uri),
        ("userinfo_signed_response_alg", &people.userinfo_signed),
        ("backchannel_logout_uri", &people.backchannel_logout_uri),
    ] {
        if let Some(value) = value {
            set(name, json!(value));
        }
    }
    if !people.claim.is_empty() {
        set("claims", claims(&people.claim, &["id_token", "access_token", "userinfo"])?);
    }
    if !people.post_logout_redirect_uri.is_empty() {
        set("post_logout_redirect_uris", json!(people.post_logout_redirect_uri));
    }
    if people.status_list {
        set("status_list", json!(true));
    }
    Ok(())
}

/// Claims as they are typed, `NAME=SOURCE@PLACE,PLACE`, as the API takes them.
fn claims(rules: &[String], everywhere: &[&str]) -> Result<Value, Stop> {
    let mut all = Vec::new();
    for rule in rules {
        let wrong = || {
            Stop::usage(format!("`{rule}` is no claim"))
                .hint("write NAME=groups, NAME=username or NAME=attribute:ATTRIBUTE, such as --claim department=attribute:department@id_token,access_token")
        };
        // The last ones: a claim's name may be an address.
        let (rule, places) = match rule.rsplit_once('@') {
            Some((rule, places)) => (rule, places.split(',').collect()),
            None => (rule.as_str(), everywhere.to_vec()),
        };
        let (name, source) = rule.rsplit_once('=').ok_or_else(wrong)?;
        let source = match source.split_once(':') {
            Some(("attribute", attribute)) => json!({ "attribute": attribute }),
            None if ["groups", "username"].contains(&source) => json!(source),
            _ => return Err(wrong()),
        };
        all.push(json!({ "name": name, "source": source, "places": places }));
    }
    Ok(Value::Array(all))
}

pub(crate) fn resource(action: ResourceAction, format: Format) -> Result<ExitCode, Stop> {
    match action {
        ResourceAction::List { admin } => {
            let all = ask_all(&admin, "/resources")?;
            list(&all, &["uri", "name", "scopes", "introspectors"], format)
        }
        ResourceAction::Create { uri, name, scope, introspector, claim, admin } => {
            let mut body = json!({"uri": uri, "scopes": scope, "introspectors": introspector});
            if !claim.is_empty() {
                body["claims"] = claims(&claim, &["access_token"])?;
            }
            if let Some(name) = name {
                body["name"] = json!(name);
            }
            show(&ask(&admin, Method::POST, "/resources", Some(&body))?, format)
        }
        ResourceAction::Show { uri, admin } => {
            let path = format!("/resources/{}", segment(&uri));
            show(&ask(&admin, Method::GET, &path, None)?, format)
        }
        ResourceAction::Update { uri, name, scope, introspector, set, admin } => {
            let mut body = Map::new();
            put_named(&mut body, "name", name);
            put_several(&mut body, "scopes", &scope);
            put_several(&mut body, "introspectors", &introspector);
            put_set(&mut body, &set)?;
            let path = format!("/resources/{}", segment(&uri));
            show(&ask(&admin, Method::PATCH, &path, Some(&changed(body)?))?, format)
        }
        ResourceAction::Delete { uri, admin } => {
            let path = format!("/resources/{}", segment(&uri));
            let value = ask(&admin, Method::DELETE, &path, None)?;
            done(&format!("resource {uri} is removed"), &value, format)
        }
    }
}

pub(crate) fn user(action: UserAction, format: Format) -> Result<ExitCode, Stop> {
    match action {
        UserAction::List { admin } => {
            let all = ask_all(&admin, "/users")?;
            list(&all, &["id", "username", "name", "email"], format)
        }
        UserAction::Create { username, password_file, person, admin } => {
            let mut body = members(&person)?;
            body.insert("username".to_owned(), json!(username));
            body.insert("password".to_owned(), json!(password(password_file.as_deref())?));
            show(&ask(&admin, Method::POST, "/users", Some(&Value::Object(body)))?, format)
        }
        UserAction::Show { user, admin } => {
            show(&ask(&admin, Method::GET, &user_path(&user), None)?, format)
        }
        UserAction::Update { user, username, person, admin } => {
            let mut body = members(&person)?;
            put_named(&mut body, "username", username);
            show(&ask(&admin, Method::PATCH, &user_path(&user), Some(&changed(body)?))?, format)
        }
        UserAction::Disable { user, admin } => {
            let body = json!({ "disabled": true });
            let value = ask(&admin, Method::PATCH, &user_path(&user), Some(&body))?;
            done(&format!("user {user} is disabled and logged out"), &value, format)
        }
        UserAction::Enable { user, admin } => {
            let body = json!({ "disabled": false });
            let value = ask(&admin, Method::PATCH, &user_path(&user), Some(&body))?;
            done(&format!("user {user} may log in again"), &value, format)
        }
        UserAction::SetPassword { user, password_file, admin } => {
            let body = json!({ "password": password(password_file.as_deref())? });
            let path = format!("{}/password", user_path(&user));
            let value = ask(&admin, Method::PUT, &path, Some(&body))?;
            done(&format!("user {user} has the new password and is logged out"), &value, format)
        }
        UserAction::Factors { user, admin } => {
            let path = format!("{}/factors", user_path(&user));
            show(&ask(&admin, Method::GET, &path, None)?, format)
        }
        UserAction::ResetFactors { user, admin } => {
            let path = format!("{}/factors", user_path(&user));
            let value = ask(&admin, Method::DELETE, &path, None)?;
            done(&format!("user {user} has no second factor any more"), &value, format)
        }
        UserAction::Delete { id, admin } => {
            let value = ask(&admin, Method::DELETE, &user_path(&id), None)?;
            done(&format!("user {id} is removed"), &value, format)
        }
    }
}

pub(crate) fn registration_token(
    action: RegistrationTokenAction,
    format: Format,
) -> Result<ExitCode, Stop> {
    const PATH: &str = "/registration-tokens";
    match action {
        RegistrationTokenAction::List { admin } => {
            let all = ask_all(&admin, PATH)?;
            list(&all, &["id", "note", "used", "uses_left", "expires_at"], format)
        }
        RegistrationTokenAction::Create { note, uses, expires_in, admin } => {
            let uses = (uses > 0).then_some(uses);
            let body = json!({"note": note, "uses": uses, "expires_in_seconds": expires_in});
            made(&ask(&admin, Method::POST, PATH, Some(&body))?, format)
        }
        RegistrationTokenAction::Revoke { id, admin } => {
            let path = format!("{PATH}/{}", segment(&id));
            let value = ask(&admin, Method::DELETE, &path, None)?;
            done(&format!("registration token {id} is over"), &value, format)
        }
    }
}

fn user_path(user: &str) -> String {
    format!("/users/{}", segment(user))
}

/// The first line of a file, or of standard input; a person at a terminal is asked.
fn password(file: Option<&Path>) -> Result<String, Stop> {
    let (text, from) = match file {
        Some(file) => (read_file(file, "the password")?, format!("`{}`", file.display())),
        None if std::io::stdin().is_terminal() => return prompt::new_password(),
        None => (input(Some("-"), None)?, "standard input".to_owned()),
    };
    let text =
        String::from_utf8(text).map_err(|_| Stop::usage("the password is no text (UTF-8)"))?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err(Stop::usage(format!("there is no password in the first line of {from}"))
            .hint("--password-file names another file; at a terminal it is asked for")),
    }
}

fn put_named(body: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), json!(value));
    }
}

fn put_several(body: &mut Map<String, Value>, name: &str, values: &[String]) {
    if !values.is_empty() {
        body.insert(name.to_owned(), json!(values));
    }
}

/// Members that were typed as `MEMBER=VALUE`: a JSON value, or a text.
fn put_set(body: &mut Map<String, Value>, set: &[String]) -> Result<(), Stop> {
    for set in set {
        let (name, value) = set.split_once('=').ok_or_else(|| {
            Stop::usage(format!("`--set {set}` has no `=`"))
                .hint("write --set MEMBER=VALUE, such as --set locale=de-CH")
        })?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        body.insert(name.to_owned(), value);
    }
    Ok(())
}

/// What is to be changed; nothing is none.
fn changed(body: Map<String, Value>) -> Result<Value, Stop> {
    if body.is_empty() {
        return Err(Stop::usage("nothing to change was named").hint("see --help"));
    }
    Ok(Value::Object(body))
}

/// What was said of a person, as the admin API takes it.
fn members(person: &Person) -> Result<Map<String, Value>, Stop> {
    let mut body = Map::new();
    put_named(&mut body, "name", person.name.clone());
    put_named(&mut body, "email", person.email.clone());
    if let Some(verified) = person.email_verified {
        body.insert("email_verified".to_owned(), json!(verified));
    }
    put_several(&mut body, "groups", &person.group);
    put_set(&mut body, &person.set)?;
    Ok(body)
}

pub(crate) fn session(action: SessionAction, format: Format) -> Result<ExitCode, Stop> {
    match action {
        SessionAction::List { user, admin } => {
            let path = format!("{}/sessions", user_path(&user));
            let all = ask(&admin, Method::GET, &path, None)?;
            list(&all, &["sid", "browser", "amr", "started", "auth_time", "expires"], format)
        }
        SessionAction::End { sid: user, all: true, admin } => {
            let path = format!("{}/sessions", user_path(&user));
            let value = ask(&admin, Method::DELETE, &path, None)?;
            done(&format!("everything of {user} is ended"), &value, format)
        }
        SessionAction::End { sid, all: false, admin } => {
            let path = format!("/sessions/{}", segment(&sid));
            let value = ask(&admin, Method::DELETE, &path, None)?;
            done(&format!("session {sid} is ended"), &value, format)
        }
    }
}

pub(crate) fn key(action: KeyAction, format: Format) -> Result<ExitCode, Stop> {
    match action {
        KeyAction::List { admin } => {
            let all = ask(&admin, Method::GET, "/keys", None)?;
            list(&all, &["kid", "algorithm", "state", "activates_at", "removed_at"], format)
        }
        KeyAction::Rotate { algorithm, admin } => {
            let path = match algorithm {
                Some(algorithm) => format!("/keys/rotate?algorithm={}", segment(&algorithm)),
                None => "/keys/rotate".to_owned(),
            };
            show(&ask(&admin, Method::POST, &path, None)?, format)
        }
        KeyAction::Withdraw { kid, admin } => {
            let path = format!("/keys/{}/withdraw", segment(&kid));
            let value = ask(&admin, Method::POST, &path, None)?;
            done(
                &format!("key {kid} is withdrawn: its tokens are refused everywhere"),
                &value,
                format,
            )
        }
    }
}

pub(crate) fn revoke(
    kind: RevokeKind,
    value: Option<&str>,
    instant: &Instant,
    admin: &Admin,
    format: Format,
) -> Result<ExitCode, Stop> {
    let name = match kind {
        RevokeKind::Token => "token",
        RevokeKind::Grant => "grant",
        RevokeKind::Session => "session",
        RevokeKind::Subject => "subject",
        RevokeKind::Client => "client",
        RevokeKind::All => "all",
    };
    let mut body = json!({ "kind": name });
    if let Some(value) = value {
        body["value"] = json!(value);
    }
    if let Some(text) = &instant.until {
        body["until"] = json!(moment("--until", text)?);
    }
    if let Some(text) = &instant.before {
        body["until"] = json!(moment("--before", text)?.saturating_sub(1));
    }
    let answer = ask(admin, Method::POST, "/revocations", Some(&body))?;
    let what = match value {
        Some(value) => format!("{name} {value} is revoked"),
        None => "everything up to then is revoked".to_owned(),
    };
    done(&what, &answer, format)
}
