//! Clients whose ids are addresses of documents: what is fetched, what is believed, and what people are shown.

use std::sync::{Arc, Mutex};

use claviger_testkit::scripted::{Reply, Scripted};
use serde_json::{Value, json};

use crate::app::{Answer, App, claims};
use crate::people::{API, Browser, PASSWORD, parameter, redeem, request, text, with_people};

const LOOPBACK: &str = "http://127.0.0.1:4711/cb";

async fn stage(on_loopback: bool) -> App {
    let app = App::with(|config| {
        config.registration.client_id_documents = true;
        config.registration.danger_client_addresses_on_loopback = on_loopback;
        config.registration.resources = vec![API.to_owned()];
    })
    .await;
    with_people(&app).await;
    app
}

/// An authority, and a public client that is a document and listens on its person's machine.
pub(crate) async fn on_loopback() -> (App, Site) {
    (stage(true).await, Site::start())
}

/// A web site with one document, which the test can change.
pub(crate) struct Site {
    server: Scripted,
    reply: Arc<Mutex<Reply>>,
}

impl Site {
    fn start() -> Self {
        let reply = Arc::new(Mutex::new(Reply::status(404)));
        let held = Arc::clone(&reply);
        let server = Scripted::start(move |_| held.lock().unwrap().clone());
        let site = Self { server, reply };
        site.says(&site.document());
        site
    }

    pub(crate) fn id(&self) -> String {
        format!("{}/client.json", self.server.url())
    }

    fn document(&self) -> Value {
        json!({
            "client_id": self.id(), "client_name": "Editor <b>", "redirect_uris": ["http://127.0.0.1/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none", "scope": "openid orders:read unknown",
        })
    }

    fn says(&self, document: &Value) {
        *self.reply.lock().unwrap() =
            Reply::status(200).body("application/json", document.to_string());
    }

    fn answers(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    fn asked(&self) -> usize {
        self.server.heard().len()
    }
}

async fn authorize(app: &App, browser: &mut Browser, id: &str) -> Answer {
    let asked = request(&[("client_id", id), ("redirect_uri", LOOPBACK), ("scope", "orders:read")]);
    browser.get(app, &format!("/authorize?{asked}")).await
}

#[tokio::test]
async fn a_document_is_a_client_and_the_person_sees_whose_it_is() {
    let app = stage(true).await;
    let metadata = app.get("/.well-known/oauth-authorization-server").await.is(200).json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    let site = Site::start();
    let id = site.id();
    let mut browser = Browser::default();
    let page = authorize(&app, &mut browser, &id).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let page = browser.get(&app, answer.header("location")).await.is(200);
    let host = id.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert!(page.body.contains(&format!("<strong>{host}</strong>")), "{}", page.body);
    assert!(
        page.body.contains("Editor &#60;b&#62;") && page.body.contains("http://127.0.0.1:4711")
    );
    let back = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    let code = parameter(&back, "code").unwrap();
    let changes = [("client_id", id.as_str()), ("redirect_uri", LOOPBACK)];
    let tokens = redeem(&app, &code, &changes).await.is(200).json();
    assert_eq!(claims(&text(&tokens, "access_token"))["client_id"], id.as_str());
    // Another program on the machine can say the same id: the person is asked again.
    authorize(&app, &mut browser, &id).await.is(200);
    // Fetched once for all of it, and again when its time is over.
    assert_eq!(site.asked(), 1);
    app.clock.advance(3601);
    authorize(&app, &mut Browser::default(), &id).await.is(200);
    assert_eq!(site.asked(), 2);
    // Refreshing goes on.
    let refresh = async |token: &str| {
        let form = crate::people::query(&[
            ("grant_type", "refresh_token"),
            ("client_id", &id),
            ("refresh_token", token),
        ]);
        app.post("/token", &form).await
    };
    let tokens = refresh(&text(&tokens, "refresh_token")).await.is(200).json();
    let held = text(&tokens, "refresh_token");
    // While the document cannot be read the client is told to come back, not that it is a stranger.
    site.answers(Reply::status(500));
    app.clock.advance(3601);
    let later = refresh(&held).await.is(503).json();
    assert_eq!(later["error"], "temporarily_unavailable", "{later}");
    assert_eq!(later["code"], "client-document-unreachable", "{later}");
    site.says(&site.document());
    app.clock.advance(10);
    let tokens = refresh(&held).await.is(200).json();
    // What stands there and is no client's any more is one.
    site.says(&json!({ "client_id": "https://elsewhere.example/client.json" }));
    app.clock.advance(3601);
    let refused = refresh(&text(&tokens, "refresh_token")).await.is(401).json();
    assert_eq!(refused["error"], "invalid_client", "{refused}");
}

#[tokio::test]
async fn a_document_is_believed_only_about_itself() {
    let app = stage(true).await;
    for change in [
        json!({"client_id": "http://127.0.0.1:1/other.json"}),
        json!({"client_id": null}),
        json!({"redirect_uris": ["https://elsewhere.example/cb"]}),
        json!({"redirect_uris": ["javascript:alert(1)"]}),
        json!({"client_secret": "published"}),
        json!({"token_endpoint_auth_method": "client_secret_basic"}),
    ] {
        let site = Site::start();
        let mut document = site.document();
        for (name, value) in change.as_object().unwrap() {
            document[name] = value.clone();
        }
        site.says(&document);
        let answer = authorize(&app, &mut Browser::default(), &site.id()).await.is(400);
        assert_eq!(answer.header("location"), "", "{change}");
        assert!(!answer.body.contains("href=\"javascript:"), "{change}");
    }
    for reply in [
        Reply::status(302).with("location", "http://127.0.0.1:1/"),
        Reply::status(500),
        Reply::status(0),
        Reply::status(200).body("text/html", "<html>"),
        Reply::status(200).body("text/plain", "{}"),
        Reply::status(200).body("application/json", "{"),
        Reply::status(200)
            .body("application/json", format!("{{\"x\":\"{}\"}}", "a".repeat(11_000))),
    ] {
        let site = Site::start();
        site.answers(reply.clone());
        let answer = authorize(&app, &mut Browser::default(), &site.id()).await.is(400);
        assert_eq!(answer.header("location"), "", "{reply:?}");
        assert_eq!(site.asked(), 1, "redirects are not followed");
        // Asked again at once, it is not fetched again; a moment later it is, and the mended one is taken.
        site.says(&site.document());
        authorize(&app, &mut Browser::default(), &site.id()).await.is(400);
        assert_eq!(site.asked(), 1);
        app.clock.advance(10);
        authorize(&app, &mut Browser::default(), &site.id()).await.is(200);
        app.clock.advance(60);
    }
}

#[tokio::test]
async fn how_long_a_document_is_remembered_is_its_own_to_say_within_bounds() {
    let app = stage(true).await;
    for (control, seconds) in
        [("no-store", 60), ("max-age=1", 60), ("max-age=600", 600), ("max-age=99999999", 86_400)]
    {
        let site = Site::start();
        let body = site.document().to_string();
        site.answers(
            Reply::status(200).body("application/json", body).with("cache-control", control),
        );
        let ask = async || authorize(&app, &mut Browser::default(), &site.id()).await.is(200);
        ask().await;
        app.clock.advance(seconds - 1);
        ask().await;
        assert_eq!(site.asked(), 1, "{control}");
        app.clock.advance(1);
        ask().await;
        assert_eq!(site.asked(), 2, "{control}");
    }
}

#[tokio::test]
async fn nothing_inside_is_reached_through_a_client_id() {
    let site = Site::start();
    let app = stage(false).await;
    let port = site.server.url().rsplit(':').next().unwrap().to_owned();
    for id in [
        site.id(),
        format!("https://127.0.0.1:{port}/client.json"),
        format!("https://localhost:{port}/client.json"),
        format!("https://[::1]:{port}/client.json"),
        format!("https://[::ffff:127.0.0.1]:{port}/client.json"),
        format!("https://0x7f000001:{port}/client.json"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/client.json".to_owned(),
        "https://user@app.example/client.json".to_owned(),
        "https://app.example/client.json?x=1".to_owned(),
        "https://app.example".to_owned(),
    ] {
        let answer = authorize(&app, &mut Browser::default(), &id).await.is(400);
        assert_eq!(answer.header("location"), "", "{id}");
        let form =
            crate::people::query(&[("grant_type", "authorization_code"), ("client_id", &id)]);
        app.post("/token", &form).await.is(401);
    }
    assert_eq!(site.asked(), 0);
    // Switched off, which is the default, no address is looked at.
    let app = App::start().await;
    authorize(&app, &mut Browser::default(), &site.id()).await.is(400);
    assert_eq!(site.asked(), 0);
    let metadata = app.get("/.well-known/oauth-authorization-server").await.is(200).json();
    assert!(metadata.get("client_id_metadata_document_supported").is_none());
}

#[tokio::test]
async fn one_host_is_not_asked_without_end() {
    let app = stage(true).await;
    let site = Site::start();
    for number in 0..15 {
        let id = format!("{}/{number}.json", site.server.url());
        authorize(&app, &mut Browser::default(), &id).await.is(400);
    }
    assert_eq!(site.asked(), 10);
}
