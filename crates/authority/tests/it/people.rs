//! People log in, allow what a client asks for, and clients refresh what they got: unlucky clients, thieves,
//! crashes and clocks included.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::app::{Answer, App, ISSUER, NOW, claims};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const REDIRECT: &str = "https://app.example/cb";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const API: &str = "http://127.0.0.1:8090";

/// An authority with a person and an application that keeps no secret.
pub(crate) async fn stage() -> App {
    let app = App::start().await;
    with_people(&app).await;
    app
}

pub(crate) async fn with_people(app: &App) {
    let ada = json!({"username": "Ada", "password": PASSWORD, "email": "ada@example.org"});
    app.admin("POST", "/users", Some(ada)).await.is(201);
    let client = json!({
        "client_id": "app", "name": "Orders <app>", "auth_method": "none", "redirect_uris": [REDIRECT],
        "scopes": ["openid", "orders:read"], "resources": [API],
    });
    app.admin("POST", "/clients", Some(client)).await.is(201);
}

pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn request(changes: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid orders:read"),
        ("state", "a&b"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    change(&mut pairs, changes);
    query(&pairs)
}

fn change<'a>(pairs: &mut Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) {
    for (name, value) in changes {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
}

/// A browser with its cookies.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: Vec<(String, String)>,
}

impl Browser {
    pub(crate) async fn send(
        &mut self,
        app: &App,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header("accept", "text/html");
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if body.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let answer = app.send(request.body(Body::from(body.unwrap_or_default())).unwrap()).await;
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    pub(crate) async fn get(&mut self, app: &App, path: &str) -> Answer {
        self.send(app, "GET", path, None).await
    }

    /// Fills in the form of a page.
    pub(crate) async fn fill(
        &mut self,
        app: &App,
        page: &Answer,
        fields: &[(&str, &str)],
    ) -> Answer {
        let action = between(&page.body, "action=\"", "\"");
        let mut pairs = vec![("proof", between(&page.body, "name=\"proof\" value=\"", "\""))];
        if page.body.contains("name=\"request\"") {
            pairs.push(("request", between(&page.body, "name=\"request\" value=\"", "\"")));
        }
        pairs.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.send(app, "POST", &action, Some(query(&pairs))).await
    }

    pub(crate) async fn log_in(&mut self, app: &App, page: &Answer, password: &str) -> Answer {
        self.fill(app, page, &[("username", " ADA "), ("password", password)]).await
    }

    /// A code where nothing has to be asked any more.
    pub(crate) async fn code_silently(&mut self, app: &App) -> String {
        code_of(&self.get(app, &format!("/authorize?{}", request(&[]))).await.is(303))
    }

    /// From the request to the code.
    pub(crate) async fn code(&mut self, app: &App, changes: &[(&str, &str)]) -> String {
        let page = self.get(app, &format!("/authorize?{}", request(changes))).await.is(200);
        let answer = self.log_in(app, &page, PASSWORD).await.is(303);
        let next = self.get(app, answer.header("location")).await;
        let next = if next.status == 200 {
            let allowed = self.fill(app, &next, &[("decision", "allow")]).await.is(303);
            self.get(app, allowed.header("location")).await
        } else {
            next
        };
        code_of(&next.is(303))
    }
}

pub(crate) fn between(text: &str, from: &str, to: &str) -> String {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    let value = rest.split(to).next().unwrap();
    value.replace("&#38;", "&").replace("&amp;", "&").replace("&#60;", "<").replace("&#62;", ">")
}

pub(crate) fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let to = url::Url::parse(answer.header("location")).unwrap();
    to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn code_of(answer: &Answer) -> String {
    assert!(answer.header("location").starts_with(REDIRECT), "{:?}", answer.headers);
    assert_eq!(parameter(answer, "state").as_deref(), Some("a&b"));
    assert_eq!(parameter(answer, "iss").as_deref(), Some(ISSUER));
    parameter(answer, "code").unwrap_or_else(|| panic!("{:?}", answer.headers))
}

/// The form by which the application redeems a code.
pub(crate) fn redemption(code: &str, changes: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    change(&mut pairs, changes);
    query(&pairs)
}

pub(crate) async fn redeem(app: &App, code: &str, changes: &[(&str, &str)]) -> Answer {
    app.post("/token", &redemption(code, changes)).await
}

pub(crate) async fn refresh(app: &App, token: &str) -> Answer {
    refresh_with(app, token, &[]).await
}

async fn refresh_with(app: &App, token: &str, more: &[(&str, &str)]) -> Answer {
    let pairs =
        [&[("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", token)], more]
            .concat();
    app.post("/token", &query(&pairs)).await
}

pub(crate) async fn granted(app: &App) -> Value {
    let code = Browser::default().code(app, &[]).await;
    redeem(app, &code, &[]).await.is(200).json()
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

#[track_caller]
pub(crate) fn is_refused(answer: Answer, code: &str) {
    let answer = answer.is(400).json();
    assert_eq!(
        (text(&answer, "error"), text(&answer, "code")),
        ("invalid_grant".into(), code.into())
    );
    assert!(text(&answer, "diagnosis").starts_with("dg_"));
}

#[tokio::test]
async fn somebody_logs_in_allows_and_gets_tokens() {
    let app = stage().await;
    let mut browser = Browser::default();
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    assert!(page.body.contains("Orders &#60;app&#62;"), "{}", page.body);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://app.example https:;"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
    // A wrong password and an unknown name read the same, and neither logs in.
    let wrong = browser.log_in(&app, &page, "wrong password").await.is(403);
    let unknown = [("username", "nobody"), ("password", "wrong password")];
    let nobody = browser.fill(&app, &page, &unknown).await.is(403);
    let said = "Name or password is not right.";
    assert!(wrong.body.contains(said) && nobody.body.contains(said));
    assert!(!wrong.body.contains("wrong password"));

    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let page = browser.get(&app, answer.header("location")).await.is(200);
    assert!(
        page.body.contains("<code>orders:read</code>") && page.body.contains("https://app.example")
    );
    let answer = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    let answer = browser.get(&app, answer.header("location")).await.is(303);
    let tokens = redeem(&app, &code_of(&answer), &[]).await.is(200);
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    let id = claims(&text(&tokens, "id_token"));
    let access = claims(&text(&tokens, "access_token"));
    assert_eq!(
        (&id["aud"], &id["nonce"], &id["auth_time"]),
        (&json!("app"), &json!("n-1"), &json!(NOW))
    );
    assert_eq!((&access["aud"], &access["scope"]), (&json!(API), &json!("openid orders:read")));
    assert_eq!((&access["sub"], &access["sid"]), (&id["sub"], &id["sid"]));
    assert_ne!(access["sub"], "app");

    // Logged in and allowed: the next request asks nothing; `prompt` and `max_age` do.
    let again = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(303);
    code_of(&again);
    let silent = request(&[("prompt", "none")]);
    code_of(&browser.get(&app, &format!("/authorize?{silent}")).await.is(303));
    for prompt in ["login", "consent"] {
        let asked = request(&[("prompt", prompt)]);
        browser.get(&app, &format!("/authorize?{asked}")).await.is(200);
    }
    app.clock.advance(100);
    let aged = request(&[("max_age", "60"), ("prompt", "none")]);
    let answer = browser.get(&app, &format!("/authorize?{aged}")).await.is(303);
    assert_eq!(parameter(&answer, "error").as_deref(), Some("login_required"));
    // The session ends by itself.
    app.clock.advance(13 * 3600);
    browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_registered() {
    let app = stage().await;
    let mut browser = Browser::default();
    for uri in [
        "https://app.example/cb/",
        "https://app.example.evil.example/cb",
        "https://app.example@evil.example/cb",
        "https://evil.example/cb",
        "//evil.example",
        "javascript:alert(1)",
        "",
    ] {
        for more in [[("client_id", "app")], [("client_id", "nobody")]] {
            let asked = request(&[&[("redirect_uri", uri)], &more[..]].concat());
            let answer = browser.get(&app, &format!("/authorize?{asked}")).await;
            if uri.is_empty() && more[0].1 == "app" {
                // Its one registered address stands in.
                answer.is(200);
                continue;
            }
            let answer = answer.is(400);
            assert_eq!(answer.header("location"), "");
            assert!(!answer.body.contains("<script") && !answer.body.contains("href=\"javascript"));
        }
    }
    // What is wrong otherwise is told to the client, with state and issuer.
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("scope", "admin"), "invalid_scope"),
        (("prompt", "none"), "login_required"),
    ] {
        let answer = browser.get(&app, &format!("/authorize?{}", request(&[change]))).await.is(303);
        assert_eq!(parameter(&answer, "error").as_deref(), Some(error));
        assert_eq!(parameter(&answer, "iss").as_deref(), Some(ISSUER));
        assert_eq!(parameter(&answer, "code"), None);
    }
}

#[tokio::test]
async fn no_other_site_can_post_the_forms() {
    let app = stage().await;
    let mut browser = Browser::default();
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    let mut stranger = Browser::default();
    stranger.log_in(&app, &page, PASSWORD).await.is(400);
    let forged = query(&[("request", &request(&[])), ("username", "ada"), ("password", PASSWORD)]);
    browser.send(&app, "POST", "/login", Some(forged)).await.is(400);
    // The proof of one form is none for another.
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let consent = browser.get(&app, answer.header("location")).await.is(200);
    let swapped = Answer { body: consent.body.replace("/consent", "/login"), ..consent };
    browser.fill(&app, &swapped, &[("username", "ada"), ("password", PASSWORD)]).await.is(400);
}

#[tokio::test]
async fn who_is_shown_a_consent_page_decides_and_nobody_else() {
    let app = stage().await;
    let eve = json!({"username": "eve", "password": PASSWORD});
    app.admin("POST", "/users", Some(eve)).await.is(201);
    let asked = format!("/authorize?{}", request(&[]));
    let mut browser = Browser::default();
    let page = browser.get(&app, &asked).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let hers = browser.get(&app, answer.header("location")).await.is(200);
    assert!(hers.body.contains("<strong>ada</strong>"), "{}", hers.body);
    // In another tab somebody else logs in, and then Ada's page is answered.
    let asking_anew = format!("/authorize?{}", request(&[("prompt", "login")]));
    let page = browser.get(&app, &asking_anew).await.is(200);
    let fields = [("username", "eve"), ("password", PASSWORD)];
    browser.fill(&app, &page, &fields).await.is(303);
    for decision in ["allow", "deny"] {
        let shown = browser.fill(&app, &hers, &[("decision", decision)]).await.is(400);
        assert!(shown.body.contains("<strong>eve</strong>"), "{}", shown.body);
        assert!(shown.body.contains("Nothing was decided"), "{}", shown.body);
    }
    let silent = format!("/authorize?{}", request(&[("prompt", "none")]));
    let answer = browser.get(&app, &silent).await.is(303);
    assert_eq!(parameter(&answer, "error").as_deref(), Some("consent_required"));
    // The form of one request allows no other.
    let shown = browser.get(&app, &asked).await.is(200);
    let more = request(&[("scope", "openid")]);
    let body = query(&[
        ("proof", &between(&shown.body, "name=\"proof\" value=\"", "\"")),
        ("request", &more),
        ("decision", "allow"),
    ]);
    assert_eq!(browser.send(&app, "POST", "/consent", Some(body)).await.status, 400);
    // What is shown now decides.
    let answer = browser.fill(&app, &shown, &[("decision", "allow")]).await.is(303);
    code_of(&browser.get(&app, answer.header("location")).await.is(303));
}

#[tokio::test]
async fn a_client_that_wants_consent_gets_it_behind_a_log_in_too() {
    let app = stage().await;
    Browser::default().code(&app, &[]).await;
    for prompt in ["consent", "login consent", "consent select_account"] {
        let mut browser = Browser::default();
        let asked = format!("/authorize?{}", request(&[("prompt", prompt)]));
        let page = browser.get(&app, &asked).await.is(200);
        let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
        let page = browser.get(&app, answer.header("location")).await.is(200);
        let answer = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
        code_of(&browser.get(&app, answer.header("location")).await.is(303));
    }
}

/// A page that stood open too long, in a browser without its cookies, or under an address that was reloaded.
#[tokio::test]
async fn whoever_comes_with_an_old_page_goes_on_from_there() {
    let app = stage().await;
    let mut browser = Browser::default();
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    browser.cookies.clear();
    let again = browser.log_in(&app, &page, PASSWORD).await.is(400);
    assert!(again.body.contains("Nothing was done") && again.body.contains("Orders &#60;app&#62;"));
    assert!(!again.body.contains("value=\" ADA") && !again.body.contains(PASSWORD));
    // The page that comes instead leads to where the first one led.
    let answer = browser.log_in(&app, &again, PASSWORD).await.is(303);
    assert!(answer.header("location").starts_with("/authorize?"), "{:?}", answer.headers);
    // A form of the account page from a log-in that has ended changes nothing and says so.
    let account = browser.get(&app, "/account").await.is(200);
    let form = crate::factors::form(&account, "/logout");
    browser.fill(&app, &form, &[]).await.is(200);
    let page = browser.get(&app, "/account").await.is(200);
    browser.log_in(&app, &page, PASSWORD).await.is(303);
    let old = crate::factors::form(&account, "/account/password");
    let fields = [("old", PASSWORD), ("new", "another password"), ("again", "another password")];
    let answer = browser.fill(&app, &old, &fields).await.is(400);
    assert!(answer.body.contains("Your account</h1>") && answer.body.contains("Nothing was done"));
    for path in ["/login", "/login/code", "/login/passkey"] {
        assert_eq!(browser.get(&app, path).await.is(303).header("location"), "/account");
    }
}

#[tokio::test]
async fn a_code_is_for_one_client_one_verifier_and_one_time() {
    let app = stage().await;
    let code = Browser::default().code(&app, &[]).await;
    for (change, expected) in [
        (("code_verifier", "a-wrong-verifier-that-is-long-enough-to-be-one-000"), "code-refused"),
        (("code_verifier", ""), "code-refused"),
        (("redirect_uri", "https://app.example/"), "code-redirect"),
        (("code", "made-up"), "code-refused"),
    ] {
        is_refused(redeem(&app, &code, &[change]).await, expected);
    }
    // OAuth 2.1 has no `redirect_uri` here any more; a `resource` is the one that was granted (RFC 8707 §2.2).
    let refused = redeem(&app, &code, &[("resource", "https://other.example")]).await.is(400);
    assert_eq!(text(&refused.json(), "error"), "invalid_target");
    let slash = format!("{API}/");
    let lean = [("redirect_uri", ""), ("resource", slash.as_str())];
    let tokens = redeem(&app, &code, &lean).await.is(200).json();
    assert_eq!(claims(&text(&tokens, "access_token"))["aud"], API);
    // Somebody without the verifier ends nothing; its owner's second time shows a leak, and does.
    is_refused(redeem(&app, &code, &[("code_verifier", "")]).await, "code-refused");
    let tokens = refresh(&app, &text(&tokens, "refresh_token")).await.is(200).json();
    is_refused(redeem(&app, &code, &[]).await, "code-replayed");
    // What is told is what happened: no refresh token was used twice.
    is_refused(refresh(&app, &text(&tokens, "refresh_token")).await, "code-replayed");

    let code = Browser::default().code(&app, &[]).await;
    app.clock.advance(61);
    is_refused(redeem(&app, &code, &[]).await, "code-refused");
}

#[tokio::test]
async fn of_many_redemptions_at_once_one_succeeds() {
    let app = stage().await;
    let code = Browser::default().code(&app, &[]).await;
    let all = (0..16).map(|_| redeem(&app, &code, &[]));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn many_refreshes_at_once_get_one_answer() {
    let app = stage().await;
    let token = text(&granted(&app).await, "refresh_token");
    let answers = futures_util::future::join_all((0..64).map(|_| refresh(&app, &token))).await;
    let first = answers[0].body.clone();
    assert!(
        answers.iter().all(|answer| answer.status == 200 && answer.body == first),
        "{answers:?}"
    );
    // One step: the one before still gets that answer, and the successor is good.
    app.clock.advance(59);
    assert_eq!(refresh(&app, &token).await.is(200).body, first);
    let successor = text(&serde_json::from_str(&first).unwrap(), "refresh_token");
    refresh(&app, &successor).await.is(200);
}

#[tokio::test]
async fn the_window_closes_with_the_successor_s_use_and_with_time() {
    let app = stage().await;
    let first = text(&granted(&app).await, "refresh_token");
    let second = text(&refresh(&app, &first).await.is(200).json(), "refresh_token");
    // A different request is refused and ends nothing.
    is_refused(refresh_with(&app, &first, &[("scope", "openid")]).await, "refresh-superseded");
    let third = text(&refresh(&app, &second).await.is(200).json(), "refresh_token");
    is_refused(refresh(&app, &first).await, "refresh-reused");
    is_refused(refresh(&app, &third).await, "refresh-reused");

    let first = text(&granted(&app).await, "refresh_token");
    let second = text(&refresh(&app, &first).await.is(200).json(), "refresh_token");
    app.clock.advance(61);
    is_refused(refresh(&app, &first).await, "refresh-reused");
    is_refused(refresh(&app, &second).await, "refresh-reused");
}

#[tokio::test]
async fn a_client_has_a_window_of_its_own() {
    let app = stage().await;
    let set = async |seconds: Value| {
        let change = json!({ "refresh_replay_seconds": seconds });
        app.admin("PATCH", "/clients/app", Some(change)).await
    };
    let after = async |pause: i64| {
        let first = text(&granted(&app).await, "refresh_token");
        refresh(&app, &first).await.is(200);
        app.clock.advance(pause);
        refresh(&app, &first).await
    };
    set(json!(120)).await.is(200);
    after(120).await.is(200);
    is_refused(after(121).await, "refresh-reused");
    set(json!(0)).await.is(200);
    after(0).await.is(200);
    is_refused(after(1).await, "refresh-reused");
    assert_eq!(set(Value::Null).await.is(200).json()["refresh_replay_seconds"], Value::Null);
    after(60).await.is(200);
    is_refused(after(61).await, "refresh-reused");
    set(json!(121)).await.is(422);
    set(json!(-1)).await.is(400);
}

#[tokio::test]
async fn only_its_client_can_use_or_end_a_family() {
    let app = stage().await;
    let tokens = granted(&app).await;
    let token = text(&tokens, "refresh_token");
    let other = json!({
        "client_id": "other", "auth_method": "none", "redirect_uris": ["https://other.example/cb"],
        "scopes": ["openid"],
    });
    app.admin("POST", "/clients", Some(other)).await.is(201);
    let by_other =
        [("grant_type", "refresh_token"), ("client_id", "other"), ("refresh_token", &token)];
    is_refused(app.post("/token", &query(&by_other)).await, "refresh-foreign");
    app.post("/revoke", &query(&[("client_id", "other"), ("token", &token)])).await.is(200);
    let widened = refresh_with(&app, &token, &[("scope", "openid orders:write")]).await.is(400);
    assert_eq!(text(&widened.json(), "error"), "invalid_scope");
    for resources in [&["https://other.example"][..], &[API, "https://other.example"]] {
        let asked: Vec<(&str, &str)> = resources.iter().map(|uri| ("resource", *uri)).collect();
        let refused = refresh_with(&app, &token, &asked).await.is(400).json();
        assert_eq!(text(&refused, "error"), "invalid_target", "{refused}");
    }
    let twice = [("scope", "openid"), ("resource", API), ("resource", API)];
    let narrow = refresh_with(&app, &token, &twice).await.is(200).json();
    assert_eq!(text(&narrow, "scope"), "openid");
    // A scope of blanks is none that was named.
    let whole = refresh_with(&app, &text(&narrow, "refresh_token"), &[("scope", " ")]).await;
    let whole = whole.is(200).json();
    assert_eq!(text(&whole, "scope"), "openid orders:read");
    // Its own client ends it, with every access token that it gave.
    let token = text(&whole, "refresh_token");
    app.post("/revoke", &query(&[("client_id", "app"), ("token", &token)])).await.is(200);
    is_refused(refresh(&app, &token).await, "token-revoked");
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    for given in [&tokens, &narrow, &whole] {
        let grant = &claims(&text(given, "access_token"))["grant_id"];
        let revoked = list["items"].as_array().unwrap();
        assert!(
            revoked.iter().any(|one| one["kind"] == "grant" && &one["value"] == grant),
            "{list}"
        );
    }
    let other = if token.ends_with('x') { 'y' } else { 'x' };
    let damaged = format!("{}{other}", &token[..token.len() - 1]);
    is_refused(refresh(&app, &damaged).await, "refresh-unknown");
}

#[tokio::test]
async fn a_restart_and_a_clock_that_jumps_accuse_nobody() {
    let app = stage().await;
    let first = text(&granted(&app).await, "refresh_token");
    let answer = refresh(&app, &first).await.is(200).body;
    let app = app.restart().await;
    // The answer was lost with the process; it is given again.
    assert_eq!(refresh(&app, &first).await.is(200).body, answer);
    app.clock.advance(-7200);
    assert_eq!(refresh(&app, &first).await.is(200).body, answer);
    let second = text(&serde_json::from_str(&answer).unwrap(), "refresh_token");
    let third = text(&refresh(&app, &second).await.is(200).json(), "refresh_token");
    app.clock.advance(15 * 86_400);
    is_refused(refresh(&app, &third).await, "refresh-expired");
}

#[tokio::test]
async fn a_client_that_proves_itself_keeps_its_token() {
    let app = stage().await;
    let client = json!({
        "client_id": "web", "redirect_uris": ["https://web.example/cb"], "first_party": true,
        "scopes": ["openid", "orders:read"], "resources": [API],
    });
    let made = app.admin("POST", "/clients", Some(client)).await.is(201).json();
    let secret = text(&made, "client_secret");
    let mut browser = Browser::default();
    let asked = request(&[("client_id", "web"), ("redirect_uri", "https://web.example/cb")]);
    let page = browser.get(&app, &format!("/authorize?{asked}")).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    // The operator's own: nobody is asked for consent.
    let answer = browser.get(&app, answer.header("location")).await.is(303);
    let code = parameter(&answer, "code").unwrap();
    let form = query(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "https://web.example/cb"),
        ("code_verifier", VERIFIER),
    ]);
    let unproven = app.post("/token", &format!("{form}&client_id=web")).await.is(401);
    assert_eq!(text(&unproven.json(), "error"), "invalid_client");
    let tokens = app.post_as("/token", "web", &secret, &form).await.is(200).json();
    let token = text(&tokens, "refresh_token");
    let form = query(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
    for _ in 0..3 {
        app.clock.advance(3600);
        let again = app.post_as("/token", "web", &secret, &form).await.is(200).json();
        assert_eq!(text(&again, "refresh_token"), token);
    }
    let machine = "grant_type=client_credentials";
    let refused = app.post_as("/token", "web", &secret, machine).await.is(400).json();
    assert_eq!(text(&refused, "error"), "unauthorized_client");
}

#[tokio::test]
async fn logging_out_ends_everything_that_hangs_on_it() {
    let app = stage().await;
    let mut browser = Browser::default();
    let code = browser.code(&app, &[]).await;
    let tokens = redeem(&app, &code, &[]).await.is(200).json();
    let page = browser.get(&app, "/logout").await.is(200);
    browser.get(&app, &format!("/authorize?{}", request(&[("prompt", "none")]))).await.is(303);
    browser.fill(&app, &page, &[]).await.is(200);
    is_refused(refresh(&app, &text(&tokens, "refresh_token")).await, "session-ended");
    let sid = &claims(&text(&tokens, "access_token"))["sid"];
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    let revoked = list["items"].as_array().unwrap();
    assert!(revoked.iter().any(|one| one["kind"] == "session" && &one["value"] == sid), "{list}");
    browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    // Removing the account ends the rest.
    let users = app.admin("GET", "/users", None).await.is(200).json();
    let token = text(&granted(&app).await, "refresh_token");
    let id = text(&users["items"][0], "id");
    app.admin("DELETE", &format!("/users/{id}"), None).await.is(204);
    is_refused(refresh(&app, &token).await, "refresh-unknown");
}

/// A subject, a client, a session, everything: each ends grants and log-ins as far as it reaches, and a code
/// that was not redeemed yet.
#[tokio::test]
async fn whatever_is_revoked_is_not_refreshed_either() {
    let app = stage().await;
    for kind in ["subject", "client", "session", "all"] {
        app.clock.advance(10);
        let mut browser = Browser::default();
        let code = browser.code(&app, &[]).await;
        let waiting = code_of(&browser.get(&app, &format!("/authorize?{}", request(&[]))).await);
        let tokens = redeem(&app, &code, &[]).await.is(200).json();
        let access = claims(&text(&tokens, "access_token"));
        let value = match kind {
            "subject" => &access["sub"],
            "client" => &access["client_id"],
            "session" => &access["sid"],
            _ => &Value::Null,
        };
        // An instant before the log-in touches nothing of it.
        if kind != "session" {
            let before =
                json!({"kind": kind, "value": value, "until": access["iat"].as_i64().unwrap() - 1});
            let before = without_null(before);
            app.admin("POST", "/revocations", Some(before)).await.is(201);
            refresh(&app, &text(&tokens, "refresh_token")).await.is(200);
        }
        let body = without_null(json!({"kind": kind, "value": value}));
        app.admin("POST", "/revocations", Some(body)).await.is(201);
        let expected = match kind {
            "subject" => "subject-revoked",
            "client" => "client-revoked",
            "session" => "session-ended",
            _ => "token-revoked",
        };
        is_refused(refresh(&app, &text(&tokens, "refresh_token")).await, expected);
        is_refused(redeem(&app, &waiting, &[]).await, "code-refused");
        // The log-in is over, too, unless it was the client only.
        let silent = request(&[("prompt", "none")]);
        let answer = browser.get(&app, &format!("/authorize?{silent}")).await.is(303);
        let logged_out = parameter(&answer, "error").as_deref() == Some("login_required");
        assert_eq!(logged_out, kind != "client", "{kind}");
    }
}

fn without_null(mut body: Value) -> Value {
    if body["value"].is_null() {
        body.as_object_mut().unwrap().remove("value");
    }
    body
}

/// A code that is brought twice takes back what it gave even where the client has no refresh token.
#[tokio::test]
async fn a_replayed_code_takes_back_the_token_of_a_client_that_does_not_refresh() {
    let app = stage().await;
    let grants = json!({"grants": ["authorization_code"]});
    app.admin("PATCH", "/clients/app", Some(grants)).await.is(200);
    let code = Browser::default().code(&app, &[]).await;
    let tokens = redeem(&app, &code, &[]).await.is(200).json();
    assert!(tokens["refresh_token"].is_null());
    is_refused(redeem(&app, &code, &[]).await, "code-replayed");
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    let grant = &claims(&text(&tokens, "access_token"))["grant_id"];
    assert_eq!(&list["items"][0]["value"], grant, "{list}");
}

/// Another client under the name of a removed one inherits nobody's consent and no grant.
#[tokio::test]
async fn a_client_made_again_under_an_old_name_starts_with_nothing() {
    let app = stage().await;
    let token = text(&granted(&app).await, "refresh_token");
    app.admin("DELETE", "/clients/app", None).await.is(204);
    let client = json!({
        "client_id": "app", "auth_method": "none", "redirect_uris": [REDIRECT],
        "scopes": ["openid", "orders:read"], "resources": [API],
    });
    app.admin("POST", "/clients", Some(client)).await.is(201);
    is_refused(refresh(&app, &token).await, "refresh-unknown");
    let mut browser = Browser::default();
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    browser.get(&app, answer.header("location")).await.is(200);
}

/// What the operator takes from a client, or takes away altogether, no grant of before goes on giving.
#[tokio::test]
async fn what_a_client_has_lost_is_not_refreshed() {
    let app = stage().await;
    let mut browser = Browser::default();
    let code = browser.code(&app, &[]).await;
    let mut token = text(&redeem(&app, &code, &[]).await.is(200).json(), "refresh_token");
    let change = async |path: &str, body: Value| {
        app.admin("PATCH", path, Some(body)).await.is(200);
        app.clock.advance(120);
    };
    let api = format!("/resources/{}", crate::app::encoded(API));
    for (path, less, whole) in [
        ("/clients/app", json!(["openid"]), json!(["openid", "orders:read"])),
        (&*api, json!([]), json!(["orders:read"])),
    ] {
        change(path, json!({ "scopes": less })).await;
        let answer = refresh(&app, &token).await.is(200).json();
        assert_eq!(answer["scope"], "openid", "{path}");
        assert_eq!(claims(&text(&answer, "access_token"))["scope"], "openid", "{path}");
        let fresh = text(&answer, "refresh_token");
        let refused = refresh_with(&app, &fresh, &[("scope", "orders:read")]).await.is(400);
        assert_eq!(refused.json()["error"], "invalid_scope", "{path}");
        change(path, json!({ "scopes": whole })).await;
        let answer = refresh(&app, &fresh).await.is(200).json();
        assert_eq!(answer["scope"], "openid orders:read", "{path}");
        token = text(&answer, "refresh_token");
    }
    change("/clients/app", json!({ "resources": [] })).await;
    let refused = refresh(&app, &token).await.is(400).json();
    assert_eq!(text(&refused, "error"), "invalid_target");
    change("/clients/app", json!({ "resources": [API] })).await;
    let answer = refresh(&app, &token).await.is(200).json();
    let code = browser.code_silently(&app).await;
    app.admin("DELETE", &api, None).await.is(204);
    for answer in
        [refresh(&app, &text(&answer, "refresh_token")).await, redeem(&app, &code, &[]).await]
    {
        assert_eq!(text(&answer.is(400).json(), "error"), "invalid_target");
    }
}

/// How long a grant lasts unused, and at all, is told with each answer.
#[tokio::test]
async fn both_ends_of_a_grant_are_told() {
    let app = stage().await;
    let tokens = &app.config.tokens;
    let (idle, whole) = (tokens.refresh_idle_seconds, tokens.refresh_ttl_seconds);
    assert!(idle < whole);
    let given = granted(&app).await;
    assert_eq!(given["refresh_token_expires_in"], idle);
    assert_eq!(given["authorization_expires_in"], whole);
    app.clock.advance(1000);
    let again = refresh(&app, &text(&given, "refresh_token")).await.is(200).json();
    assert_eq!(again["refresh_token_expires_in"], idle);
    assert_eq!(again["authorization_expires_in"], whole - 1000);
}
