//! Status lists: what third parties read of revocations without asking about any one token.

use axum::body::Body;
use claviger_protocol::{PackedStatusList, StatusList};
use claviger_token::{KeySet, Policy, verify};
use http::Request;
use serde_json::{Value, json};

use crate::app::{App, ISSUER, claims, header};
use crate::people::{Browser, redeem, refresh, stage, text};

/// The list as a third party reads it, checked by the published keys.
async fn read(app: &App, token: &str) -> u8 {
    let status = &claims(token)["status"]["status_list"];
    let uri = status["uri"].as_str().unwrap_or_else(|| panic!("{}", claims(token)));
    let path = uri.strip_prefix(ISSUER).unwrap();
    let answer = app.get(path).await.is(200);
    assert_eq!(answer.header("content-type"), "application/statuslist+jwt");
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let list = answer.body;
    let keys = app.get("/jwks").await.is(200).body;
    let keys = KeySet::from_json(&keys).unwrap();
    let verified = verify(&list, &Policy::default(), &keys, app.clock.now()).unwrap();
    assert_eq!(verified.claims().subject().as_deref(), Some(uri));
    assert_eq!(header(&list)["typ"], "statuslist+jwt");
    let said = claims(&list);
    assert_eq!(said["ttl"], 60);
    let packed: PackedStatusList = serde_json::from_value(said["status_list"].clone()).unwrap();
    let idx = u32::try_from(status["idx"].as_u64().unwrap()).unwrap();
    StatusList::unpack(&packed).unwrap().get(idx).unwrap()
}

async fn admin_revokes(app: &App, kind: &str, value: &Value) {
    let body = json!({ "kind": kind, "value": value });
    app.admin("POST", "/revocations", Some(body)).await.is(201);
}

async fn switched_on() -> App {
    let app = stage().await;
    let example = app.bootstrap.example.as_ref().unwrap().client_id.clone();
    let on = json!({ "status_list": true });
    for client in ["app", &example] {
        app.admin("PATCH", &format!("/clients/{client}"), Some(on.clone())).await.is(200);
    }
    app
}

#[tokio::test]
async fn whatever_revokes_a_token_sets_its_bit_and_no_other() {
    let app = switched_on().await;
    let spared = app.access_token().await;
    for kind in ["token", "grant", "session", "subject", "client"] {
        app.clock.advance(1);
        let code = Browser::default().code(&app, &[]).await;
        let given = redeem(&app, &code, &[]).await.is(200).json();
        let again = refresh(&app, &text(&given, "refresh_token")).await.is(200).json();
        let (first, second) = (text(&given, "access_token"), text(&again, "access_token"));
        assert_eq!((read(&app, &first).await, read(&app, &second).await), (0, 0));
        let name = match kind {
            "token" => "jti",
            "grant" => "grant_id",
            "session" => "sid",
            "subject" => "sub",
            _ => "client_id",
        };
        admin_revokes(&app, kind, &claims(&first)[name]).await;
        let whole = u8::from(kind != "token");
        assert_eq!((read(&app, &first).await, read(&app, &second).await), (1, whole), "{kind}");
    }
    assert_eq!(read(&app, &spared).await, 0);
    let app = app.restart().await;
    assert_eq!(read(&app, &spared).await, 0);
    app.admin("POST", "/revocations", Some(json!({ "kind": "all" }))).await.is(201);
    assert_eq!(read(&app, &spared).await, 1);
}

#[tokio::test]
async fn places_are_drawn_and_given_once() {
    let app = switched_on().await;
    let mut places = std::collections::BTreeSet::new();
    let mut in_order = Vec::new();
    for _ in 0..40 {
        let token = app.access_token().await;
        let idx = claims(&token)["status"]["status_list"]["idx"].as_u64().unwrap();
        assert!(idx < 1 << 16);
        assert!(places.insert(idx));
        in_order.push(idx);
    }
    // Neighbours in time are none in the list.
    let neighbours = in_order.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    assert!(neighbours < 5, "{in_order:?}");
}

/// Nothing is written for a client that did not ask for it.
#[tokio::test]
async fn other_clients_tokens_are_written_down_nowhere() {
    let app = stage().await;
    let token = app.access_token().await;
    assert!(claims(&token).get("status").is_none());
    app.get("/status-lists/1").await.is(404);
}

#[tokio::test]
async fn a_list_ends_with_its_last_token_and_its_number_does_not_return() {
    let app = switched_on().await;
    let token = app.access_token().await;
    read(&app, &token).await;
    app.clock.advance(10_000);
    app.authority.housekeep().await;
    app.get("/status-lists/1").await.is(404);
    let token = app.access_token().await;
    assert_eq!(claims(&token)["status"]["status_list"]["uri"], format!("{ISSUER}/status-lists/2"));
    for odd in
        ["/status-lists/02", "/status-lists/-1", "/status-lists/x", "/status-lists/99999999999"]
    {
        app.get(odd).await.is(404);
    }
    let accept = Request::get("/status-lists/2").header("accept", "application/statuslist+cwt");
    app.send(accept.body(Body::empty()).unwrap()).await.is(406);
}

/// §8.4: a server that does not know what was at another time says so, and not what is now.
#[tokio::test]
async fn what_was_at_another_time_is_not_made_up() {
    let app = switched_on().await;
    let status = &claims(&app.access_token().await)["status"]["status_list"];
    let path = status["uri"].as_str().unwrap().strip_prefix(ISSUER).unwrap().to_owned();
    let answer = app.get(&format!("{path}?time=1686925000")).await.is(501);
    assert_eq!(answer.json()["code"], "status-list-time");
    app.get(&format!("{path}?other=1")).await.is(200);
}
