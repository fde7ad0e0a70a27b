//! Pages for people: the front, the catalogue, one fault; and the figures.

use axum::body::Body;
use claviger_token::Code;
use http::Request;

use crate::app::App;

#[tokio::test]
async fn every_fault_has_a_page_and_its_json() {
    let app = App::start().await;
    for code in Code::ALL {
        let path = format!("/faults/{code}");
        let page = app.get(&path).await.is(200);
        assert!(page.header("content-type").starts_with("text/html"), "{code}");
        assert!(page.body.contains(code.as_str()), "{code}");
        let request = Request::get(&path).header("accept", "application/json");
        let json = app.send(request.body(Body::empty()).unwrap()).await.is(200).json();
        assert_eq!(json["code"], code.as_str());
        assert_eq!(json["title"], code.title());
        assert_eq!(json["fix"], code.fix());
    }
    let unknown = app.get("/faults/nothing-of-ours").await.is(404);
    assert!(!unknown.json()["fix"].as_str().unwrap().is_empty());
}

/// A browser's request.
fn browser(method: &str, path: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn whoever_has_a_browser_reads_no_json() {
    let app = App::start().await;
    for (method, path, status, says) in [
        ("GET", "/faults/expird", 404, "faults/expired"),
        ("GET", "/faults/%3Cb%3E", 404, "Nothing is here"),
        ("GET", "/assets/nothing.css", 404, "Nothing is here"),
        ("PUT", "/consent", 405, "use POST"),
        (
            "GET",
            "/authorize?client_id=nobody",
            400,
            "Check <code class=\"short\">client_id</code> in",
        ),
    ] {
        let page = app.send(browser(method, path)).await.is(status);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(page.body.to_lowercase().contains(&says.to_lowercase()), "{path}: {}", page.body);
        assert!(!page.body.contains("<b>"), "{path}: {}", page.body);
    }
    // Programs are answered as before.
    let refused = app.send(Request::put("/consent").body(Body::empty()).unwrap()).await.is(405);
    assert_eq!(refused.json()["code"], "method-not-allowed");
}

#[tokio::test]
async fn the_index_lists_them_all() {
    let app = App::start().await;
    let page = app.get("/faults").await.is(200);
    for code in Code::ALL {
        assert!(page.body.contains(&format!("faults/{code}")), "{code}");
    }
    let request = Request::get("/faults").header("accept", "application/json");
    let json = app.send(request.body(Body::empty()).unwrap()).await.is(200).json();
    assert_eq!(json["faults"].as_array().unwrap().len(), Code::ALL.len());
}

#[tokio::test]
async fn the_front_page_says_what_this_is_and_its_style_loads() {
    let app = App::start().await;
    let page = app.get("/").await.is(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.body.contains("http://127.0.0.1:8600"), "{}", page.body);
    let mut assets = 0;
    for part in page.body.split('"').filter(|part| part.contains("/assets/")) {
        let path = part.strip_prefix("http://127.0.0.1:8600").unwrap_or(part);
        let asset = app.get(path).await.is(200);
        assert!(
            asset.header("content-type").starts_with("text/css")
                || asset.header("content-type").starts_with("image/"),
            "{part}"
        );
        assert!(asset.header("cache-control").contains("max-age="), "{part}");
        assets += 1;
    }
    assert!(assets >= 1, "{}", page.body);
    assert!(!page.body.contains("<script"), "works without script");
}

#[tokio::test]
async fn an_unknown_page_in_a_browser_is_still_an_answer() {
    let app = App::start().await;
    let request = Request::get("/nowhere<script>").header("accept", "text/html,*/*;q=0.8");
    let Ok(request) = request.body(Body::empty()) else {
        return;
    };
    let answer = app.send(request).await.is(404);
    assert!(!answer.body.contains("<script>"));
}

#[tokio::test]
async fn health_and_figures() {
    let app = App::start().await;
    assert_eq!(app.get("/health/live").await.is(200).json()["status"], "live");
    let ready = app.get("/health/ready").await.is(200).json();
    assert_eq!(ready["status"], "ready");
    app.access_token().await;
    app.post("/token", "grant_type=client_credentials").await.is(401);
    let metrics = app.get("/metrics").await.is(200);
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    for line in [
        "claviger_requests_total{endpoint=\"token\",status=\"200\"} 1",
        "claviger_requests_total{endpoint=\"token\",status=\"401\"} 1",
        "claviger_tokens_issued_total{grant=\"client_credentials\"} 1",
        "claviger_request_duration_seconds_bucket{",
        "claviger_published_keys 1",
        "claviger_refusals_total{endpoint=\"token\",error=\"invalid_client\"",
    ] {
        assert!(metrics.body.contains(line), "{line}\n{}", metrics.body);
    }
}

#[tokio::test]
async fn figures_can_be_kept_for_the_administrator() {
    let app = App::with(|config| config.metrics_open = false).await;
    app.get("/metrics").await.is(401);
    let token = app.bootstrap.admin_token.expose();
    let request = Request::get("/metrics").header("authorization", format!("Bearer {token}"));
    app.send(request.body(Body::empty()).unwrap()).await.is(200);
}
