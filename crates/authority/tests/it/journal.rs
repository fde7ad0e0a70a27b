//! Refusals are found again by their id, and neither they nor the log hold a secret.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::app::{App, encoded};

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
    assert_eq!(entry["at"], crate::app::NOW);
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
