//! Refusals are found again by their id, and neither they nor the log hold a secret.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::app::{App, NOW, encoded};
use crate::factors::{field, form, set_up};
use crate::guessing::{address, attempt, behind_a_proxy};
use crate::people::{API, Browser, PASSWORD, REDIRECT, query, redeem, request, text, with_people};
use crate::registration::register;

pub(crate) async fn entry(app: &App, diagnosis: &str) -> Value {
    // The journal is written behind the answer's back.
    for _ in 0..200 {
        let found = app.admin("GET", &format!("/refusals/{diagnosis}"), None).await;
        if found.status == 200 {
            return found.json();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{diagnosis} is not in the journal");
}

#[tokio::test]
async fn a_refusal_is_found_by_its_id() {
    let app = App::start().await;
    let id = app.bootstrap.example.as_ref().unwrap().client_id.clone();
    let form = "grant_type=client_credentials";
    let refused = app.post_as("/token", &id, "wrong-secret", form).await.is(401).json();
    let diagnosis = refused["diagnosis"].as_str().unwrap();
    let entry = entry(&app, diagnosis).await;
    assert_eq!(entry["diagnosis"], diagnosis);
    assert_eq!(entry["endpoint"], "token");
    assert_eq!(entry["status"], 401);
    assert_eq!(entry["error"], "invalid_client");
    assert_eq!(entry["at"], NOW);
    // The operator learns what the client is not told: which client, and that it exists.
    assert_eq!(entry["evidence"]["client_id"], id.as_str());
    assert!(!entry.to_string().contains("wrong-secret"));
    let nothing = app.admin("GET", "/refusals/dg_0000000000000000", None).await.is(404);
    assert_eq!(nothing.json()["code"], "diagnosis-unknown");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything is logged at the finest level, and every kind of secret goes through every door.
#[tokio::test]
async fn no_secret_and_no_token_is_ever_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let app = App::start().await;
    let example = app.bootstrap.example.as_ref().unwrap();
    let (id, secret) = (example.client_id.clone(), example.client_secret.expose().to_owned());
    let admin = app.bootstrap.admin_token.expose().to_owned();
    let token = app.access_token().await;
    let guess = "a-wrong-secret-7f3a";
    let form = "grant_type=client_credentials";
    app.post_as("/token", &id, guess, form).await.is(401);
    app.post_as("/token", guess, &secret, form).await.is(401);
    app.post_as("/token", &id, &secret, &format!("{form}&scope={secret}")).await.is(400);
    app.post("/token", &format!("{form}&client_id={id}&client_secret={secret}&client_secret=x"))
        .await;
    app.post(&format!("/token?client_secret={secret}"), form).await;
    app.post("/token", &format!("{form}&client_assertion={token}")).await;
    let token_form = format!("token={}", encoded(&token));
    app.post_as("/introspect", &id, &secret, &token_form).await;
    app.post_as("/introspect", &id, guess, &token_form).await;
    app.post_as("/revoke", &id, &secret, &format!("{token_form}&token=x")).await;
    app.post_as("/revoke", &id, &secret, &token_form).await.is(200);
    let mut bodies = Vec::new();
    for value in [&secret, &token, &admin] {
        for body in [
            serde_json::json!({ "token": value, "kind": 7 }),
            serde_json::json!({ "client_id": 7, "name": value }),
            serde_json::json!({ "access_ttl_seconds": value }),
            serde_json::json!({ "token": value }),
        ] {
            for path in ["/clients", "/revocations", "/resources"] {
                bodies.push(app.admin("POST", path, Some(body.clone())).await.body);
            }
        }
    }
    let wrong_admin = format!("{}x", &admin[..admin.len() - 1]);
    for value in [format!("Bearer {wrong_admin}"), format!("Bearer {token}"), admin.clone()] {
        let request = http::Request::get("/admin/v1/clients").header("authorization", value);
        app.send(request.body(axum::body::Body::empty()).unwrap()).await.is(401);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(guard);
    let text = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(text.contains("dg_"), "refusals are logged: {text}");
    let signature = token.rsplit('.').next().unwrap();
    for hidden in [secret.as_str(), admin.as_str(), wrong_admin.as_str(), signature, guess] {
        // `guess` also stood where a client id stands, and that is logged.
        let places: Vec<&str> = text.lines().filter(|line| line.contains(hidden)).collect();
        let allowed = hidden == guess && places.iter().all(|line| line.contains("client_id"));
        assert!(places.is_empty() || allowed, "{places:#?}");
        if hidden != guess && hidden != secret {
            assert!(!bodies.iter().any(|body| body.contains(hidden)));
        }
    }
}

pub(crate) async fn entries(app: &App, asked: &str) -> Vec<Value> {
    app.authority.housekeep().await;
    let list = app.admin("GET", &format!("/journal?limit=1000{asked}"), None).await.is(200).json();
    list["items"].as_array().unwrap().clone()
}

fn told(entries: &[Value]) -> Vec<(String, String)> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    entries.iter().map(|entry| (text(entry, "kind"), text(entry, "code"))).collect()
}

/// Every file of the data directory that belongs to the database.
fn database(app: &App) -> Vec<u8> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(&app.config.data_dir).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains("db") || name.contains("sqlite") {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    assert!(all.len() > 10_000);
    all
}

/// A whole story: each event stands once, says who and what, and names nobody; and nothing in the database is
/// of use to who steals it.
#[tokio::test]
async fn a_story_is_written_down_once_and_without_a_secret() {
    let app = App::start().await;
    with_people(&app).await;
    let mut browser = Browser::default();
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    browser.log_in(&app, &page, "a wrong password 1").await.is(403);
    let code = browser.code(&app, &[]).await;
    let first = redeem(&app, &code, &[]).await.is(200).json();
    let token = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
    let refresh = async |token: &str| {
        let form =
            [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token)];
        app.post("/token", &query(&form)).await
    };
    let one = token(&first, "refresh_token");
    let second = refresh(&one).await.is(200).json();
    let third = refresh(&token(&second, "refresh_token")).await.is(200).json();
    let stolen = refresh(&one).await.is(400).json();
    assert_eq!(stolen["code"], "refresh-reused");
    let draft = json!({ "client_id": "made", "name": "A new one" });
    let made = app.admin("POST", "/clients", Some(draft)).await.is(201).json();
    app.admin("PATCH", "/clients/made", Some(json!({ "disabled": true }))).await.is(200);
    app.admin("POST", "/keys/rotate", None).await.is(200);
    app.admin("DELETE", "/clients/nobody", None).await.is(404);
    let all = entries(&app, "").await;
    let seen = told(&all);
    for (kind, code, times) in [
        ("log-in", "log-in-refused", 1),
        ("log-in", "logged-in", 1),
        ("grant", "consented", 1),
        ("grant", "code-redeemed", 1),
        ("alarm", "refresh-reused", 1),
        ("administration", "create-user", 1),
        ("administration", "create-client", 2),
        ("administration", "change-client", 1),
        ("administration", "rotate-keys", 1),
        ("rotation", "key-made", 1),
        ("revocation", "client-ended", 1),
        ("refusal", "client-unknown", 1),
    ] {
        let found = seen.iter().filter(|(k, c)| k == kind && c == code).count();
        assert_eq!(found, times, "{kind} {code}: {seen:#?}");
    }
    let of = |code: &str| all.iter().find(|entry| entry["code"] == code).unwrap();
    // The same person, by a name that is nobody's.
    let subject = of("logged-in")["subject"].as_str().unwrap();
    for code in ["log-in-refused", "consented", "code-redeemed", "refresh-reused", "create-user"] {
        assert_eq!(of(code)["subject"], subject, "{code}");
    }
    assert_eq!(of("refresh-reused")["id"], stolen["diagnosis"]);
    assert_eq!(of("change-client")["by"], "administrator");
    assert_eq!(of("change-client")["client"], "made");
    assert_eq!(of("change-client")["members"], json!(["disabled"]));
    assert_eq!(of("logged-in")["at"], NOW);
    // By the person's own name they are found; in the file it does not stand.
    let users = app.admin("GET", "/users", None).await.json();
    let sub = users["items"][0]["id"].as_str().unwrap();
    assert_ne!(sub, subject);
    assert!(entries(&app, &format!("&subject={}", encoded(sub))).await.len() >= 6);
    assert_eq!(entries(&app, &format!("&subject={}", encoded(subject))).await.len(), 0);
    for entry in &all {
        assert!(!entry.to_string().contains(sub), "{entry}");
    }
    let mut secrets = vec![
        PASSWORD.to_owned(),
        "a wrong password 1".to_owned(),
        code,
        app.bootstrap.admin_token.expose().to_owned(),
        app.bootstrap.example.as_ref().unwrap().client_secret.expose().to_owned(),
        made["client_secret"].as_str().unwrap().to_owned(),
    ];
    for answer in [&first, &second, &third] {
        secrets.push(token(answer, "refresh_token"));
        let access = token(answer, "access_token");
        secrets.push(access.rsplit('.').next().unwrap().to_owned());
    }
    secrets.extend(browser.cookies.into_iter().map(|(_, value)| value));
    let file = database(&app);
    for secret in secrets {
        let found = file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "a secret stands in the database");
        assert!(!all.iter().any(|entry| entry.to_string().contains(&secret)));
    }
}

/// The last entry with a code: it stands under its kind, has an id and a time, says who did it and from where, and
/// names whom it is about by a hash alone, under which the person is found.
pub(crate) async fn last(app: &App, kind: &str, code: &str, by: &str, sub: Option<&str>) -> Value {
    let about = sub.map_or_else(String::new, |sub| format!("&subject={}", encoded(sub)));
    let found = entries(app, &format!("&kind={kind}&code={code}{about}")).await;
    let entry = found.last().unwrap_or_else(|| panic!("no {kind} {code} about {sub:?}")).clone();
    assert!(entry["id"].as_str().is_some_and(|id| id.len() > 10), "{entry}");
    assert!(entry["at"].as_i64().is_some_and(|at| (NOW..=app.clock.now()).contains(&at)));
    assert_eq!(entry["by"], by, "{entry}");
    if let Some(sub) = sub {
        assert!(entry["subject"].as_str().is_some_and(|hash| hash.len() == 16), "{entry}");
        assert!(!entry.to_string().contains(sub), "{entry}");
    }
    entry
}

/// The same authority, asked by everybody from one address.
fn from_one_address(app: App) -> App {
    let add = |mut request: http::Request<axum::body::Body>| {
        let address = http::HeaderValue::from_static("192.0.2.7");
        request.headers_mut().insert("x-forwarded-for", address);
        request
    };
    App { router: app.router.clone().layer(tower::util::MapRequestLayer::new(add)), ..app }
}

async fn sub_of_ada(app: &App) -> String {
    text(&app.admin("GET", "/users/ada", None).await.is(200).json(), "id")
}

#[tokio::test]
async fn what_somebody_does_with_their_account_is_written_down() {
    let app = from_one_address(App::with(|config| config.trusted_proxy = true).await);
    with_people(&app).await;
    let ada = sub_of_ada(&app).await;
    let by_ada = async |kind: &str, code: &str| {
        let entry = last(&app, kind, code, "user", Some(&ada)).await;
        let from = entries(&app, &format!("&code={code}&address=192.0.2.7")).await;
        assert!(from.iter().any(|one| one["id"] == entry["id"]), "{entry}");
        assert!(!entry.to_string().contains("192.0.2.7"), "{entry}");
        entry
    };
    let mut browser = Browser::default();
    let (phone, codes) = set_up(&app, &mut browser, NOW).await;
    assert_eq!(by_ada("log-in", "logged-in").await["amr"], "pwd");
    by_ada("account", "totp-added").await;
    by_ada("account", "recovery-codes-renewed").await;

    // The phone is not at hand.
    let mut other = Browser::default();
    let page = other.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    let page = other.log_in(&app, &page, PASSWORD).await.is(200);
    let step = field(&page, "step");
    let code = form(&page, "/login/code");
    other.fill(&app, &code, &[("step", &step), ("recovery", "aaaa-bbbb-cc")]).await.is(403);
    let refused = format!("&code=second-factor-refused&subject={}", encoded(&ada));
    assert_eq!(entries(&app, &refused).await[0]["client"], "app");
    let answer = other.fill(&app, &code, &[("step", &step), ("recovery", &codes[3])]).await.is(303);
    assert_eq!(by_ada("account", "recovery-code-used").await["left"], 9);
    let page = other.get(&app, answer.header("location")).await.is(200);
    let answer = other.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    let answer = other.get(&app, answer.header("location")).await.is(303);
    let tokens = redeem(&app, &crate::people::code_of(&answer), &[]).await.is(200).json();
    assert_eq!(by_ada("grant", "consented").await["client"], "app");
    let entry = last(&app, "grant", "code-redeemed", "client", Some(&ada)).await;
    assert_eq!((&entry["client"], &entry["resource"]), (&json!("app"), &json!(API)));

    let page = browser.get(&app, "/account").await.is(200);
    let applications = form(&page, "/account/applications");
    browser.fill(&app, &applications, &[("client", "app")]).await.is(303);
    assert_eq!(by_ada("account", "consent-withdrawn").await["client"], "app");
    let entry = by_ada("revocation", "grant-ended").await;
    assert_eq!((&entry["client"], &entry["grants"]), (&json!("app"), &json!(1)));

    let sessions = form(&page, "/account/sessions");
    let sid = text(&crate::app::claims(&text(&tokens, "access_token")), "sid");
    browser.fill(&app, &sessions, &[("action", "end"), ("sid", &sid)]).await.is(303);
    assert_eq!(by_ada("revocation", "session-ended").await["session"], sid.as_str());

    let recovery = form(&page, "/account/recovery");
    browser.fill(&app, &recovery, &[]).await.is(200);
    assert_eq!(entries(&app, "&code=recovery-codes-renewed").await.len(), 2);
    let totp = form(&page, "/account/totp");
    browser.fill(&app, &totp, &[("action", "remove")]).await.is(303);
    by_ada("account", "totp-removed").await;
    // What is not there any more is not removed again.
    browser.fill(&app, &totp, &[("action", "remove")]).await.is(303);
    assert_eq!(entries(&app, "&code=totp-removed").await.len(), 1);

    let new = "a new and better password";
    let password = form(&page, "/account/password");
    let fields = [("old", PASSWORD), ("new", new), ("again", new)];
    browser.fill(&app, &password, &fields).await.is(303);
    by_ada("account", "password-changed").await;
    let page = browser.get(&app, "/logout").await.is(200);
    browser.fill(&app, &page, &[]).await.is(200);
    by_ada("log-out", "logged-out").await;

    let all = entries(&app, "").await;
    let typed = phone.code(NOW);
    for secret in codes.iter().map(String::as_str).chain([new, PASSWORD, &typed]) {
        for entry in &all {
            assert!(!entry.to_string().contains(secret), "{entry}");
        }
    }
}

#[tokio::test]
async fn who_took_tokens_back_is_written_down() {
    let app = from_one_address(App::with(|config| config.trusted_proxy = true).await);
    with_people(&app).await;
    let ada = sub_of_ada(&app).await;
    let revoke = async |token: &str| {
        let form = query(&[("client_id", "app"), ("token", token)]);
        app.post("/revoke", &form).await.is(200);
    };
    let grant = async || {
        let code = Browser::default().code(&app, &[]).await;
        redeem(&app, &code, &[]).await.is(200).json()
    };
    let tokens = grant().await;
    revoke(&text(&tokens, "access_token")).await;
    let entry = last(&app, "revocation", "token-revoked", "client", Some(&ada)).await;
    assert_eq!(entry["client"], "app");
    assert!(entry["address"].is_string());
    revoke(&text(&tokens, "refresh_token")).await;
    let entry = last(&app, "revocation", "grant-ended", "client", Some(&ada)).await;
    assert_eq!(entry["client"], "app");

    let tokens = grant().await;
    let access = text(&tokens, "access_token");
    let claims = crate::app::claims(&access);
    for (body, code, about) in [
        (json!({ "token": access }), "token-revoked", Some(&ada)),
        (json!({ "kind": "grant", "value": claims["grant_id"] }), "grant-ended", Some(&ada)),
        (json!({ "kind": "session", "value": claims["sid"] }), "session-ended", Some(&ada)),
        (json!({ "kind": "subject", "value": ada }), "subject-ended", Some(&ada)),
        (json!({ "kind": "client", "value": "app" }), "client-ended", None),
        (json!({ "kind": "all" }), "everything-ended", None),
    ] {
        app.admin("POST", "/revocations", Some(body)).await.is(201);
        let by = "administrator";
        let entry = last(&app, "revocation", code, by, about.map(String::as_str)).await;
        assert!(entry["address"].is_string(), "{entry}");
        // The call itself stands beside what it came to.
        last(&app, "administration", "create-revocation", by, None).await;
    }
    assert_eq!(entries(&app, "&code=client-ended").await[0]["client"], "app");
}

/// What is tried with a credential that was over is one alarm; whoever comes again is refused and no more.
#[tokio::test]
async fn an_alarm_is_raised_once() {
    let app = crate::people::stage().await;
    let mut browser = Browser::default();
    let code = browser.code(&app, &[]).await;
    let tokens = redeem(&app, &code, &[]).await.is(200).json();
    let refused = redeem(&app, &code, &[]).await.is(400).json();
    assert_eq!(refused["code"], "code-replayed");
    assert_eq!(entries(&app, "&kind=alarm").await[0]["id"], refused["diagnosis"]);
    for _ in 0..3 {
        let again = crate::people::refresh(&app, &text(&tokens, "refresh_token")).await;
        assert_eq!(again.is(400).json()["code"], "code-replayed");
    }
    assert_eq!(entries(&app, "&kind=alarm").await.len(), 1);
    assert_eq!(entries(&app, "&kind=refusal&code=code-replayed").await.len(), 3);
}

#[tokio::test]
async fn a_flood_is_counted_and_every_id_is_found() {
    let app = App::start().await;
    let mut ids = std::collections::BTreeSet::new();
    for nth in 0..10_000 {
        let form = format!("grant_type=nothing-{nth}");
        let answer = app.post("/token", &form).await.is(400).json();
        ids.insert(answer["diagnosis"].as_str().unwrap().to_owned());
    }
    let all = entries(&app, "&kind=refusal").await;
    assert_eq!(all.len(), 10);
    let count: u64 = all.iter().map(|entry| entry["count"].as_u64().unwrap()).sum();
    assert_eq!(count, 10_000);
    assert_eq!(ids.len(), 10, "who is counted is told the id of what stands for it");
    for id in ids {
        app.admin("GET", &format!("/journal/{id}"), None).await.is(200);
        app.admin("GET", &format!("/refusals/{id}"), None).await.is(200);
    }
    // A minute later it is news again.
    app.clock.advance(61);
    app.post("/token", "grant_type=x").await.is(400);
    assert_eq!(entries(&app, "&kind=refusal").await.len(), 11);
    // Made-up clients do not fill it either.
    for nth in 0..3000 {
        let form = format!("grant_type=client_credentials&client_id=made-up-{nth}&client_secret=");
        app.post("/token", &form).await;
    }
    app.authority.housekeep().await;
    let dropped = app.figure("claviger_journal_dropped_total").await;
    let mut after = String::new();
    let (mut rows, mut count) = (0, 0);
    loop {
        let path = format!("/journal?limit=1000&kind=refusal{after}");
        let page = app.admin("GET", &path, None).await.is(200).json();
        for entry in page["items"].as_array().unwrap() {
            rows += 1;
            count += entry["count"].as_u64().unwrap();
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert!(rows < 1100, "{rows}");
    assert_eq!(count + dropped as u64, 13_001);
}

/// Nine o'clock: what many people do is each one's own, and no flood.
#[tokio::test]
async fn everybody_s_log_in_is_written_down() {
    let app = App::start().await;
    let mut people = Vec::new();
    for nth in 0..15 {
        let name = format!("user{nth}");
        let body = json!({ "username": name, "password": PASSWORD });
        let sub = text(&app.admin("POST", "/users", Some(body)).await.is(201).json(), "id");
        let mut browser = Browser::default();
        let page = browser.get(&app, "/account").await.is(200);
        let fields = [("username", name.as_str()), ("password", PASSWORD)];
        browser.fill(&app, &page, &fields).await.is(303);
        people.push(sub);
    }
    for sub in people {
        let own = entries(&app, &format!("&code=logged-in&subject={sub}")).await;
        assert_eq!(own.len(), 1);
        assert_eq!(own[0]["count"], 1);
    }
}

/// Wrong log-ins from one place hide neither whom they hit nor anybody else's.
#[tokio::test]
async fn a_stranger_s_guesses_hide_nobody_else_s_refusal() {
    let app = behind_a_proxy().await;
    for nth in 0..20 {
        attempt(&app, address(7), &format!("nobody{nth}"), "wrong password").await.is(403);
    }
    attempt(&app, address(8), "nobody", "wrong password").await.is(403);
    attempt(&app, address(7), "ada", "wrong password").await.is(403);
    app.admin("PATCH", "/users/ada", Some(json!({ "disabled": true }))).await.is(200);
    attempt(&app, address(9), "ada", PASSWORD).await.is(403);
    let told = async |filter: &str| {
        let found = entries(&app, &format!("&kind=log-in&code=log-in-refused{filter}")).await;
        let count: u64 = found.iter().map(|entry| entry["count"].as_u64().unwrap()).sum();
        (found.len(), count, found[0]["evidence"]["because"].clone())
    };
    assert_eq!(told("&address=192.0.2.8").await, (1, 1, json!("no such user name")));
    let ada = text(&app.admin("GET", "/users/ada", None).await.is(200).json(), "id");
    let of_ada = format!("&subject={ada}");
    assert_eq!(
        told(&format!("{of_ada}&address=192.0.2.7")).await,
        (1, 1, json!("another password"))
    );
    assert_eq!(
        told(&format!("{of_ada}&address=192.0.2.9")).await,
        (1, 1, json!("the account is disabled"))
    );
    let (kept, count, _) = told("&address=192.0.2.7").await;
    assert_eq!((kept, count), (11, 21));
}

#[tokio::test]
async fn entries_are_forgotten_by_age_and_number() {
    let app = App::with(|config| {
        config.journal.keep_days = 2;
        config.journal.max_entries = 5;
    })
    .await;
    for nth in 0..9 {
        app.admin("PATCH", "/clients/example-client", Some(json!({ "name": format!("n{nth}") })))
            .await
            .is(200);
    }
    assert_eq!(entries(&app, "").await.len(), 5);
    app.clock.advance(2 * 86_400 - 1);
    assert_eq!(entries(&app, "").await.len(), 5);
    app.clock.advance(1);
    assert_eq!(entries(&app, "&kind=administration").await.len(), 0);
    let off = App::with(|config| config.journal.max_entries = 0).await;
    off.post("/token", "grant_type=x").await.is(400);
    assert_eq!(entries(&off, "").await.len(), 0);
}

#[tokio::test]
async fn guards_report_what_they_refused() {
    let app = App::start().await;
    let example = app.bootstrap.example.as_ref().unwrap();
    let (id, secret) = (example.client_id.clone(), example.client_secret.expose().to_owned());
    let report = json!({ "refusals": [{
        "diagnosis": "dg_k3v9q2m7x4c8p1ab", "at": NOW - 30, "code": "expired", "count": 3,
        "status": 401, "method": "GET", "path": "/orders?access_token=x", "client": "billing",
        "subject": "u-1", "address": "192.0.2.7",
    }] });
    let send = async |authorization: String, report: &Value| {
        let request = http::Request::post("/journal/refusals")
            .header("authorization", authorization)
            .header("content-type", "application/json");
        app.send(request.body(axum::body::Body::from(report.to_string())).unwrap()).await
    };
    let basic = || crate::app::basic(&id, &secret);
    // Whoever guards nothing has nothing to report.
    let refused = send(basic(), &report).await;
    assert_eq!(refused.json()["code"], "report-forbidden");
    send(crate::app::basic(&id, "wrong"), &report).await.is(401);
    send("Bearer clv_admin_x".to_owned(), &report).await.is(401);
    let introspectors = json!({ "introspectors": [&id] });
    let path = format!("/resources/{}", encoded(&example.resource));
    app.admin("PATCH", &path, Some(introspectors)).await.is(200);
    assert_eq!(send(basic(), &report).await.is(202).json()["accepted"], 1);
    let by_admin = format!("Bearer {}", app.bootstrap.admin_token.expose());
    send(by_admin, &json!({ "refusals": [] })).await.is(202);
    app.authority.housekeep().await;
    let path = "/journal/dg_k3v9q2m7x4c8p1ab";
    let entry = app.admin("GET", path, None).await.is(200).json();
    assert_eq!(
        (&entry["code"], &entry["count"], &entry["at"]),
        (&json!("expired"), &json!(3), &json!(NOW - 30))
    );
    assert_eq!((&entry["client"], &entry["path"]), (&json!("billing"), &json!("/orders")));
    assert_eq!(entry["by"], format!("client {id}"));
    assert!(entry["address"].is_string() && !entry.to_string().contains("192.0.2.7"));
    assert_eq!(entries(&app, "&address=192.0.2.7").await.len(), 1);
    // More of the same: it is told how many there are now, and telling it twice adds nothing.
    let mut more = report.clone();
    for count in [70, 70, 5] {
        more["refusals"][0]["count"] = json!(count);
        send(basic(), &more).await.is(202);
        app.authority.housekeep().await;
    }
    assert_eq!(app.admin("GET", path, None).await.is(200).json()["count"], 70);
    // A guard that counts nothing itself is counted here.
    for nth in 0..100 {
        more["refusals"][0]["diagnosis"] = json!(format!("dg_k3v9q2m7x4c8p1{nth:02}"));
        more["refusals"][0]["count"] = json!(1);
        send(basic(), &more).await.is(202);
    }
    app.authority.housekeep().await;
    let told = entries(&app, "&code=expired").await;
    let counted: u64 = told.iter().map(|entry| entry["count"].as_u64().unwrap()).sum();
    assert_eq!((told.len(), counted), (60, 170));
    for wrong in [
        json!({ "refusals": [{ "diagnosis": "dg_k3v9q2m7x4c8p1ab", "at": 0, "code": "my-own" }] }),
        json!({ "refusals": [{ "diagnosis": "../../x", "at": 0, "code": "expired" }] }),
        json!({ "refusals": [{ "diagnosis": "dg_x", "at": 0, "code": "expired", "token": "x" }] }),
    ] {
        send(basic(), &wrong).await.is(400);
    }
}

#[tokio::test]
async fn the_journal_is_read_in_pages_by_what_is_asked() {
    let app = App::start().await;
    app.post("/token", "grant_type=x").await.is(400);
    app.admin("PATCH", "/clients/example-client", Some(json!({ "name": "n" }))).await.is(200);
    let all = entries(&app, "").await;
    assert!(all.len() >= 2, "{all:?}");
    let page = app.admin("GET", "/journal?limit=1", None).await.is(200).json();
    let next = page["next"].as_str().unwrap();
    let rest = app.admin("GET", &format!("/journal?after={next}"), None).await.is(200).json();
    assert_eq!(rest["items"].as_array().unwrap().len(), all.len() - 1);
    assert_eq!(entries(&app, "&newest=true&code=change-client").await.len(), 1);
    assert_eq!(entries(&app, &format!("&since={}", NOW + 1)).await.len(), 0);
    for wrong in [
        "kind=x",
        "limit=0",
        "limit=1&limit=2",
        "x=1",
        "since=soon",
        "newest=maybe",
        "address=here",
    ] {
        let answer = app.admin("GET", &format!("/journal?{wrong}"), None).await.is(400);
        assert_eq!(answer.json()["code"], "query-refused");
    }
    app.admin("GET", "/journal/jn_0000000000000000", None).await.is(404);
}

/// Line breaks, escapes and turned writing in what a client sends stay inside their text: in the log, in the
/// journal, in the answer.
#[tokio::test]
async fn nobody_forges_a_line_of_the_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let app = App::with(|config| {
        config.trusted_proxy = true;
        config.registration.mode = claviger_authority::RegistrationMode::Open;
    })
    .await;
    let forged = "x\r\nFORGED line \u{1b}[2K\u{9b}31m\u{202e}";
    let odd = encoded(forged);
    app.post("/token", &format!("grant_type={odd}")).await;
    app.post(
        "/token",
        &format!("grant_type=client_credentials&client_id={odd}&client_secret={odd}"),
    )
    .await;
    app.post_as("/token", forged, forged, "grant_type=client_credentials").await;
    app.get(&format!("/authorize?client_id={odd}&redirect_uri={odd}")).await;
    app.get(&format!("/authorize?client_id=app&redirect_uri={REDIRECT}&resource={API}{odd}")).await;
    app.get(&format!("/{odd}")).await;
    let body = json!({ "client_id": forged, forged: forged });
    app.admin("POST", "/clients", Some(body)).await;
    app.admin("DELETE", &format!("/clients/{odd}"), None).await;
    // What browsers and proxies say of themselves: such bytes as a header takes.
    let header = http::HeaderValue::from_bytes("x\tFORGED \u{9b}31m\u{202e}".as_bytes()).unwrap();
    let add = move |mut request: http::Request<axum::body::Body>| {
        for name in ["user-agent", "referer", "x-forwarded-for", "accept-language", "dpop"] {
            request.headers_mut().insert(name, header.clone());
        }
        request
    };
    let router = app.router.clone().layer(tower::util::MapRequestLayer::new(add));
    let app = App { router, ..app };
    with_people(&app).await;
    let mut browser = Browser::default();
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    browser.fill(&app, &page, &[("username", forged), ("password", forged)]).await.is(403);
    let page = crate::factors::at_account(&app, &mut browser).await;
    let proof = field(&form(&page, "/account/password"), "proof");
    for action in ["/account/applications", "/account/sessions"] {
        let fields = query(&[("proof", &proof), ("client", forged), ("sid", forged)]);
        browser.send(&app, "POST", action, Some(fields)).await.is(303);
    }
    let registered = json!({
        "client_name": forged, "redirect_uris": [forged], "scope": forged, forged: forged,
        "software_id": forged, "contacts": [forged],
    });
    register(&app, None, &registered).await.is(400);
    for path in ["/par", "/device_authorization", "/revoke", "/introspect", "/token"] {
        let form = query(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("client_id", "app"),
            ("scope", forged),
            ("resource", forged),
            ("token", forged),
            ("subject_token", forged),
            ("subject_token_type", forged),
            ("redirect_uri", forged),
        ]);
        app.post(path, &form).await;
    }
    let all = entries(&app, "").await;
    drop(guard);
    assert!(all.len() >= 12, "{all:?}");
    for entry in &all {
        let text = serde_json::to_string(entry).unwrap();
        for odd in ["\\r", "\\n", "\\u001b", "\u{9b}", "\u{202e}"] {
            assert!(!text.contains(odd), "{text}");
        }
    }
    let text = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(!text.lines().any(|line| line.starts_with("FORGED")), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
}
