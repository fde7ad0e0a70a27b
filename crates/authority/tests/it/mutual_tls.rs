//! A person's grant that is bound to a certificate (RFC 8705 §3, §4): every token of it, to the end.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_testkit::pki::{Issued, self_signed};
use http::Request;
use serde_json::json;

use crate::app::{Answer, App, claims, form_request};
use crate::people::{Browser, query, redemption, text, with_people};

async fn ask(
    app: &App,
    certificate: Option<&Issued>,
    request: http::request::Builder,
    body: String,
) -> Answer {
    let request = match certificate {
        Some(issued) => request.header("x-client-cert", STANDARD.encode(&issued.der)),
        None => request,
    };
    app.send(request.body(Body::from(body)).unwrap()).await
}

async fn token(app: &App, certificate: Option<&Issued>, form: &str) -> Answer {
    ask(app, certificate, form_request("/token"), form.to_owned()).await
}

#[tokio::test]
async fn a_grant_that_is_bound_to_a_certificate_stays_so() {
    let app = App::with(|config| {
        config.trusted_proxy = true;
        config.tls.client_certificate_header = Some("x-client-cert".into());
    })
    .await;
    with_people(&app).await;
    let bound = json!({"tls_client_certificate_bound_access_tokens": true});
    app.admin("PATCH", "/clients/app", Some(bound)).await.is(200);
    let (own, other) = (self_signed("app"), self_signed("app"));

    let code = Browser::default().code(&app, &[]).await;
    let redeeming = redemption(&code, &[]);
    let refused = token(&app, None, &redeeming).await.is(400).json();
    assert_eq!(text(&refused, "code"), "sender-proof-missing");
    let tokens = token(&app, Some(&own), &redeeming).await.is(200).json();
    assert_eq!(text(&tokens, "token_type"), "Bearer");
    let thumbprint = claims(&text(&tokens, "access_token"))["cnf"]["x5t#S256"].clone();
    assert_eq!(thumbprint.as_str().map(str::len), Some(43));

    let held = text(&tokens, "refresh_token");
    let refreshing =
        query(&[("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", &held)]);
    for wrong in [None, Some(&other)] {
        token(&app, wrong, &refreshing).await.is(400);
    }
    // Who could not prove it has ended nothing.
    let tokens = token(&app, Some(&own), &refreshing).await.is(200).json();
    let access = text(&tokens, "access_token");
    assert_eq!(claims(&access)["cnf"]["x5t#S256"], thumbprint);

    for (certificate, status) in [(Some(&own), 200), (Some(&other), 401), (None, 401)] {
        let request = Request::get("/userinfo").header("authorization", format!("Bearer {access}"));
        ask(&app, certificate, request, String::new()).await.is(status);
    }
}
