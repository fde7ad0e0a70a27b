//! Passkeys, with an authenticator made of bytes: one is added, logs in alone and as a second step, and is refused
//! where it was made for another page, moment or person.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use claviger_token::base64url;
use serde_json::{Value, json};

use crate::app::{Answer, App, claims};
use crate::factors::{at_account, field, form};
use crate::journal::{entries, last};
use crate::people::{Browser, PASSWORD, redeem, request, text, with_people};

const ORIGIN: &str = "http://localhost:8600";

async fn stage() -> App {
    let app = App::with(|config| config.issuer = Some(ORIGIN.to_owned())).await;
    with_people(&app).await;
    app
}

/// An authenticator with one key for one site.
struct Authenticator {
    key: EcdsaKeyPair,
    count: u32,
    user: String,
    origin: &'static str,
    site: &'static str,
    verifies: bool,
}

impl Authenticator {
    fn new() -> Self {
        let random = SystemRandom::new();
        let alg = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(alg, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(alg, pkcs8.as_ref()).unwrap();
        let user = String::new();
        Self { key, count: 1, user, origin: ORIGIN, site: "localhost", verifies: true }
    }

    fn id(&self) -> Vec<u8> {
        digest(&SHA256, self.key.public_key().as_ref()).as_ref().to_vec()
    }

    fn data(&self, attested: bool) -> Vec<u8> {
        let flags = 1 | (u8::from(self.verifies) << 2) | (u8::from(attested) << 6);
        let site = digest(&SHA256, self.site.as_bytes());
        [site.as_ref(), &[flags], &self.count.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let challenge = text(options, "challenge");
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
    }

    /// As the page's script answers `navigator.credentials.create`.
    fn made(&mut self, options: &Value) -> String {
        assert_eq!(options["rp"]["id"], "localhost");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        self.user = text(&options["user"], "id");
        let point = self.key.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..]);
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        let key = [&head[..], x, &[0x22, 0x58, 32], y].concat();
        let id = self.id();
        let data = [&self.data(true)[..], &[0; 16], &[0, 32], &id, &key].concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
        let object = [&head[..], &length, &data].concat();
        json!({
            "client_data": base64url::encode(self.client_data("webauthn.create", options)),
            "attestation": base64url::encode(object),
            "transports": ["internal"],
        })
        .to_string()
    }

    /// As the page's script answers `navigator.credentials.get`.
    fn proven(&mut self, options: &Value) -> String {
        self.count += 1;
        let client_data = self.client_data("webauthn.get", options);
        let data = self.data(false);
        let message = [&data[..], digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        json!({
            "id": base64url::encode(self.id()),
            "client_data": base64url::encode(client_data),
            "authenticator_data": base64url::encode(data),
            "signature": base64url::encode(signature.as_ref()),
            "user_handle": self.user,
        })
        .to_string()
    }
}

/// What a page asks the authenticator.
fn options(page: &Answer) -> Value {
    let text = crate::people::between(&page.body, "data-options=\"", "\"").replace("&#34;", "\"");
    serde_json::from_str(&text).unwrap()
}

/// Adds a passkey to the account that a browser is logged in to; the answer to the last form.
async fn add(app: &App, browser: &mut Browser, authenticator: &mut Authenticator) -> Answer {
    let page = browser.get(app, "/account").await.is(200);
    let start = form(&page, "/account/passkeys");
    let page = browser.fill(app, &start, &[("action", "start")]).await.is(200);
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let answer = authenticator.made(&options(&page));
    let fields = [
        ("action", "add"),
        ("name", "My <key>"),
        ("ticket", &field(&page, "ticket")),
        ("answer", &answer),
    ];
    browser.fill(app, &page, &fields).await
}

async fn prove(
    app: &App,
    browser: &mut Browser,
    page: &Answer,
    authenticator: &mut Authenticator,
) -> Answer {
    let page = form(page, "/login/passkey");
    let answer = authenticator.proven(&options(&page));
    answer_with(app, browser, &page, &answer).await
}

async fn answer_with(app: &App, browser: &mut Browser, page: &Answer, answer: &str) -> Answer {
    let ticket = field(page, "ticket");
    let mut fields = vec![("ticket", ticket.as_str()), ("answer", answer)];
    let step = page.body.contains("name=\"step\"").then(|| field(page, "step"));
    if let Some(step) = &step {
        fields.push(("step", step));
    }
    browser.fill(app, page, &fields).await
}

async fn log_in_page(app: &App, browser: &mut Browser) -> Answer {
    browser.get(app, &format!("/authorize?{}", request(&[]))).await.is(200)
}

#[tokio::test]
async fn a_passkey_is_added_and_logs_in_alone() {
    let app = stage().await;
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    let mut key = Authenticator::new();
    let codes = add(&app, &mut browser, &mut key).await.is(200);
    assert!(codes.body.contains("Keep these codes"), "{}", codes.body);
    let page = browser.get(&app, "/account").await.is(200);
    assert!(page.body.contains("<h3>My &#60;key&#62;</h3>"), "{}", page.body);

    let mut other = Browser::default();
    let page = log_in_page(&app, &mut other).await;
    assert_eq!(options(&form(&page, "/login/passkey"))["allowCredentials"], json!([]));
    let answer = prove(&app, &mut other, &page, &mut key).await.is(303);
    let page = other.get(&app, answer.header("location")).await.is(200);
    let answer = other.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    let answer = other.get(&app, answer.header("location")).await.is(303);
    // The issuer of this test is a name, not an address.
    let code = crate::people::parameter(&answer, "code").unwrap();
    let tokens = redeem(&app, &code, &[]).await.is(200).json();
    let id = claims(&text(&tokens, "id_token"));
    assert_eq!((&id["amr"], &id["acr"]), (&json!(["hwk", "mfa"]), &json!("phr")));
}

#[tokio::test]
async fn with_a_passkey_the_password_alone_logs_nobody_in() {
    let app = stage().await;
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    let mut key = Authenticator::new();
    add(&app, &mut browser, &mut key).await.is(200);
    let mut other = Browser::default();
    let page = log_in_page(&app, &mut other).await;
    let page = other.log_in(&app, &page, PASSWORD).await.is(200);
    assert!(page.body.contains("One more step"), "{}", page.body);
    let allowed = &options(&form(&page, "/login/passkey"))["allowCredentials"];
    assert_eq!(allowed[0]["id"], json!(base64url::encode(key.id())));
    // As the second step a touch is enough.
    key.verifies = false;
    prove(&app, &mut other, &page, &mut key).await.is(303);
    // Alone it is not.
    let mut third = Browser::default();
    let page = log_in_page(&app, &mut third).await;
    prove(&app, &mut third, &page, &mut key).await.is(403);
    key.verifies = true;
    prove(&app, &mut third, &page, &mut key).await.is(303);
}

#[tokio::test]
async fn an_answer_serves_one_page_in_one_browser_once() {
    let app = stage().await;
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    let mut key = Authenticator::new();
    add(&app, &mut browser, &mut key).await.is(200);

    let mut owner = Browser::default();
    let page = form(&log_in_page(&app, &mut owner).await, "/login/passkey");
    let answer = key.proven(&options(&page));
    // Overheard, and given in another browser; on another page of the same browser.
    let mut thief = Browser::default();
    let own = form(&log_in_page(&app, &mut thief).await, "/login/passkey");
    answer_with(&app, &mut thief, &own, &answer).await.is(403);
    answer_with(&app, &mut thief, &page, &answer).await.is(400);
    let next = form(&log_in_page(&app, &mut owner).await, "/login/passkey");
    answer_with(&app, &mut owner, &next, &answer).await.is(403);
    answer_with(&app, &mut owner, &page, &answer).await.is(303);
    answer_with(&app, &mut owner, &page, &answer).await.is(403);
    // Too late.
    let mut slow = Browser::default();
    let page = form(&log_in_page(&app, &mut slow).await, "/login/passkey");
    let answer = key.proven(&options(&page));
    app.clock.advance(901);
    answer_with(&app, &mut slow, &page, &answer).await.is(403);
}

#[tokio::test]
async fn a_passkey_of_another_site_person_or_copy_is_refused() {
    let app = stage().await;
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    let mut key = Authenticator::new();
    add(&app, &mut browser, &mut key).await.is(200);
    // The same key cannot be added twice.
    let again = add(&app, &mut browser, &mut key).await.is(403);
    assert!(again.body.contains("known here already"), "{}", again.body);
    for (origin, site) in
        [("http://localhost:8601", "localhost"), (ORIGIN, "evil.example"), ("null", "localhost")]
    {
        let mut phished = Authenticator { origin, site, ..Authenticator::new() };
        add(&app, &mut browser, &mut phished).await.is(403);
        let (before_origin, before_site) = (key.origin, key.site);
        (key.origin, key.site) = (origin, site);
        let mut other = Browser::default();
        let page = log_in_page(&app, &mut other).await;
        prove(&app, &mut other, &page, &mut key).await.is(403);
        (key.origin, key.site) = (before_origin, before_site);
    }
    let mut other = Browser::default();
    let page = log_in_page(&app, &mut other).await;
    // Nobody's key; one that says to be somebody else's; one whose counter went back.
    let mut unknown = Authenticator { user: key.user.clone(), ..Authenticator::new() };
    prove(&app, &mut other, &page, &mut unknown).await.is(403);
    let own = std::mem::replace(&mut key.user, base64url::encode("bob"));
    prove(&app, &mut other, &page, &mut key).await.is(403);
    key.user = own;
    prove(&app, &mut other, &page, &mut key).await.is(303);
    key.count = 0;
    let mut third = Browser::default();
    let page = log_in_page(&app, &mut third).await;
    prove(&app, &mut third, &page, &mut key).await.is(403);
    // A disabled owner.
    key.count = 100;
    app.admin("PATCH", "/users/ada", Some(json!({ "disabled": true }))).await.is(200);
    prove(&app, &mut third, &page, &mut key).await.is(403);
}

#[tokio::test]
async fn a_passkey_has_a_name_and_goes_when_its_owner_wants() {
    let app = stage().await;
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    let mut key = Authenticator::new();
    add(&app, &mut browser, &mut key).await.is(200);
    let id = base64url::encode(key.id());
    let page = browser.get(&app, "/account").await.is(200);
    let entry = form(&page, "/account/passkeys");
    let fields = [("action", "rename"), ("id", &id), ("name", " Blue\u{7} key ")];
    browser.fill(&app, &entry, &fields).await.is(303);
    let factors = app.admin("GET", "/users/ada/factors", None).await.is(200).json();
    assert_eq!(factors["passkeys"][0]["name"], "Blue key");
    assert!(!factors.to_string().contains("point"), "{factors}");
    // Nobody else can touch it.
    let bob = json!({ "username": "bob", "password": PASSWORD });
    app.admin("POST", "/users", Some(bob)).await.is(201);
    let mut bob = Browser::default();
    let page = bob.get(&app, "/account").await.is(200);
    bob.fill(&app, &form(&page, "/login"), &[("username", "bob"), ("password", PASSWORD)])
        .await
        .is(303);
    let page = bob.get(&app, "/account").await.is(200);
    let theirs = form(&page, "/account/passkeys");
    bob.fill(&app, &theirs, &[("action", "remove"), ("id", &id)]).await.is(303);
    let factors = app.admin("GET", "/users/ada/factors", None).await.is(200).json();
    assert_eq!(factors["passkeys"].as_array().unwrap().len(), 1);
    browser.fill(&app, &entry, &[("action", "remove"), ("id", &id)]).await.is(303);
    // Ada's three deeds are written down, and none of bob's.
    let ada = text(&app.admin("GET", "/users/ada", None).await.is(200).json(), "id");
    for code in ["passkey-added", "passkey-renamed", "passkey-removed"] {
        last(&app, "account", code, "user", Some(&ada)).await;
        assert_eq!(entries(&app, &format!("&code={code}")).await.len(), 1, "{code}");
    }
    let mut other = Browser::default();
    let page = log_in_page(&app, &mut other).await;
    prove(&app, &mut other, &page, &mut key).await.is(403);
    other.log_in(&app, &page, PASSWORD).await.is(303);
}

#[tokio::test]
async fn where_the_issuer_is_a_bare_address_nobody_is_offered_a_passkey() {
    let app = crate::people::stage().await;
    let mut browser = Browser::default();
    let page = browser.get(&app, "/account").await.is(200);
    assert!(!page.body.contains("data-passkey") && !page.body.contains("<script"));
    assert!(!page.header("content-security-policy").contains("script-src"));
    let page = at_account(&app, &mut browser).await;
    assert!(page.body.contains("Passkeys need a name"), "{}", page.body);
}
