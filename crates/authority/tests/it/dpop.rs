//! Tokens bound to a DPoP key (RFC 9449), for every grant: who has the key gets them, who has not does not.

use axum::body::Body;
use claviger_testkit::keys;
use claviger_testkit::mint::{seal, with};
use claviger_token::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::app::{Answer, App, ISSUER, NOW, basic, claims, form_request};
use crate::people::{API, Browser, PASSWORD, REDIRECT, is_refused, query, redemption, stage, text};

/// Who makes proofs.
pub(crate) struct Prover {
    key: SigningKey,
    /// The last nonce that came.
    pub(crate) nonce: Option<String>,
    made: usize,
}

impl Prover {
    pub(crate) fn new() -> Self {
        Self::of(keys::signing(Algorithm::Es256))
    }

    pub(crate) fn stranger() -> Self {
        Self::of(keys::other_signing(Algorithm::Es256, "x"))
    }

    fn of(key: SigningKey) -> Self {
        Self { key, nonce: None, made: 0 }
    }

    pub(crate) fn thumbprint(&self) -> String {
        self.key.public().unwrap().thumbprint().to_owned()
    }

    pub(crate) fn proof(&mut self, path: &str, now: i64, changes: &Value) -> String {
        self.made += 1;
        let jwk = with(self.key.public().unwrap().jwk().unwrap(), &json!({ "kid": null }));
        let header = json!({ "typ": "dpop+jwt", "alg": self.key.algorithm().name(), "jwk": jwk });
        let claims = json!({
            "htm": "POST", "htu": format!("{ISSUER}{path}"), "iat": now,
            "jti": format!("proof-{}", self.made),
        });
        let claims = with(with(claims, &json!({ "nonce": self.nonce })), changes);
        seal(&self.key, header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// As a library does it: sends the request again where a nonce is wanted, and keeps the last one.
    pub(crate) async fn post(&mut self, app: &App, path: &str, form: &str) -> Answer {
        self.post_as(app, path, None, form).await
    }

    pub(crate) async fn post_as(
        &mut self,
        app: &App,
        path: &str,
        secret: Option<(&str, &str)>,
        form: &str,
    ) -> Answer {
        let mut answer = None;
        for _ in 0..2 {
            let proof = self.proof(path, app.clock.now(), &json!({}));
            let said = post(app, path, &[&proof], secret, form).await;
            if !said.header("dpop-nonce").is_empty() {
                self.nonce = Some(said.header("dpop-nonce").to_owned());
            }
            let again = said.status == 400 && said.json()["error"] == "use_dpop_nonce";
            answer = Some(said);
            if !again {
                break;
            }
        }
        answer.unwrap()
    }
}

async fn post(
    app: &App,
    path: &str,
    proofs: &[&str],
    secret: Option<(&str, &str)>,
    form: &str,
) -> Answer {
    let mut request = form_request(path);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    if let Some((id, secret)) = secret {
        request = request.header("authorization", basic(id, secret));
    }
    app.send(request.body(Body::from(form.to_owned())).unwrap()).await
}

const GRANT: &str = "grant_type=client_credentials";

fn example(app: &App) -> (String, String) {
    let example = app.bootstrap.example.as_ref().unwrap();
    (example.client_id.clone(), example.client_secret.expose().to_owned())
}

fn refreshing(token: &str) -> String {
    query(&[("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token)])
}

#[track_caller]
fn proof_refused(answer: Answer, reason: &str) {
    let answer = answer.is(400).json();
    assert_eq!(text(&answer, "error"), "invalid_dpop_proof", "{answer}");
    assert_eq!(text(&answer, "code"), "sender-proof-invalid");
    assert!(text(&answer, "error_description").contains(reason), "{answer}");
}

#[tokio::test]
async fn a_client_with_a_key_gets_bound_tokens_and_introspection_tells_the_key() {
    let app = App::start().await;
    let (id, secret) = example(&app);
    let mut prover = Prover::new();
    let tokens = prover.post_as(&app, "/token", Some((&id, &secret)), GRANT).await.is(200);
    // The next nonce comes with every answer.
    assert!(!tokens.header("dpop-nonce").is_empty());
    let tokens = tokens.json();
    assert_eq!(tokens["token_type"], "DPoP");
    let token = text(&tokens, "access_token");
    assert_eq!(claims(&token)["cnf"], json!({ "jkt": prover.thumbprint() }));
    let form = query(&[("token", &token)]);
    let api = json!({ "introspectors": [id] });
    let resource = url_encoded(API);
    app.admin("PATCH", &format!("/resources/{resource}"), Some(api)).await.is(200);
    let told = app.post_as("/introspect", &id, &secret, &form).await.is(200).json();
    assert_eq!(told["active"], true, "{told}");
    assert_eq!(told["token_type"], "DPoP");
    assert_eq!(told["cnf"]["jkt"], prover.thumbprint());
    // Its client revokes it without a proof.
    app.post_as("/revoke", &id, &secret, &form).await.is(200);
    let told = app.post_as("/introspect", &id, &secret, &form).await.is(200).json();
    assert_eq!(told, json!({ "active": false }));
    // Without a proof it is a bearer token as before.
    let plain = app.example(GRANT).await.is(200);
    assert!(plain.header("dpop-nonce").is_empty());
    assert_eq!(plain.json()["token_type"], "Bearer");
    assert!(claims(&text(&plain.json(), "access_token")).get("cnf").is_none());
}

fn url_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn each_defect_of_a_proof_is_told_by_itself() {
    let app = App::start().await;
    let (id, secret) = example(&app);
    let secret = Some((id.as_str(), secret.as_str()));
    let mut prover = Prover::new();
    prover.post_as(&app, "/token", secret, GRANT).await.is(200);
    let good = |prover: &mut Prover| prover.proof("/token", NOW, &json!({}));
    for (changes, reason) in [
        (json!({ "htm": "GET" }), "htm"),
        (json!({ "htu": "https://elsewhere.example/token" }), "htu"),
        (json!({ "htu": format!("{ISSUER}/par") }), "htu"),
        (json!({ "iat": NOW - 301 }), "iat"),
        (json!({ "iat": NOW + 61 }), "iat"),
        (json!({ "jti": null }), "jti"),
    ] {
        let proof = prover.proof("/token", NOW, &changes);
        proof_refused(post(&app, "/token", &[&proof], secret, GRANT).await, reason);
    }
    let (one, two) = (good(&mut prover), good(&mut prover));
    proof_refused(post(&app, "/token", &[&one, &two], secret, GRANT).await, "more than one");
    // Neither of them was used up by that.
    post(&app, "/token", &[&one], secret, GRANT).await.is(200);
    proof_refused(post(&app, "/token", &[&one], secret, GRANT).await, "used before");
    proof_refused(post(&app, "/token", &["x"], secret, GRANT).await, "no signed JWT");
    let unsigned = format!("{}.", two.rsplit_once('.').unwrap().0);
    proof_refused(post(&app, "/token", &[&unsigned], secret, GRANT).await, "signature");
    let journalled = app.admin("GET", "/clients", None).await.is(200).body;
    assert!(!journalled.contains(&two));
}

#[tokio::test]
async fn a_proof_needs_a_nonce_of_this_authority_from_about_now() {
    let app = stage().await;
    let mut prover = Prover::new();
    let code = Browser::default().code(&app, &[]).await;
    let form = redemption(&code, &[]);
    let wanted = async |proof: String| {
        let answer = post(&app, "/token", &[&proof], None, &form).await.is(400);
        assert_eq!(answer.json()["error"], "use_dpop_nonce");
        assert_eq!(answer.header("cache-control"), "no-store");
        let nonce = answer.header("dpop-nonce").to_owned();
        assert!(!nonce.is_empty());
        nonce
    };
    let nonce = wanted(prover.proof("/token", NOW, &json!({}))).await;
    wanted(prover.proof("/token", NOW, &json!({ "nonce": "made-up" }))).await;
    app.clock.advance(240);
    let now = app.clock.now();
    wanted(prover.proof("/token", now, &json!({ "nonce": nonce }))).await;
    // The code was not touched by all that; but it lives for a minute.
    app.clock.advance(-240);
    let proof = prover.proof("/token", NOW, &json!({ "nonce": nonce }));
    post(&app, "/token", &[&proof], None, &form).await.is(200);
    // A proof from before a restart serves nobody after it, though the memory of it is gone.
    let used = proof;
    let app = app.restart().await;
    let answer = post(&app, "/token", &[&used], None, &form).await.is(400);
    assert_eq!(answer.json()["error"], "use_dpop_nonce");
}

#[tokio::test]
async fn where_no_nonce_is_required_a_proof_still_serves_once_and_over_a_restart() {
    let app = App::with(|config| config.tokens.dpop_nonce_required = false).await;
    let (id, secret) = example(&app);
    let secret = Some((id.as_str(), secret.as_str()));
    let mut prover = Prover::new();
    let proof = prover.proof("/token", NOW, &json!({}));
    post(&app, "/token", &[&proof], secret, GRANT).await.is(200);
    proof_refused(post(&app, "/token", &[&proof], secret, GRANT).await, "used before");
    let app = app.restart().await;
    proof_refused(post(&app, "/token", &[&proof], secret, GRANT).await, "used before");
    // A nonce that is not ours is not taken for none.
    let foreign = prover.proof("/token", NOW, &json!({ "nonce": "made-up" }));
    let answer = post(&app, "/token", &[&foreign], secret, GRANT).await.is(400);
    assert_eq!(answer.json()["error"], "use_dpop_nonce");
}

#[tokio::test]
async fn a_public_client_s_refresh_token_serves_its_key_only() {
    let app = stage().await;
    let (mut prover, mut thief) = (Prover::new(), Prover::stranger());
    let code = Browser::default().code(&app, &[]).await;
    let tokens = prover.post(&app, "/token", &redemption(&code, &[])).await.is(200).json();
    assert_eq!(tokens["token_type"], "DPoP");
    let token = text(&tokens, "refresh_token");
    // Neither without a key nor with another one; and nothing ends by it.
    is_refused(app.post("/token", &refreshing(&token)).await, "refresh-key");
    is_refused(thief.post(&app, "/token", &refreshing(&token)).await, "refresh-key");
    let again = prover.post(&app, "/token", &refreshing(&token)).await.is(200).json();
    assert_eq!(claims(&text(&again, "access_token"))["cnf"]["jkt"], prover.thumbprint());
    // The key stands in for rotation.
    assert_eq!(text(&again, "refresh_token"), token);
    let rotating = json!({ "rotate_refresh_tokens": true });
    app.admin("PATCH", "/clients/app", Some(rotating)).await.is(200);
    let code = Browser::default().code(&app, &[]).await;
    let first = prover.post(&app, "/token", &redemption(&code, &[])).await.is(200).json();
    let first = text(&first, "refresh_token");
    let second = prover.post(&app, "/token", &refreshing(&first)).await.is(200);
    assert_ne!(text(&second.json(), "refresh_token"), first);
    // A lost answer is given again to the key, whose proof is another one by now, and to nobody else.
    is_refused(thief.post(&app, "/token", &refreshing(&first)).await, "refresh-key");
    let replayed = prover.post(&app, "/token", &refreshing(&first)).await.is(200);
    assert_eq!(replayed.body, second.body);
    // After the window a thief without the key still ends nothing.
    app.clock.advance(61);
    is_refused(thief.post(&app, "/token", &refreshing(&first)).await, "refresh-key");
    let second = text(&second.json(), "refresh_token");
    prover.post(&app, "/token", &refreshing(&second)).await.is(200);
}

#[tokio::test]
async fn a_code_that_was_asked_for_with_a_key_is_redeemed_with_it() {
    let app = stage().await;
    let (mut prover, mut thief) = (Prover::new(), Prover::stranger());
    let jkt = prover.thumbprint();
    let code = Browser::default().code(&app, &[("dpop_jkt", &jkt)]).await;
    is_refused(app.post("/token", &redemption(&code, &[])).await, "code-key");
    is_refused(thief.post(&app, "/token", &redemption(&code, &[])).await, "code-key");
    prover.post(&app, "/token", &redemption(&code, &[])).await.is(200);
}

#[tokio::test]
async fn a_client_that_has_bound_tokens_only_gets_no_other() {
    let app = stage().await;
    let client = json!({
        "client_id": "bound", "resources": [API], "scopes": ["orders:read"],
        "dpop_bound_access_tokens": true,
    });
    let made = app.admin("POST", "/clients", Some(client)).await.is(201).json();
    assert_eq!(made["dpop_bound_access_tokens"], true);
    let secret = text(&made, "client_secret");
    let refused = app.post_as("/token", "bound", &secret, GRANT).await.is(400).json();
    assert_eq!(refused["error"], "invalid_dpop_proof");
    assert_eq!(refused["code"], "sender-proof-missing");
    let mut prover = Prover::new();
    prover.post_as(&app, "/token", Some(("bound", &secret)), GRANT).await.is(200);
    let free = json!({ "dpop_bound_access_tokens": false });
    app.admin("PATCH", "/clients/bound", Some(free)).await.is(200);
    app.post_as("/token", "bound", &secret, GRANT).await.is(200);
    let bare = json!({ "rotate_refresh_tokens": false });
    let refused = app.admin("PATCH", "/clients/app", Some(bare)).await.is(422).json();
    assert!(text(&refused, "detail").contains("rotate_refresh_tokens"), "{refused}");
}

/// The answer goes back in a form that the browser posts, errors too.
#[tokio::test]
async fn an_answer_can_be_posted_back() {
    let app = stage().await;
    let mut browser = Browser::default();
    let asked = crate::people::request(&[("response_mode", "form_post"), ("state", "\"><b>&")]);
    let page = browser.get(&app, &format!("/authorize?{asked}")).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let page = browser.get(&app, answer.header("location")).await.is(200);
    let answer = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    let page = browser.get(&app, answer.header("location")).await.is(200);
    let value =
        |name: &str| crate::people::between(&page.body, &format!("name=\"{name}\" value=\""), "\"");
    assert!(page.body.contains(&format!("<form method=\"post\" action=\"{REDIRECT}\"")));
    assert_eq!(value("iss"), ISSUER);
    assert!(!page.body.contains("<b>"), "{}", page.body);
    app.post("/token", &redemption(&value("code"), &[])).await.is(200);
    assert_eq!(page.header("cache-control"), "no-store");
    // The one script that may run is the one that stands there.
    let script = crate::people::between(&page.body, "<script>", "</script>");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, script.as_bytes());
    use base64::Engine as _;
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("script-src 'sha256-{hash}';")), "{policy}");
    assert!(policy.contains("form-action https://app.example https:;"), "{policy}");

    let asked = crate::people::request(&[("response_mode", "form_post"), ("scope", "nope")]);
    let page = browser.get(&app, &format!("/authorize?{asked}")).await.is(200);
    assert!(page.body.contains("name=\"error\" value=\"invalid_scope\""), "{}", page.body);
}
