//! `GET /revocations`: snapshot, `live`, and each revocation within a second.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::app::App;

struct Reader {
    body: Body,
    text: String,
}

impl Reader {
    async fn open(app: &App, last_event_id: Option<&str>) -> Self {
        let mut request = Request::get("/revocations");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response =
            app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { body: response.into_body(), text: String::new() }
    }

    /// Reads on until `wanted` stands in what was read; hands out everything up to there.
    async fn until(&mut self, wanted: &str) -> String {
        let reading = async {
            while !self.text.contains(wanted) {
                let frame = self.body.frame().await.expect("the feed goes on").unwrap();
                self.text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(5), reading).await.expect("in time");
        let end = self.text.find(wanted).unwrap() + wanted.len();
        let end = self.text[end..].find("\n\n").map_or(end, |rest| end + rest + 2);
        self.text.drain(..end).collect()
    }
}

async fn revoke(app: &App, value: &str) {
    let draft = json!({ "kind": "session", "value": value });
    app.admin("POST", "/revocations", Some(draft)).await.is(201);
}

#[tokio::test]
async fn a_reader_gets_what_was_then_live_then_what_happens() {
    let app = App::start().await;
    revoke(&app, "one").await;
    revoke(&app, "two").await;
    let mut reader = Reader::open(&app, None).await;
    let snapshot = reader.until("event: live").await;
    assert_eq!(snapshot.matches("event: revoked").count(), 2, "{snapshot}");
    assert!(snapshot.contains("id: 1\nevent: revoked\ndata: {\"kind\":\"session\""), "{snapshot}");
    assert!(snapshot.ends_with("data: {\"seq\":2,\"now\":1795428000}\n\n"), "{snapshot}");
    let started = Instant::now();
    revoke(&app, "three").await;
    let event = reader.until("event: revoked").await;
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(event.starts_with("id: 3\n"), "{event}");
    assert!(!event.contains("three"), "names nobody: {event}");
}

#[tokio::test]
async fn a_reader_that_comes_back_goes_on_where_it_was() {
    let app = App::start().await;
    for value in ["one", "two", "three"] {
        revoke(&app, value).await;
    }
    let again = Reader::open(&app, Some("2")).await.until("event: live").await;
    assert_eq!(again.matches("event: revoked").count(), 1, "{again}");
    assert!(again.contains("id: 3\n"));
    // A number from the future, or nonsense: everything, rather than nothing.
    for id in ["99", "x", ""] {
        let all = Reader::open(&app, Some(id)).await.until("event: live").await;
        assert_eq!(all.matches("event: revoked").count(), 3, "{id}: {all}");
    }
}

#[tokio::test]
async fn a_large_snapshot_comes_whole_and_in_order() {
    let app = App::start().await;
    for n in 0..600 {
        revoke(&app, &n.to_string()).await;
    }
    let all = Reader::open(&app, None).await.until("event: live").await;
    let ids: Vec<u64> =
        all.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert_eq!(ids, (1..=600).collect::<Vec<_>>());
}

#[tokio::test]
async fn revocations_survive_a_restart() {
    let app = App::start().await;
    revoke(&app, "one").await;
    let app = app.restart().await;
    let all = Reader::open(&app, None).await.until("event: live").await;
    assert_eq!(all.matches("event: revoked").count(), 1);
}

#[tokio::test]
async fn places_are_limited_and_given_back() {
    let app = App::with(|config| config.limits.feed_readers = 1).await;
    let mut first = Reader::open(&app, None).await;
    first.until("event: live").await;
    assert!((app.figure("claviger_feed_readers").await - 1.0).abs() < 0.1);
    let full = app.get("/revocations").await.is(503);
    assert_eq!(full.header("retry-after"), "5");
    assert_eq!(full.json()["code"], "feed-full");
    drop(first);
    Reader::open(&app, None).await.until("event: live").await;
}

#[tokio::test]
async fn silence_is_broken() {
    let app = App::with(|config| config.limits.feed_ping_seconds = 1).await;
    let mut reader = Reader::open(&app, None).await;
    reader.until("event: live").await;
    assert_eq!(reader.until(": ping").await, ": ping\n\n");
}
