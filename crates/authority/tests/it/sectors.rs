//! Sectors by a list of redirect addresses (`sector_identifier_uri`, OpenID Connect Core §8.1, Registration §5): who
//! belongs is what whoever publishes the list says.

use std::sync::{Arc, Mutex};

use claviger_authority::RegistrationMode;
use claviger_testkit::scripted::{Reply, Scripted};
use serde_json::{Value, json};

use crate::app::{Answer, App, claims};
use crate::people::{Browser, PASSWORD, parameter, query, redeem, request, text, with_people};
use crate::registration::{own, register, send};

const A: &str = "https://a.example/cb";
const B: &str = "https://b.example/cb";

/// Where somebody publishes the addresses of their sector.
struct List {
    server: Scripted,
    reply: Arc<Mutex<Reply>>,
}

impl List {
    fn of(uris: &[&str]) -> Self {
        let reply = Arc::new(Mutex::new(Reply::status(404)));
        let held = Arc::clone(&reply);
        let list = Self { server: Scripted::start(move |_| held.lock().unwrap().clone()), reply };
        list.says(&json!(uris));
        list
    }

    fn uri(&self) -> String {
        format!("{}/sector.json", self.server.url())
    }

    fn says(&self, list: &Value) {
        // An hour; whoever has just been added does not wait for it.
        let reply = Reply::status(200).body("text/plain", list.to_string());
        *self.reply.lock().unwrap() = reply.with("cache-control", "max-age=3600");
    }

    fn answers(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    fn asked(&self) -> usize {
        self.server.heard().len()
    }
}

async fn stage(on_loopback: bool) -> App {
    let app = App::with(|config| {
        config.registration.mode = RegistrationMode::Open;
        config.registration.client_id_documents = true;
        config.registration.danger_client_addresses_on_loopback = on_loopback;
    })
    .await;
    with_people(&app).await;
    app
}

fn asks(uris: &[&str], list: &List) -> Value {
    json!({
        "redirect_uris": uris, "token_endpoint_auth_method": "none", "scope": "openid",
        "subject_type": "pairwise", "sector_identifier_uri": list.uri(),
    })
}

#[track_caller]
fn is_refused(answer: Answer, code: &str) {
    let answer = answer.is(400).json();
    assert_eq!(
        (text(&answer, "error"), text(&answer, "code")),
        ("invalid_client_metadata".into(), code.into()),
        "{answer}"
    );
    assert!(text(&answer, "error_description").contains("sector_identifier_uri"), "{answer}");
}

/// By which name a client gets to know Ada.
async fn sub_for(app: &App, id: &str, redirect: &str) -> String {
    let changes = [("client_id", id), ("redirect_uri", redirect), ("scope", "openid")];
    let mut browser = Browser::default();
    let path = format!("/authorize?{}", request(&changes));
    let page = browser.get(app, &path).await.is(200);
    let answer = browser.log_in(app, &page, PASSWORD).await.is(303);
    let mut answer = browser.get(app, answer.header("location")).await;
    if answer.status == 200 {
        answer = browser.fill(app, &answer, &[("decision", "allow")]).await.is(303);
    }
    if !answer.header("location").starts_with(redirect) {
        let onward = answer.header("location").to_owned();
        answer = browser.get(app, &onward).await.is(303);
    }
    let code = parameter(&answer, "code").unwrap();
    let changes = [("client_id", id), ("redirect_uri", redirect)];
    let given = redeem(app, &code, &changes).await.is(200).json();
    text(&claims(&text(&given, "id_token")), "sub")
}

#[tokio::test]
async fn who_is_in_the_list_is_of_its_sector() {
    let app = stage(true).await;
    let list = List::of(&[A, B]);
    let first = register(&app, None, &asks(&[A], &list)).await.is(201).json();
    assert_eq!(first["sector_identifier_uri"], list.uri());
    let both = register(&app, None, &asks(&[B, A], &list)).await.is(201).json();
    // Its own host is another sector.
    let alone = json!({
        "redirect_uris": [A], "token_endpoint_auth_method": "none", "scope": "openid",
        "subject_type": "pairwise",
    });
    let alone = register(&app, None, &alone).await.is(201).json();
    let seen = async |registered: &Value, redirect| {
        sub_for(&app, &text(registered, "client_id"), redirect).await
    };
    let sub = seen(&first, A).await;
    assert_eq!(seen(&both, B).await, sub);
    assert_ne!(seen(&alone, A).await, sub);
    // Logging in asks for no list.
    assert_eq!(list.asked(), 1);
}

#[tokio::test]
async fn who_is_not_in_the_list_is_refused_and_who_was_added_is_not() {
    let app = stage(true).await;
    let list = List::of(&[A]);
    register(&app, None, &asks(&[A], &list)).await.is(201);
    is_refused(register(&app, None, &asks(&[A, B], &list)).await, "sector-refused");
    // Whatever kind of name it asks for: what it says of itself has to be true.
    let mut public = asks(&[B], &list);
    public["subject_type"] = json!("public");
    is_refused(register(&app, None, &public).await, "sector-refused");
    // Added: no old copy stands in the way.
    list.says(&json!([A, B]));
    app.clock.advance(1);
    let registered = register(&app, None, &asks(&[A, B], &list)).await.is(201).json();
    let (path, token) = own(&registered);
    // An update is judged like a registration, and changes nothing where it is refused.
    let id = text(&registered, "client_id");
    let update = |uris: &[&str]| {
        let mut wanted = asks(uris, &list);
        wanted["client_id"] = json!(id);
        wanted
    };
    app.clock.advance(1);
    let more = update(&[A, B, "https://c.example/cb"]);
    is_refused(send(&app, "PUT", &path, Some(&token), &more).await, "sector-refused");
    let mut left_out = update(&[A, B]);
    left_out.as_object_mut().unwrap().remove("sector_identifier_uri");
    let refused = send(&app, "PUT", &path, Some(&token), &left_out).await.is(400).json();
    assert!(text(&refused, "error_description").contains("one host"), "{refused}");
    let now = send(&app, "GET", &path, Some(&token), &json!({})).await.is(200).json();
    assert_eq!(
        (&now["redirect_uris"], &now["sector_identifier_uri"]),
        (&json!([A, B]), &json!(list.uri()))
    );
    app.clock.advance(1);
    send(&app, "PUT", &path, Some(&token), &update(&[B])).await.is(200);
    // What is no list of addresses is none.
    app.clock.advance(60);
    for (reply, code) in [
        (Reply::status(200).body("application/json", "{}"), "sector-refused"),
        (Reply::status(200).body("text/html", "<p>"), "sector-unreachable"),
        (Reply::status(200).body("application/json", "[1]"), "sector-refused"),
        (Reply::status(404), "sector-unreachable"),
        (Reply::status(302).with("location", "/elsewhere"), "sector-unreachable"),
        (
            Reply::status(200).body("application/json", format!("[\"{}\"]", "a".repeat(70_000))),
            "sector-unreachable",
        ),
    ] {
        let other = List::of(&[]);
        other.answers(reply);
        is_refused(register(&app, None, &asks(&[A], &other)).await, code);
        assert_eq!(other.asked(), 1);
    }
}

#[tokio::test]
async fn the_administrator_s_clients_are_judged_as_well() {
    let app = stage(true).await;
    let list = List::of(&[A, B]);
    let draft = |id: &str, uris: &[&str]| {
        json!({
            "client_id": id, "auth_method": "none", "redirect_uris": uris, "scopes": ["openid"],
            "subject_type": "pairwise", "sector_identifier_uri": list.uri(),
        })
    };
    let refused = app.admin("POST", "/clients", Some(draft("x", &["https://c.example/cb"]))).await;
    let refused = refused.is(422).json();
    assert!(text(&refused, "detail").starts_with("sector_identifier_uri: "), "{refused}");
    let made = app.admin("POST", "/clients", Some(draft("both", &[A, B]))).await.is(201).json();
    assert_eq!(made["sector_identifier_uri"], list.uri());
    app.clock.advance(1);
    let change = json!({ "redirect_uris": [A, "https://c.example/cb"] });
    app.admin("PATCH", "/clients/both", Some(change)).await.is(422);
    // What has nothing to do with it does not ask.
    let asked = list.asked();
    app.admin("PATCH", "/clients/both", Some(json!({ "name": "Both" }))).await.is(200);
    assert_eq!(list.asked(), asked);
    // The operator's word goes before; without either, several hosts are no sector.
    let by_list = sub_for(&app, "both", A).await;
    app.admin("PATCH", "/clients/both", Some(json!({ "sector": "a.example" }))).await.is(200);
    assert_ne!(sub_for(&app, "both", A).await, by_list);
    let change = json!({ "sector": null, "sector_identifier_uri": null });
    app.admin("PATCH", "/clients/both", Some(change)).await.is(422);
    let change = json!({ "sector_identifier_uri": "http://a.example/list" });
    app.admin("PATCH", "/clients/both", Some(change)).await.is(422);
}

/// Whoever can register may not have the authority look around in its own network.
#[tokio::test]
async fn no_list_is_asked_for_inside() {
    let app = stage(false).await;
    let list = List::of(&[A]);
    let mut wanted = asks(&[A], &list);
    is_refused_as_metadata(register(&app, None, &wanted).await);
    for inside in [
        "https://127.0.0.1/list",
        "https://localhost/list",
        "https://10.0.0.1/list",
        "https://169.254.169.254/list",
        "https://[::1]/list",
    ] {
        wanted["sector_identifier_uri"] = json!(inside);
        is_refused(register(&app, None, &wanted).await, "sector-refused");
    }
    for bad in ["http://a.example/list", "https://u@a.example/list", "https://a.example/l#x", "x"] {
        wanted["sector_identifier_uri"] = json!(bad);
        is_refused_as_metadata(register(&app, None, &wanted).await);
    }
    assert_eq!(list.asked(), 0);
}

#[track_caller]
fn is_refused_as_metadata(answer: Answer) {
    assert_eq!(text(&answer.is(400).json(), "code"), "metadata-refused");
}

/// A client that is a document brings its sector with it.
#[tokio::test]
async fn a_document_names_a_sector_as_well() {
    let app = stage(true).await;
    let list = List::of(&[A, B]);
    let site = List::of(&[]);
    let id = site.uri();
    let mut document = asks(&[A, B], &list);
    document["client_id"] = json!(id);
    site.answers(Reply::status(200).body("application/json", document.to_string()));
    let registered = register(&app, None, &asks(&[A], &list)).await.is(201).json();
    let sub = sub_for(&app, &text(&registered, "client_id"), A).await;
    assert_eq!(sub_for(&app, &id, B).await, sub);
    // Once the list leaves it out it is none of its sector, and nobody at all.
    list.says(&json!([A]));
    app.clock.advance(3601);
    let asked = request(&[("client_id", &id), ("redirect_uri", B), ("scope", "openid")]);
    let page = app.get(&format!("/authorize?{asked}")).await.is(400);
    assert!(page.body.contains("sector_identifier_uri"), "{}", page.body);
    // While nobody can read it, the client is told to come back.
    list.answers(Reply::status(500));
    app.clock.advance(3601);
    let form =
        query(&[("grant_type", "refresh_token"), ("client_id", &id), ("refresh_token", "x")]);
    let later = app.post("/token", &form).await.is(503).json();
    assert_eq!(text(&later, "error"), "temporarily_unavailable");
}
