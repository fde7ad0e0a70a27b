//! Mistakes that other servers made, one promise each. `docs/security-checklist.md` names the advisories.

use claviger_token::base64url;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::app::{Answer, App};
use crate::people::{
    API, Browser, PASSWORD, REDIRECT, VERIFIER, parameter, query, redeem, request, stage, text,
};

/// What others took for `https://app.example/cb`: by prefix, by pattern, by decoding, by resolving dots, by
/// folding case, by reading as a browser does.
const ADDRESSES: [&str; 56] = [
    "https://app.example/cb/",
    "https://app.example/cb?",
    "https://app.example/cb?x=1",
    "https://app.example/cb#",
    "https://app.example/cb#x",
    "https://app.example/cb%23x",
    "https://app.example/cb/..",
    "https://app.example/cb/../cb",
    "https://app.example/x/../cb",
    "https://app.example/./cb",
    "https://app.example/%2e/cb",
    "https://app.example/%63b",
    "https://app.example/cb%2f",
    "https://app.example/cb%00",
    "https://app.example/cb%0d%0aLocation:%20https://evil.example",
    "https://app.example/cb\r\nX: y",
    "https://app.example/cb\n",
    "https://app.example/cb\t",
    " https://app.example/cb",
    "https://app.example/cb ",
    "https://app.example//cb",
    "https:///app.example/cb",
    "https:/app.example/cb",
    "https:app.example/cb",
    "//app.example/cb",
    "/cb",
    "cb",
    "http://app.example/cb",
    "HTTPS://app.example/cb",
    "https://APP.example/cb",
    "https://app.example/CB",
    "https://app.example:443/cb",
    "https://app.example:8443/cb",
    "https://app.example./cb",
    "https://app.example.evil.example/cb",
    "https://app-example/cb",
    "https://appxexample/cb",
    "https://evil.example/https://app.example/cb",
    "https://evil.example/?https://app.example/cb",
    "https://evil.example#https://app.example/cb",
    "https://evil.example\\@app.example/cb",
    "https://app.example\\@evil.example/cb",
    "https://app.example\\.evil.example/cb",
    "https://app.example@evil.example/cb",
    "https://app.example:x@evil.example/cb",
    "https://app.example%40evil.example/cb",
    "https://app.example%2eevil.example/cb",
    "https://app.example;evil.example/cb",
    "https://app.example,evil.example/cb",
    "https://app.example/cb,https://evil.example",
    "https://[::1]@app.example/cb",
    "https://аpp.example/cb",
    "https://app。example/cb",
    "javascript://app.example/cb%0aalert(1)",
    "data:text/html,https://app.example/cb",
    "vbscript:https://app.example/cb",
];

#[tokio::test]
async fn no_spelling_of_an_address_is_the_registered_one() {
    let app = stage().await;
    let mut browser = Browser::default();
    for uri in ADDRESSES {
        let asked = request(&[("redirect_uri", uri)]);
        let answer = browser.get(&app, &format!("/authorize?{asked}")).await;
        assert_eq!(answer.status.as_u16(), 400, "{uri}: {}", answer.header("location"));
        assert_eq!(answer.header("location"), "", "{uri}");
    }
}

/// RFC 8252 §7.3 frees the port of a loopback address and nothing else of it.
#[tokio::test]
async fn of_a_loopback_address_only_the_port_is_free() {
    let app = stage().await;
    let native = json!({
        "client_id": "native", "auth_method": "none", "scopes": ["openid"],
        "redirect_uris": ["http://127.0.0.1/cb"],
    });
    app.admin("POST", "/clients", Some(native)).await.is(201);
    let mut browser = Browser::default();
    let mut ask = async |uri: &str| {
        let changes = [("client_id", "native"), ("redirect_uri", uri), ("scope", "openid")];
        browser.get(&app, &format!("/authorize?{}", request(&changes))).await.status.as_u16()
    };
    assert_eq!(ask("http://127.0.0.1:49152/cb").await, 200);
    for uri in [
        "http://127.0.0.1:49152/cb/",
        "http://127.0.0.1:49152/CB",
        "http://127.0.0.1:49152/cb?x",
        "http://127.0.0.2:49152/cb",
        "http://localhost:49152/cb",
        "http://127.1:49152/cb",
        "http://2130706433/cb",
        "http://[::ffff:127.0.0.1]:49152/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "https://127.0.0.1:49152/cb",
    ] {
        assert_eq!(ask(uri).await, 400, "{uri}");
    }
}

#[tokio::test]
async fn no_dangerous_address_can_be_registered() {
    let app = App::start().await;
    for uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "http://app.example/cb",
        "https://app.example/*",
        "https://*.example/cb",
        "https://app.example/cb#x",
        "https://user@app.example/cb",
        "https://app.example\\@evil.example/",
        "//app.example/cb",
        "app:/cb",
        "https://app.example/cb\u{0}",
    ] {
        let draft = json!({"client_id": "x", "auth_method": "none", "redirect_uris": [uri]});
        let answer = app.admin("POST", "/clients", Some(draft)).await.is(422).json();
        assert!(text(&answer, "detail").starts_with("redirect_uris"), "{uri}: {answer}");
    }
}

/// A challenge that is missing, plain, empty or there twice is no way around PKCE.
#[tokio::test]
async fn pkce_cannot_be_talked_down() {
    let app = stage().await;
    let mut browser = Browser::default();
    // A client with a secret is no exception (RFC 9700 §2.1.1).
    let confidential = json!({
        "client_id": "web", "redirect_uris": [REDIRECT], "scopes": ["openid", "orders:read"], "resources": [API],
    });
    app.admin("POST", "/clients", Some(confidential)).await.is(201);
    for change in [
        &[("code_challenge", "")][..],
        &[("code_challenge_method", "plain")],
        &[("code_challenge_method", "")],
        &[("code_challenge_method", "s256")],
        &[("code_challenge", ""), ("code_challenge_method", "")],
    ] {
        for client in ["app", "web"] {
            let asked = request(&[change, &[("client_id", client)]].concat());
            let answer = browser.get(&app, &format!("/authorize?{asked}")).await.is(303);
            let error = parameter(&answer, "error");
            assert_eq!(error.as_deref(), Some("invalid_request"), "{client} {change:?}");
        }
    }
    let twice = format!("{}&code_challenge={}", request(&[]), "a".repeat(43));
    browser.get(&app, &format!("/authorize?{twice}")).await.is(400);
    let code = browser.code(&app, &[]).await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for verifier in ["", challenge, "short"] {
        let answer = redeem(&app, &code, &[("code_verifier", verifier)]).await.is(400).json();
        assert_eq!(text(&answer, "error"), "invalid_grant", "{verifier}");
    }
    redeem(&app, &code, &[]).await.is(200);
}

#[tokio::test]
async fn of_a_hundred_redemptions_at_once_one_succeeds_and_the_leak_ends_it() {
    let app = stage().await;
    let code = Browser::default().code(&app, &[]).await;
    let answers = join_all((0..100).map(|_| redeem(&app, &code, &[]))).await;
    let good: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(good.len(), 1);
    let token = text(&good[0].json(), "refresh_token");
    let form = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", &token)];
    app.post("/token", &query(&form)).await.is(400);
}

/// A code of one client in another's hands, with the right verifier and address, gives nothing.
#[tokio::test]
async fn a_code_is_bound_to_its_client() {
    let app = stage().await;
    let other = json!({
        "client_id": "other", "auth_method": "none", "redirect_uris": [REDIRECT],
        "scopes": ["openid", "orders:read"], "resources": [API],
    });
    app.admin("POST", "/clients", Some(other)).await.is(201);
    let code = Browser::default().code(&app, &[]).await;
    let refused = redeem(&app, &code, &[("client_id", "other")]).await.is(400).json();
    assert_eq!(text(&refused, "error"), "invalid_grant");
    redeem(&app, &code, &[("code_verifier", VERIFIER)]).await.is(200);
}

/// The header names one client and the body another: nobody is taken for either.
#[tokio::test]
async fn two_names_for_one_client_are_refused() {
    let app = stage().await;
    let example = app.bootstrap.example.as_ref().unwrap();
    let (id, secret) = (example.client_id.as_str(), example.client_secret.expose());
    for path in ["/token", "/introspect", "/revoke"] {
        let form = "grant_type=client_credentials&client_id=app&token=x";
        let answer = app.post_as(path, id, secret, form).await;
        assert!([400, 401].contains(&answer.status.as_u16()), "{path}: {}", answer.body);
        assert!(!answer.body.contains("access_token") && !answer.body.contains("\"active\":true"));
    }
}

/// No parameter twice at any endpoint (RFC 6749 §3.1, §3.2), and no member twice in JSON.
#[tokio::test]
async fn nothing_stands_twice() {
    let app = stage().await;
    let mut browser = Browser::default();
    let once = request(&[]);
    for (name, value) in url::form_urlencoded::parse(once.as_bytes()) {
        let again = format!("{once}&{}", query(&[(&name, &value)]));
        let answer = browser.get(&app, &format!("/authorize?{again}")).await;
        assert_eq!(answer.status.as_u16(), 400, "{name} twice");
    }
    let form = [("grant_type", "refresh_token"), ("client_id", "app"), ("refresh_token", "x")];
    for (name, value) in form {
        let twice = format!("{}&{}", query(&form), query(&[(name, value)]));
        let answer = app.post("/token", &twice).await.is(400).json();
        assert_eq!(text(&answer, "error"), "invalid_request", "{name}");
    }
    let token = app.bootstrap.admin_token.expose();
    let body = r#"{"client_id":"twice","client_id":"other"}"#;
    let request = http::Request::post("/admin/v1/clients")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body))
        .unwrap();
    assert!(app.send(request).await.status.is_client_error());
}

/// What a request says is text on every page, whatever parameter it is in, and no page runs a script of it.
#[tokio::test]
async fn no_parameter_is_markup_on_a_page() {
    let app = stage().await;
    let mut browser = Browser::default();
    let mut pages = 0;
    let payloads = [
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "</textarea><svg/onload=alert(1)>",
        "javascript:alert(1)",
        "{{7*7}}",
        "\u{202e}<b>",
    ];
    let names = [
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "login_hint",
        "prompt",
        "max_age",
        "response_type",
        "response_mode",
        "code_challenge",
        "code_challenge_method",
        "resource",
        "request",
        "request_uri",
        "ui_locales",
        "acr_values",
        "id_token_hint",
        "made_up",
    ];
    let mut harmless = |answer: &Answer, what: &str| {
        if !answer.header("content-type").starts_with("text/html") {
            return;
        }
        pages += 1;
        for mark in ["<script>alert", "<img src=x", "<svg/onload", "href=\"javascript", "<b>"] {
            assert!(!answer.body.contains(mark), "{what}: {}", answer.body);
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    };
    for payload in payloads {
        for name in names {
            let asked = request(&[(name, payload)]);
            let answer = browser.get(&app, &format!("/authorize?{asked}")).await;
            harmless(&answer, &format!("{name}={payload}"));
            assert!(!answer.status.is_server_error(), "{name}: {}", answer.body);
        }
        let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
        let typed = [("username", payload), ("password", payload)];
        harmless(&browser.fill(&app, &page, &typed).await, payload);
        for path in
            ["/login", "/login/code", "/consent", "/logout", "/account", "/device", "/faults/", "/"]
        {
            let names = ["request", "proof", "state", "user_code", "done"];
            let asked = query(&names.map(|name| (name, payload)));
            harmless(&browser.get(&app, &format!("{path}?{asked}")).await, path);
            harmless(&browser.send(&app, "POST", path, Some(asked)).await, path);
        }
        for (path, names) in [
            ("/device", &["user_code"][..]),
            ("/account", &["done"]),
            ("/logout", &["post_logout_redirect_uri", "client_id", "id_token_hint", "ui_locales"]),
        ] {
            for name in names {
                let answer =
                    browser.get(&app, &format!("{path}?{}", query(&[(name, payload)]))).await;
                harmless(&answer, &format!("{path} {name}={payload}"));
                assert!(!answer.status.is_server_error(), "{path} {name}: {}", answer.body);
                let client = query(&[("client_id", "app"), (name, payload)]);
                harmless(&browser.get(&app, &format!("{path}?{client}")).await, path);
            }
        }
    }
    assert!(pages > 100, "{pages} pages were looked at");
}

/// Whoever plants a cookie of their own in a browser does not share the session that is made in it.
#[tokio::test]
async fn a_log_in_makes_a_session_of_its_own() {
    let app = stage().await;
    let mut browser = Browser::default();
    browser.code(&app, &[]).await;
    let session = |browser: &Browser| {
        let found = browser.cookies.iter().find(|(name, _)| name.ends_with("session"));
        found.map(|(_, value)| value.clone()).expect("a session")
    };
    let planted = session(&browser);
    let asked = request(&[("prompt", "login")]);
    let page = browser.get(&app, &format!("/authorize?{asked}")).await.is(200);
    browser.log_in(&app, &page, PASSWORD).await.is(303);
    assert_ne!(session(&browser), planted);
    let mut made_up = Browser::default();
    made_up.cookies.push(("claviger-session".to_owned(), base64url::encode([7; 32])));
    let silent = request(&[("prompt", "none")]);
    let answer = made_up.get(&app, &format!("/authorize?{silent}")).await.is(303);
    assert_eq!(parameter(&answer, "error").as_deref(), Some("login_required"));
}

/// The password is never posted on: every redirect is a 303 (RFC 9700 §4.12).
#[tokio::test]
async fn redirects_after_a_log_in_are_303() {
    let app = stage().await;
    let mut browser = Browser::default();
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    assert!(!answer.header("location").contains(PASSWORD));
    let page = browser.get(&app, answer.header("location")).await.is(200);
    browser.fill(&app, &page, &[("decision", "deny")]).await.is(303);
}

/// What a client says does not write the operator's log: line breaks and escapes stay inside their text.
#[tokio::test]
async fn nothing_that_is_sent_writes_a_line_of_the_journal() {
    let app = App::start().await;
    let forged = "x\r\n2026-11-23 INFO forged line \u{1b}[31m";
    let answer = app.post("/token", &query(&[("grant_type", forged)])).await.is(400).json();
    let said = answer.to_string();
    assert!(!said.contains('\u{1b}') && !said.contains("\\n") && !said.contains("\\r"), "{said}");
    let id = text(&answer, "diagnosis");
    let entry = crate::journal::entry(&app, &id).await;
    let no_break = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        assert!(!text.chars().any(char::is_control), "{text:?}");
    };
    entry.as_object().unwrap().values().for_each(no_break);
}

/// A client that is unknown costs what a wrong secret costs: the same work, the same words.
#[tokio::test]
async fn unknown_clients_and_users_cost_the_same_and_read_the_same() {
    let app = stage().await;
    let runs = async || -> u64 {
        let figures = app.get("/metrics").await.is(200).body;
        let line = figures.lines().find(|line| line.starts_with("claviger_argon2_runs"));
        line.and_then(|line| line.rsplit(' ').next()).unwrap().parse().unwrap()
    };
    let form = "grant_type=client_credentials";
    let mut said = Vec::new();
    for id in ["example-client", "nobody"] {
        let before = runs().await;
        let answer = app.post_as("/token", id, "clv_cs_wrong", form).await.is(401).json();
        assert_eq!(runs().await, before + 1, "{id}");
        let members = ["error", "error_description", "code", "fix"];
        said.push(members.map(|member| text(&answer, member)));
    }
    assert_eq!(said[0], said[1]);
    let mut pages = Vec::new();
    for name in ["ada", "nobody"] {
        let mut browser = Browser::default();
        let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
        let before = runs().await;
        let typed = [("username", name), ("password", "a wrong password")];
        let answer = browser.fill(&app, &page, &typed).await.is(403);
        assert_eq!(runs().await, before + 1, "{name}");
        let proof =
            |body: &str| body.split("name=\"proof\" value=\"").nth(1).unwrap()[..43].to_owned();
        pages.push(answer.body.replace(&proof(&answer.body), "").replace(name, ""));
    }
    assert_eq!(pages[0], pages[1]);
}

/// A client that has a secret is not believed by its name, whatever it asks for, and nothing of it is touched.
#[tokio::test]
async fn nothing_is_served_to_a_name_alone() {
    let app = stage().await;
    let web = json!({
        "client_id": "web", "redirect_uris": [REDIRECT], "first_party": true, "resources": [API],
        "scopes": ["openid", "orders:read"], "rotate_refresh_tokens": true,
        "grants": [
            "authorization_code", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
    });
    let made = app.admin("POST", "/clients", Some(web)).await.is(201).json();
    let secret = text(&made, "client_secret");
    let post = async |path: &str, form: &str| app.post_as(path, "web", &secret, form).await;
    let mut browser = Browser::default();
    let asked = format!("/authorize?{}", request(&[("client_id", "web")]));
    let page = browser.get(&app, &asked).await.is(200);
    browser.log_in(&app, &page, PASSWORD).await.is(303);
    let mut code = async || {
        let answer = browser.get(&app, &asked).await.is(303);
        parameter(&answer, "code").unwrap()
    };
    let redemption = |code: &str| {
        query(&[("grant_type", "authorization_code"), ("code", code), ("code_verifier", VERIFIER)])
    };
    let tokens = post("/token", &redemption(&code().await)).await.is(200).json();
    let (access, fresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let unused = redemption(&code().await);
    let device = post("/device_authorization", "scope=openid").await.is(200).json();
    let polls = query(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", &text(&device, "device_code")),
    ]);
    let exchanges = query(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", &access),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ]);
    let refreshes = query(&[("grant_type", "refresh_token"), ("refresh_token", &fresh)]);
    for (path, form) in [
        ("/token", "grant_type=client_credentials"),
        ("/token", &unused),
        ("/token", &refreshes),
        ("/token", &polls),
        ("/token", &exchanges),
        ("/revoke", &query(&[("token", &fresh)])),
        ("/revoke", &query(&[("token", &access)])),
        ("/introspect", &query(&[("token", &access)])),
        ("/par", &request(&[("client_id", "")]).replace("&client_id=", "")),
        ("/device_authorization", "scope=openid"),
    ] {
        let named = app.post(path, &format!("{form}&client_id=web")).await;
        let nobody = app.post(path, form).await;
        let wrong = app.post_as(path, "web", "clv_cs_wrong", form).await;
        let posted =
            app.post(path, &format!("{form}&client_id=web&client_secret=clv_cs_wrong")).await;
        let empty = app.post(path, &format!("{form}&client_id=web&client_secret=")).await;
        for answer in [named, nobody, wrong, posted, empty] {
            let answer = answer.is(401).json();
            assert_eq!(text(&answer, "error"), "invalid_client", "{path} {form}");
        }
    }
    let polled = post("/token", &polls).await.is(400).json();
    assert_eq!(text(&polled, "error"), "authorization_pending");
    post("/token", &unused).await.is(200);
    post("/token", &exchanges).await.is(200);
    post("/token", &refreshes).await.is(200);
}

/// A database that fails is said to fail, by every endpoint: no grant is called bad and no token dead.
#[tokio::test]
async fn a_store_that_is_gone_costs_nobody_their_grant() {
    let app = stage().await;
    let client = json!({ "grants": [
        "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
    ]});
    app.admin("PATCH", "/clients/app", Some(client)).await.is(200);
    let mut browser = Browser::default();
    let code = browser.code(&app, &[]).await;
    let tokens = redeem(&app, &code, &[]).await.is(200).json();
    let code = browser.code_silently(&app).await;
    let device = app.post("/device_authorization", "client_id=app").await.is(200).json();
    let asked = format!("/authorize?{}", request(&[]));
    let (access, fresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let App { authority, router, .. } = app;
    authority.close().await;
    let ask = async |method: &str, path: &str, bearer: &str, form: &[(&str, &str)]| {
        let cookies: Vec<String> =
            browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "));
        if !bearer.is_empty() {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let body = axum::body::Body::from(query(form));
        crate::app::send(&router, request.body(body).unwrap()).await
    };
    let app = ("client_id", "app");
    let device = text(&device, "device_code");
    let polling = "urn:ietf:params:oauth:grant-type:device_code";
    let pushing: Vec<(String, String)> =
        url::form_urlencoded::parse(request(&[]).as_bytes()).into_owned().collect();
    let pushing: Vec<_> = pushing.iter().map(|(name, value)| (&**name, &**value)).collect();
    for (method, path, bearer, form) in [
        (
            "POST",
            "/token",
            "",
            &[
                app,
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("code_verifier", VERIFIER),
            ][..],
        ),
        ("POST", "/token", "", &[app, ("grant_type", "refresh_token"), ("refresh_token", &fresh)]),
        ("POST", "/token", "", &[app, ("grant_type", polling), ("device_code", &device)]),
        ("POST", "/revoke", "", &[app, ("token", &fresh)]),
        ("POST", "/revoke", "", &[app, ("token", &access)]),
        ("POST", "/par", "", &pushing),
        ("POST", "/device_authorization", "", &[app]),
        ("GET", "/userinfo", &access, &[]),
        ("GET", &asked, "", &[]),
        ("GET", "/account", "", &[]),
        ("GET", "/logout", "", &[]),
        ("GET", "/status-lists/1", "", &[]),
    ] {
        let answer = ask(method, path, bearer, form).await.is(503);
        assert!(!answer.header("retry-after").is_empty(), "{path} {form:?}");
        assert!(!answer.body.contains("invalid_"), "{path}: {}", answer.body);
        assert_eq!(answer.header("location"), "", "{path}");
    }
}
