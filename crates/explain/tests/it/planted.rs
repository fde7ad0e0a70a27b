//! Faults planted into good tokens, in more variants than the cases hold: each must come back first, and
//! proven where a proof is possible.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use claviger_explain::{Certainty, Surroundings, explain};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, mint_with, seal, with};
use claviger_token::{Algorithm, Policy, Verdict, base64url};
use serde_json::{Value, json};

use crate::stage::{
    AUDIENCE, ISSUER, NOW, PUBLIC, claims, key_set, policy, said, surroundings, surroundings_for,
    token, token_with,
};

/// One of each family, and the longest.
const SOME: &[Algorithm] =
    &[Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps384, Algorithm::Hs256];

/// The first fault, and its certainty.
#[track_caller]
fn expect(what: &str, input: &[u8], surroundings: &Surroundings, code: &str, proven: bool) {
    let report = explain(input, surroundings);
    let first = report.first().unwrap_or_else(|| panic!("{what}: no fault: {}", said(&report)));
    assert_eq!(first.fault.code.as_str(), code, "{what}: {}", said(&report));
    let detail = first.fault.detail();
    assert!(!detail.contains('?'), "{what}: the sentence misses evidence: {detail}");
    if proven {
        assert_eq!(first.certainty, Certainty::Proven, "{what}: {}", said(&report));
    }
    assert_eq!(report.verdict, Verdict::Refused, "{what}");
}

#[track_caller]
fn only(what: &str, input: &[u8], surroundings: &Surroundings, code: &str) {
    expect(what, input, surroundings, code, true);
    let report = explain(input, surroundings);
    assert_eq!(report.faults.len(), 1, "{what}: {}", said(&report));
}

#[track_caller]
fn good(what: &str, input: &[u8], surroundings: &Surroundings) {
    let report = explain(input, surroundings);
    assert_eq!(report.verdict, Verdict::Accepted, "{what}: {}", said(&report));
    assert!(report.faults.is_empty(), "{what}: {}", said(&report));
}

#[test]
fn good_tokens_are_good_however_they_come() {
    for algorithm in
        PUBLIC.iter().chain([Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512].iter())
    {
        let context = surroundings(*algorithm);
        let t = token(*algorithm);
        let har = json!({"log": {"version": "1.2", "entries": [
            {"request": {"method": "GET", "url": "https://api.example.test/", "headers": [
                {"name": "authorization", "value": format!("Bearer {t}")}]},
             "response": {"status": 401}}]}});
        for (what, input) in [
            ("bare", t.clone()),
            ("with a line end", format!("{t}\n")),
            ("with a Windows line end", format!("{t}\r\n")),
            ("value", format!("Bearer {t}")),
            ("value in lower case", format!("bearer {t}\n")),
            ("header", format!("Authorization: Bearer {t}")),
            ("header in upper case", format!("AUTHORIZATION: BEARER {t}\r\n")),
            ("header without a blank", format!("authorization:Bearer {t}")),
            ("headers", format!("Host: api.example.test\r\nAuthorization: Bearer {t}\r\nAccept: */*\r\n")),
            ("request", format!("GET / HTTP/1.1\r\nHost: a\r\nAuthorization:   Bearer {t}  \r\n\r\n")),
            ("request with a body", format!("POST / HTTP/1.1\nHost: a\nAuthorization: Bearer {t}\n\n{{\"a\":1}}")),
            ("request with a DPoP-less cookie", format!("GET / HTTP/2\nCookie: s=1\nAuthorization: Bearer {t}\n\n")),
            ("trace", format!("* Connected\n> GET / HTTP/1.1\n> Authorization: Bearer {t}\n> \n< HTTP/1.1 401 Unauthorized\n")),
            ("curl", format!("curl -H 'Authorization: Bearer {t}' https://api.example.test/")),
            ("curl with double quotes", format!("curl -sS -X POST \\\n  -H \"Authorization: Bearer {t}\" \\\n  -d '{{}}' https://api.example.test/")),
            ("curl of a browser", format!("curl 'https://api.example.test/' \\\n  -H 'accept: */*' \\\n  -H $'authorization: Bearer {t}' \\\n  --compressed")),
            ("curl of a browser, cmd", format!("curl ^\"https://api.example.test/^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  -H ^\"authorization: Bearer {t}^\"")),
            ("curl with its own option", format!("curl --oauth2-bearer {t} https://api.example.test/")),
            ("har", har.to_string()),
            ("har, indented", serde_json::to_string_pretty(&har).unwrap()),
            ("response", json!({"access_token": t, "token_type": "Bearer", "expires_in": 300}).to_string()),
            ("response, indented", serde_json::to_string_pretty(&json!({"token_type": "Bearer", "access_token": t, "id_token": "x"})).unwrap()),
            ("log line", format!("2026-11-18T10:26:40Z WARN gw 401 GET /orders authorization=\"Bearer {t}\" ua=curl/8")),
            ("log line, JSON", json!({"level": "warn", "req": {"headers": {"authorization": format!("Bearer {t}")}}}).to_string()),
            ("log line of nginx", format!("[error] 7#7: *1 Authorization: Bearer {t}, client: 10.0.0.1, server: api")),
            ("prose", format!("Hello, my token is {t} and it does not work. Thanks, Ada")),
            ("prose with a full stop", format!("The token I get is {t}.")),
            ("prose in backticks", format!("I send `{t}` to the API")),
            ("code", format!("fetch('/orders', {{ headers: {{ 'Authorization': 'Bearer {t}' }} }})")),
            ("python", format!("requests.get(url, headers={{\"Authorization\": \"Bearer {t}\"}})")),
        ] {
            good(&format!("{algorithm} {what}"), input.as_bytes(), &context);
        }
        let utf16: Vec<u8> = format!("\u{FEFF}GET / HTTP/1.1\r\nAuthorization: Bearer {t}\r\n\r\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        good("a request in UTF-16", &utf16, &context);
    }
}

#[test]
fn what_a_token_is_wrapped_in_is_found_and_proven() {
    for algorithm in SOME {
        let context = surroundings(*algorithm);
        let t = token(*algorithm);
        let old = token_with(*algorithm, &json!({"iat": NOW - 900, "exp": NOW - 600}));
        let middle = t.len() / 3;
        let wrap = |width: usize| -> String {
            t.as_bytes()
                .chunks(width)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let insert = |what: &str| format!("{}{what}{}", &t[..middle], &t[middle..]);
        let mut all: Vec<(String, &str)> = vec![
            (format!("Authorization: {t}"), "scheme-missing"),
            (format!("Authorization: Token {t}"), "scheme-wrong"),
            (format!("Authorization: JWT {t}"), "scheme-wrong"),
            (format!("Authorization: Basic {t}"), "scheme-wrong"),
            (
                format!("Authorization: Basic {}", STANDARD.encode(format!("api:{t}"))),
                "scheme-wrong",
            ),
            (format!("Authorization: OAuth {t}"), "scheme-wrong"),
            (format!("Authorization: Digest {t}"), "scheme-wrong"),
            (format!("Authorization: BearerToken {t}"), "scheme-wrong"),
            (format!("Authorization: Baerer {t}"), "scheme-wrong"),
            (format!("Authorization: ApiKey {t}"), "scheme-wrong"),
            (format!("Authorization: Bearer Bearer {t}"), "scheme-doubled"),
            (format!("Authorization: Bearer bearer {t}"), "scheme-doubled"),
            (format!("Authorization: Bearer Token {t}"), "scheme-doubled"),
            (format!("Authorization: Bearer:{t}"), "scheme-separator"),
            (format!("Authorization: Bearer: {t}"), "scheme-separator"),
            (format!("Authorization: Bearer={t}"), "scheme-separator"),
            (format!("Authorization: Bearer{t}"), "scheme-separator"),
            (format!("Authorization: Bearer\t{t}"), "scheme-separator"),
            (format!("Authorization: Bearer  {t}"), "scheme-separator"),
            (format!("Authorization: Bearer   {t}"), "scheme-separator"),
            (format!("Authorization: Bearer%20{t}"), "scheme-separator"),
            (format!("Authorization: Bearer+{t}"), "scheme-separator"),
            (format!("Authentication: Bearer {t}"), "header-name-wrong"),
            (format!("Authorisation: Bearer {t}"), "header-name-wrong"),
            (format!("Autorization: Bearer {t}"), "header-name-wrong"),
            (format!("X-Auth-Token: {t}"), "header-name-wrong"),
            (format!("X-Access-Token: {t}"), "header-name-wrong"),
            (format!("Token: {t}"), "header-name-wrong"),
            (format!("Proxy-Authorization: Bearer {t}"), "header-name-wrong"),
            (format!("GET / HTTP/1.1\r\nHost: a\r\nAuth: Bearer {t}\r\n\r\n"), "header-name-wrong"),
            (format!("GET / HTTP/1.1\r\nHost: a\r\nX-Custom: {t}\r\n\r\n"), "header-name-wrong"),
            (
                format!("GET / HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer {t}\r\n\r\n"),
                "header-name-wrong",
            ),
            (format!("curl -H 'X-Api-Token: {t}' https://a/"), "header-name-wrong"),
            (format!("GET /?access_token={t} HTTP/1.1\r\nHost: a\r\n\r\n"), "token-in-query"),
            (format!("GET /?a=1&token={t}&b=2 HTTP/1.1\r\nHost: a\r\n\r\n"), "token-in-query"),
            (
                format!("GET /?jwt={} HTTP/1.1\r\nHost: a\r\n\r\n", t.replace('.', "%2E")),
                "token-in-query",
            ),
            (format!("https://api.example.test/orders?access_token={t}"), "token-in-query"),
            (format!("wss://api.example.test/socket?token={t}"), "token-in-query"),
            (format!("curl 'https://a/?access_token={t}'"), "token-in-query"),
            (
                format!(
                    "10.0.0.1 - - [18/Nov/2026:10:26:40 +0000] \"GET /?access_token={t} HTTP/1.1\" 401 17"
                ),
                "token-in-query",
            ),
            (
                format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: access_token={t}\r\n\r\n"),
                "token-in-cookie",
            ),
            (
                format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: theme=dark; jwt={t}; x=1\r\n\r\n"),
                "token-in-cookie",
            ),
            (
                format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: session={t}\r\n\r\n"),
                "token-in-cookie",
            ),
            (format!("curl -b 'token={t}' https://a/"), "token-in-cookie"),
            (
                format!(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\naccess_token={t}&a=1"
                ),
                "token-in-body",
            ),
            (
                format!(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n{{\"access_token\":\"{t}\"}}"
                ),
                "token-in-body",
            ),
            (
                format!(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\r\n{{\"data\":{{\"token\":\"{t}\"}}}}"
                ),
                "token-in-body",
            ),
            (format!("curl -d 'access_token={t}' https://a/"), "token-in-body"),
            (format!(" {t}"), "whitespace-around"),
            (format!("{t} "), "whitespace-around"),
            (format!("\t{t}"), "whitespace-around"),
            (format!("{t}\n\n"), "whitespace-around"),
            (format!("\n{t}"), "whitespace-around"),
            (format!("curl -H $'Authorization: Bearer {t}\\n' https://a/"), "whitespace-around"),
            (insert("\n"), "whitespace-inside"),
            (insert("\r\n"), "whitespace-inside"),
            (insert(" "), "whitespace-inside"),
            (insert("\n    "), "whitespace-inside"),
            (wrap(64), "whitespace-inside"),
            (wrap(76), "whitespace-inside"),
            (wrap(80), "whitespace-inside"),
            (wrap(30).replace('\n', " "), "whitespace-inside"),
            (format!("Authorization: Bearer {}", wrap(76)), "whitespace-inside"),
            (format!("\"{t}\""), "quoted"),
            (format!("'{t}'"), "quoted"),
            (format!("\\\"{t}\\\""), "quoted"),
            (format!("`{t}`"), "quoted"),
            (format!("Authorization: Bearer \"{t}\""), "quoted"),
            (format!("Authorization: \"Bearer {t}\""), "quoted"),
            (format!("Authorization: Bearer '{t}'"), "quoted"),
            (format!("curl -H 'Authorization: Bearer \"{t}\"' https://a/"), "quoted"),
            (format!("{{{t}}}"), "bracketed"),
            (format!("<{t}>"), "bracketed"),
            (format!("[{t}]"), "bracketed"),
            (format!("({t})"), "bracketed"),
            (format!("{{{{{t}}}}}"), "bracketed"),
            (format!("Authorization: Bearer <{t}>"), "bracketed"),
            (format!("Authorization: Bearer [{t}]"), "bracketed"),
            (format!("Authorization: <Bearer {t}>"), "bracketed"),
            (t.replacen('.', "%2E", 1), "percent-encoded"),
            (t.replace('.', "%2e"), "percent-encoded"),
            (t.replace('.', "%252E"), "percent-encoded"),
            (t.replace('-', "%2D").replace('.', "%2E"), "percent-encoded"),
            (format!("{t}%0A"), "percent-encoded"),
            (format!("{t}%20"), "percent-encoded"),
            (format!("%22{t}%22"), "quoted"),
            (format!("{t}\\n"), "escape-sequence"),
            (format!("{t}\\r\\n"), "escape-sequence"),
            (t.replace('.', "\\u002e"), "escape-sequence"),
            (t.replace('.', "\\x2e"), "escape-sequence"),
            (t.replace('.', "\\."), "escape-sequence"),
            (t.replace('.', "&#46;"), "escape-sequence"),
            (t.replace('.', "&#x2E;"), "escape-sequence"),
            (t.replace('.', "=2E"), "escape-sequence"),
            (insert("\\n"), "escape-sequence"),
            (insert("=\n"), "escape-sequence"),
            (format!("{}=\n{}", &t[..2], &t[2..]), "escape-sequence"),
            (format!("{t},"), "trailing-characters"),
            (format!("{t};"), "trailing-characters"),
            (format!("{t}."), "trailing-characters"),
            (format!("{t}\"}}"), "trailing-characters"),
            (format!("{t}\","), "trailing-characters"),
            (format!("{t})"), "trailing-characters"),
            (format!("{t}*"), "trailing-characters"),
            (format!("{t}&foo=bar"), "trailing-characters"),
            (format!("{t}&token_type=bearer"), "trailing-characters"),
            (format!("{t}>"), "trailing-characters"),
            (format!("{t}..."), "trailing-characters"),
            (format!("{t}#"), "trailing-characters"),
            (format!("{t}|"), "trailing-characters"),
            (format!("{t}\\"), "trailing-characters"),
            (format!("Authorization: Bearer {t},"), "trailing-characters"),
            (format!("Authorization: Bearer {t};"), "trailing-characters"),
            (format!("{t}{t}"), "tokens-concatenated"),
            (format!("{t}{t}{t}"), "tokens-concatenated"),
            (format!("{t}\n{t}"), "tokens-concatenated"),
            (format!("{t}.{t}"), "tokens-concatenated"),
            (format!("{t},{t}"), "tokens-concatenated"),
            (format!("{old}{t}"), "tokens-concatenated"),
            (format!("{t}{old}"), "tokens-concatenated"),
            (format!("Authorization: Bearer {t}{t}"), "tokens-concatenated"),
            (format!("Authorization: Bearer {t} {t}"), "tokens-concatenated"),
            (format!("Authorization: Bearer {t}, Bearer {t}"), "header-duplicated"),
            (
                format!(
                    "GET / HTTP/1.1\nHost: a\nAuthorization: Bearer {t}\nAuthorization: Bearer {t}\n\n"
                ),
                "header-duplicated",
            ),
            (
                format!(
                    "GET / HTTP/1.1\nHost: a\nAuthorization: Basic dTpw\nAuthorization: Bearer {t}\n\n"
                ),
                "header-duplicated",
            ),
            (format!("Authorization: Basic dXNlcjpw, Bearer {t}"), "header-duplicated"),
            (
                format!("GET /?access_token={t} HTTP/1.1\nHost: a\nAuthorization: Bearer {t}\n\n"),
                "header-duplicated",
            ),
            (
                format!("Authorization: Bearer {{\"access_token\":\"{t}\",\"expires_in\":300}}"),
                "response-instead-of-token",
            ),
            (
                format!("Authorization: Bearer {{'access_token': '{t}', 'expires_in': 300}}"),
                "response-instead-of-token",
            ),
            (
                format!("Authorization: Bearer access_token={t}&token_type=bearer&expires_in=300"),
                "response-instead-of-token",
            ),
            (format!("Authorization: Bearer {{\"token\": \"{t}\"}}"), "response-instead-of-token"),
            (
                format!(
                    "curl -H 'Authorization: Bearer {{\"token_type\":\"Bearer\",\"access_token\":\"{t}\"}}' https://a/"
                ),
                "response-instead-of-token",
            ),
            (STANDARD.encode(&t), "base64-of-token"),
            (STANDARD_NO_PAD.encode(&t), "base64-of-token"),
            (URL_SAFE.encode(&t), "base64-of-token"),
            (STANDARD.encode(format!("{t}\n")), "base64-of-token"),
            (format!("Authorization: Bearer {}", STANDARD.encode(&t)), "base64-of-token"),
            (STANDARD.encode(STANDARD.encode(&t)), "base64-of-token"),
            (format!("“{t}”"), "smart-punctuation"),
            (format!("‘{t}’"), "smart-punctuation"),
            (format!("„{t}“"), "smart-punctuation"),
            (t.replacen('.', "․", 1), "smart-punctuation"),
            (t.replacen('.', "。", 1), "smart-punctuation"),
            (t.replace('.', "．"), "smart-punctuation"),
        ];
        for dash in ["–", "—", "‐", "‑", "−", "‒"] {
            if t.contains('-') {
                all.push((t.replacen('-', dash, 1), "smart-punctuation"));
                all.push((t.replace('-', dash), "smart-punctuation"));
            }
        }
        for invisible in [
            "\u{FEFF}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{2060}", "\u{A0}", "\u{AD}",
            "\u{200E}", "\u{202F}", "\u{2028}", "\u{0}", "\u{7}", "\u{7F}", "\u{180E}", "\u{FE0F}",
            "\u{3000}", "\u{1B}", "\u{B}",
        ] {
            all.push((insert(invisible), "invisible-character"));
            all.push((format!("{t}{invisible}"), "invisible-character"));
            all.push((format!("{invisible}{t}"), "invisible-character"));
            all.push((format!("Authorization: Bearer {t}{invisible}"), "invisible-character"));
        }
        for (input, code) in all {
            let what = format!(
                "{algorithm} {}",
                input.replace(&t, "TOKEN").chars().take(120).collect::<String>()
            );
            only(&what, input.as_bytes(), &context, code);
        }
    }
}

#[test]
fn har_values_are_taken_as_they_were_sent() {
    let algorithm = Algorithm::EdDsa;
    let context = surroundings(algorithm);
    let t = token(algorithm);
    let har = |value: &str, status: u16| {
        json!({"log": {"entries": [
            {"request": {"method": "GET", "url": "https://api.example.test/", "headers": [
                {"name": "Authorization", "value": value}]}, "response": {"status": status}}]}})
        .to_string()
    };
    for end in ["\n", "\r\n", "\r", " ", "\t", "  \n"] {
        only(
            "har",
            har(&format!("Bearer {t}{end}"), 401).as_bytes(),
            &context,
            "whitespace-around",
        );
    }
    only("har", har(&format!("\"Bearer {t}\""), 401).as_bytes(), &context, "quoted");
    only("har", har(&format!("Bearer \"{t}\""), 401).as_bytes(), &context, "quoted");
    only("har", har(&format!("Bearer Bearer {t}"), 401).as_bytes(), &context, "scheme-doubled");
    only("har", har("Bearer undefined", 401).as_bytes(), &context, "credential-placeholder");
    only("har", har("Bearer", 401).as_bytes(), &context, "credential-empty");
    // Of several requests the refused one is meant.
    let expired = token_with(algorithm, &json!({"iat": NOW - 900, "exp": NOW - 600}));
    let entry = |value: &str, status: u16| {
        json!({"request": {"method": "GET", "url": "https://a/", "headers": [{"name": "Authorization", "value": value}]},
               "response": {"status": status}})
    };
    let several = json!({"log": {"entries": [
        entry(&format!("Bearer {t}"), 200), entry(&format!("Bearer {expired}"), 401), entry(&format!("Bearer {t}"), 200),
    ]}});
    only("har", several.to_string().as_bytes(), &context, "expired");
    let redirected = json!({"log": {"entries": [
        {"request": {"method": "GET", "url": "https://a/x", "headers": [{"name": "Authorization", "value": format!("Bearer {t}")}]},
         "response": {"status": 302, "redirectURL": "https://b/x"}},
        {"request": {"method": "GET", "url": "https://b/x", "headers": []}, "response": {"status": 401}},
    ]}});
    only("har", redirected.to_string().as_bytes(), &context, "header-stripped");
}

#[test]
fn nothing_where_a_token_is_due_is_told_apart() {
    let context = surroundings(Algorithm::Es256);
    for (input, code) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "credential-missing"),
        ("curl https://api.example.test/orders", "credential-missing"),
        ("Host: a\nAccept: */*", "credential-missing"),
        ("Authorization: Bearer", "credential-empty"),
        ("Authorization: Bearer ", "credential-empty"),
        ("Authorization:", "credential-empty"),
        ("Bearer", "credential-empty"),
        ("", "credential-empty"),
        ("\n", "credential-empty"),
        ("curl -H 'Authorization: Bearer ' https://a/", "credential-empty"),
        ("Authorization: Bearer undefined", "credential-placeholder"),
        ("Authorization: Bearer null", "credential-placeholder"),
        ("Authorization: Bearer None", "credential-placeholder"),
        ("Authorization: Bearer [object Object]", "credential-placeholder"),
        ("Authorization: Bearer [object Promise]", "credential-placeholder"),
        ("Authorization: Bearer {{token}}", "credential-placeholder"),
        ("Authorization: Bearer {token}", "credential-placeholder"),
        ("Authorization: Bearer ${TOKEN}", "credential-placeholder"),
        ("Authorization: Bearer $TOKEN", "credential-placeholder"),
        ("Authorization: Bearer %TOKEN%", "credential-placeholder"),
        ("Authorization: Bearer <token>", "credential-placeholder"),
        ("Authorization: Bearer <your token here>", "credential-placeholder"),
        ("Authorization: Bearer YOUR_ACCESS_TOKEN", "credential-placeholder"),
        ("Authorization: Bearer YOUR_TOKEN", "credential-placeholder"),
        ("Authorization: Bearer xxx.yyy.zzz", "credential-placeholder"),
        ("Authorization: Bearer xxxxx.yyyyy.zzzzz", "credential-placeholder"),
        ("undefined", "credential-placeholder"),
        ("null", "credential-placeholder"),
        ("YOUR_ACCESS_TOKEN", "credential-placeholder"),
        ("curl -H \"Authorization: Bearer $TOKEN\" https://a/", "credential-placeholder"),
        ("curl -H 'Authorization: Bearer ${ACCESS_TOKEN}' https://a/", "credential-placeholder"),
        (
            "OPTIONS /a HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n\r\n",
            "preflight-unauthenticated",
        ),
        (
            "OPTIONS /a HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: authorization,content-type\r\n\r\n",
            "preflight-unauthenticated",
        ),
        (
            "curl -X OPTIONS -H 'Origin: https://b' -H 'Access-Control-Request-Method: GET' -H 'Access-Control-Request-Headers: authorization' https://a/",
            "preflight-unauthenticated",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n\r\n",
            "scheme-wrong",
        ),
        ("curl -u user:password https://a/", "scheme-wrong"),
    ] {
        only(input, input.as_bytes(), &context, code);
    }
}

#[test]
fn structure_faults_are_named() {
    for algorithm in SOME {
        let context = surroundings(*algorithm);
        let t = token(*algorithm);
        let segments: Vec<&str> = t.split('.').collect();
        let [h, p, s] = segments.as_slice() else { panic!("three segments") };
        let key = keys::signing(*algorithm);
        let header =
            json!({"alg": algorithm.name(), "typ": "at+jwt", "kid": key.kid()}).to_string();
        let sealed = |header: &str, payload: &[u8]| seal(&key, header.as_bytes(), payload);
        let claims = claims().to_string();
        let signed_as_sent = |input: &str| {
            format!("{input}.{}", base64url::encode(key.sign(input.as_bytes()).unwrap()))
        };
        let twice = claims.replacen("\"sub\"", "\"sub\":\"admin\",\"sub\"", 1);
        for (what, input, code) in [
            ("lower case", t.to_lowercase(), "case-folded"),
            ("upper case", t.to_uppercase(), "case-folded"),
            ("two segments", format!("{h}.{p}"), "segment-count"),
            ("four segments", format!("{t}.AAAA"), "segment-count"),
            ("stripped", format!("{h}.{p}."), "signature-stripped"),
            ("header is text", format!("aGVsbG8gdGhlcmU.{p}.{s}"), "header-not-json"),
            ("payload is text", sealed(&header, b"not json at all"), "payload-not-json"),
            ("payload is a list", sealed(&header, b"[1,2]"), "payload-not-json"),
            ("payload is a string", sealed(&header, b"\"{\\\"iss\\\":1}\""), "payload-not-json"),
            (
                "payload has a mark",
                sealed(&header, format!("\u{FEFF}{claims}").as_bytes()),
                "payload-not-json",
            ),
            ("payload is a token", sealed(&header, t.as_bytes()), "payload-not-json"),
            (
                "payload is Latin-1",
                sealed(&header, b"{\"name\":\"J\xFCrgen\"}"),
                "payload-not-json",
            ),
            ("claim twice", sealed(&header, twice.as_bytes()), "claim-duplicated"),
            (
                "header twice",
                sealed(&header.replacen("{", "{\"kid\":\"x\",", 1), claims.as_bytes()),
                "claim-duplicated",
            ),
            ("compressed", sealed(&header, &miniz(claims.as_bytes())), "payload-compressed"),
            (
                "two foreign characters",
                format!("{h}.{}!*{}.{s}", &p[..30], &p[32..]),
                "base64-invalid",
            ),
            (
                "padded as sent",
                signed_as_sent(&format!(
                    "{}.{}",
                    URL_SAFE.encode(&header),
                    URL_SAFE.encode(&claims)
                )),
                "base64-padding",
            ),
            ("padded by a carrier", format!("{h}=.{p}.{s}"), "base64-padding"),
            ("nothing behind", h.to_string(), "truncated"),
            ("half a payload", format!("{h}.{}", &p[..p.len() / 2]), "truncated"),
            ("no signature's half", t[..t.len() - s.len() / 2].to_owned(), "truncated"),
            ("ten characters less", t[..t.len() - 10].to_owned(), "truncated"),
            ("three characters less", t[..t.len() - 3].to_owned(), "truncated"),
            (
                "a view that shortens",
                format!("{}…{}", &t[..40], &t[t.len() - 40..]),
                "smart-punctuation",
            ),
        ] {
            if algorithm.is_symmetric() && what == "padded by a carrier" && h.len() % 4 == 0 {
                continue;
            }
            expect(&format!("{algorithm} {what}"), input.as_bytes(), &context, code, false);
        }
        for less in 1..=2 {
            let cut = &t[..t.len() - less];
            let report = explain(cut.as_bytes(), &context);
            let first = report.first().unwrap();
            assert!(
                ["truncated", "character-error"].contains(&first.fault.code.as_str())
                    && first.certainty == Certainty::Proven,
                "{algorithm} {less}: {}",
                said(&report)
            );
            assert_eq!(first.repaired(), Some(t.as_str()), "{algorithm} {less}");
        }
        for (name, value) in [
            ("exp", json!("1795000240")),
            ("exp", json!("2026-11-18T10:30:00Z")),
            ("exp", json!(null)),
            ("exp", json!(-1)),
            ("exp", json!(1e300)),
            ("iat", json!("1794999940")),
            ("nbf", json!("0")),
            ("sub", json!(4711)),
            ("aud", json!(5)),
            ("aud", json!({"a": 1})),
            ("iss", json!(["https://id.example.test"])),
        ] {
            let value = json!({name: value});
            let changed: Value = {
                let mut all = crate::stage::claims();
                for (name, value) in value.as_object().unwrap() {
                    all[name] = value.clone();
                }
                all
            };
            let t = seal(&key, header.as_bytes(), changed.to_string().as_bytes());
            expect(&format!("{algorithm} {value}"), t.as_bytes(), &context, "claim-type", true);
        }
    }
}

/// Raw DEFLATE with stored blocks only.
pub(crate) fn miniz(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes].concat()
}

#[test]
fn the_other_alphabet_and_unused_bits_are_proven() {
    for algorithm in SOME {
        let context = surroundings(*algorithm);
        let key = keys::signing(*algorithm);
        // Some tokens have neither `-` nor `_`: another one is taken.
        for nth in 0..40 {
            let t = token_with(*algorithm, &json!({"jti": format!("n{nth}?>~")}));
            let standard = t.replace('-', "+").replace('_', "/");
            if standard != t {
                only("alphabet", standard.as_bytes(), &context, "base64-alphabet");
                let (input, _) = standard.rsplit_once('.').unwrap();
                let sealed =
                    format!("{input}.{}", base64url::encode(key.sign(input.as_bytes()).unwrap()));
                if input.contains(['+', '/']) {
                    only("alphabet, as sent", sealed.as_bytes(), &context, "base64-alphabet");
                }
            }
            let last = t.chars().last().unwrap();
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let place = alphabet.find(last).unwrap();
            let odd = format!("{}{}", &t[..t.len() - 1], &alphabet[place + 1..place + 2]);
            if claviger_token::Token::parse(&odd).is_err() {
                only("bits", odd.as_bytes(), &context, "base64-trailing-bits");
            }
            if nth > 3 && standard != t {
                break;
            }
        }
    }
}

#[test]
fn layers_are_reported_from_the_outside_in_with_what_is_wrong_inside() {
    let algorithm = Algorithm::Rs256;
    let context = surroundings(algorithm);
    let expired = token_with(algorithm, &json!({"iat": NOW - 900, "exp": NOW - 600}));
    let t = token(algorithm);
    for (input, codes) in [
        (format!("Authorization: Bearer \"{expired}\""), vec!["quoted", "expired"]),
        (format!("Authorization: Bearer Bearer \"{t}\""), vec!["scheme-doubled", "quoted"]),
        (
            format!("Authorization: bearer bearer <{expired}>"),
            vec!["scheme-doubled", "bracketed", "expired"],
        ),
        (format!("X-Auth-Token: Bearer {expired}"), vec!["header-name-wrong", "expired"]),
        (
            format!("\u{FEFF}\"{t}\"\n\n"),
            vec!["whitespace-around", "invisible-character", "quoted"],
        ),
        (format!("Authorization: \"{t}\""), vec!["quoted", "scheme-missing"]),
    ] {
        let report = explain(input.as_bytes(), &context);
        let found: Vec<&str> = report.faults.iter().map(|one| one.fault.code.as_str()).collect();
        assert_eq!(found, codes, "{}", said(&report));
        assert!(
            report.faults.iter().all(|one| one.certainty == Certainty::Proven),
            "{}",
            said(&report)
        );
    }
    let both = token_with(
        algorithm,
        &json!({"aud": "https://billing.example.test", "exp": NOW - 600, "iat": NOW - 900}),
    );
    let report = explain(both.as_bytes(), &context);
    let found: Vec<&str> = report.faults.iter().map(|one| one.fault.code.as_str()).collect();
    assert_eq!(found, ["expired", "audience-mismatch"]);
    // Damaged and late: the damage first, then what the mended token is refused for.
    let mut damaged = format!("\"{expired}\"");
    let place = 80;
    let other = if &damaged[place..=place] == "A" { "B" } else { "A" };
    damaged.replace_range(place..=place, other);
    let report = explain(damaged.as_bytes(), &context);
    let found: Vec<&str> = report.faults.iter().map(|one| one.fault.code.as_str()).collect();
    assert_eq!(found, ["quoted", "character-error", "expired"], "{}", said(&report));
}

#[test]
fn times_audiences_issuers_and_kinds_are_compared() {
    let algorithm = Algorithm::EdDsa;
    let context = surroundings(algorithm);
    let far = json!({"exp": NOW - 61, "iat": NOW - 361});
    only("just expired", token_with(algorithm, &far).as_bytes(), &context, "expired");
    good(
        "at the leeway's end",
        token_with(algorithm, &json!({"exp": NOW - 59})).as_bytes(),
        &context,
    );
    for (changes, code) in [
        (json!({"exp": NOW - 600, "iat": NOW - 900}), "expired"),
        (json!({"exp": 1, "iat": 0}), "expired"),
        (json!({"nbf": NOW + 61}), "not-yet-valid"),
        (json!({"nbf": NOW + 3600, "exp": NOW + 7200}), "not-yet-valid"),
        (json!({"iat": NOW + 61, "exp": NOW + 361}), "issued-in-future"),
        (json!({"iat": NOW + 500, "exp": NOW + 800}), "issued-in-future"),
        (json!({"iat": NOW + 500, "nbf": NOW + 500, "exp": NOW + 800}), "issued-in-future"),
        (json!({"iat": NOW + 86_400, "exp": NOW + 86_700}), "issued-in-future"),
        (json!({"iat": (NOW - 60) * 1000, "exp": (NOW + 240) * 1000}), "time-in-milliseconds"),
        (json!({"exp": (NOW + 240) * 1000}), "time-in-milliseconds"),
        (json!({"exp": (NOW + 240) * 1_000_000}), "time-in-milliseconds"),
        (json!({"iat": (NOW - 60) * 1000}), "time-in-milliseconds"),
        (json!({"nbf": (NOW - 60) * 1000}), "time-in-milliseconds"),
        (json!({"iat": NOW - 20 + 3600, "exp": NOW + 280 + 3600}), "time-in-local-zone"),
        (json!({"iat": NOW - 20 + 19_800, "exp": NOW + 280 + 19_800}), "time-in-local-zone"),
        (
            json!({"iat": NOW - 5 + 7200, "nbf": NOW - 5 + 7200, "exp": NOW + 295 + 7200}),
            "time-in-local-zone",
        ),
        // Minutes beside a whole hour: any clock that is ahead fits as well.
        (json!({"iat": NOW - 200 + 3600, "exp": NOW + 100 + 3600}), "issued-in-future"),
        (json!({"iat": NOW + 40 + 3600, "exp": NOW + 340 + 3600}), "issued-in-future"),
        (json!({"exp": null}), "expiry-missing"),
        (json!({"sub": null}), "subject-missing"),
        (json!({"aud": null}), "audience-missing"),
        (json!({"aud": []}), "audience-missing"),
        (json!({"iss": null}), "issuer-missing"),
        (json!({"aud": "https://billing.example.test"}), "audience-mismatch"),
        (json!({"aud": ["https://a.test", "https://b.test"]}), "audience-mismatch"),
        (json!({"aud": "account"}), "audience-mismatch"),
        (json!({"aud": "api"}), "audience-mismatch"),
        (json!({"aud": "<https://api.example.test>"}), "audience-near-miss"),
        (json!({"iss": "http://localhost:8080"}), "issuer-near-miss"),
        (json!({"iss": "https://idp.example.test"}), "issuer-mismatch"),
        (json!({"aud": "00000003-0000-0000-c000-000000000000"}), "audience-mismatch"),
        (json!({"aud": "https://api.example.test/"}), "audience-near-miss"),
        (json!({"aud": "http://api.example.test"}), "audience-near-miss"),
        (json!({"aud": "api.example.test"}), "audience-near-miss"),
        (json!({"aud": "https://API.example.test"}), "audience-near-miss"),
        (json!({"aud": "https://api.example.test:443"}), "audience-near-miss"),
        (json!({"aud": "https://api.example.test:8443"}), "audience-near-miss"),
        (json!({"aud": "api://api.example.test"}), "audience-near-miss"),
        (json!({"aud": " https://api.example.test"}), "audience-near-miss"),
        (json!({"aud": ["https://x.test", "https://api.example.test/"]}), "audience-near-miss"),
        (json!({"aud": "https://api.example.test https://b.test"}), "audience-near-miss"),
        (json!({"iss": "https://accounts.other.test"}), "issuer-mismatch"),
        (json!({"iss": "https://id.staging.test"}), "issuer-mismatch"),
        (json!({"iss": "https://id.example.test/realms/other"}), "issuer-mismatch"),
        (json!({"iss": "http://id:8080"}), "issuer-near-miss"),
        (json!({"iss": "https://id.example.test/"}), "issuer-near-miss"),
        (json!({"iss": "http://id.example.test"}), "issuer-near-miss"),
        (json!({"iss": "https://ID.example.test"}), "issuer-near-miss"),
        (json!({"iss": "https://id.example.test:443"}), "issuer-near-miss"),
        (json!({"iss": "https://id.example.test/v2.0"}), "issuer-near-miss"),
        (json!({"iss": "id.example.test"}), "issuer-near-miss"),
        (
            json!({"cnf": {"jkt": "CkNzzI87WMBKmRLiOtGjawxrMX2nNmv_dcxX7mreP28"}}),
            "sender-proof-missing",
        ),
        (
            json!({"cnf": {"x5t#S256": "CkNzzI87WMBKmRLiOtGjawxrMX2nNmv_dcxX7mreP28"}}),
            "sender-proof-missing",
        ),
    ] {
        let input = token_with(algorithm, &changes);
        expect(
            &changes.to_string(),
            input.as_bytes(),
            &context,
            code,
            code != "time-in-local-zone",
        );
    }
    // An hour ahead to the second is a zone, or a clock: both are said, and which of them is not claimed.
    let east = token_with(algorithm, &json!({"iat": NOW + 3600, "exp": NOW + 3900}));
    let report = explain(east.as_bytes(), &context);
    let first = report.first().expect("a fault");
    assert_eq!(first.certainty, Certainty::Likely);
    assert!(first.detail().contains("a clock that is 1 h ahead"), "{}", said(&report));
    // Where the hour fits loosely, the plain finding is proven and the zone only possible.
    let loose = token_with(algorithm, &json!({"iat": NOW - 200 + 3600, "exp": NOW + 3700}));
    let report = explain(loose.as_bytes(), &context);
    let found: Vec<(&str, Certainty)> =
        report.faults.iter().map(|one| (one.fault.code.as_str(), one.certainty)).collect();
    let expected =
        [("issued-in-future", Certainty::Proven), ("time-in-local-zone", Certainty::Possible)];
    assert_eq!(found, expected, "{}", said(&report));
    let west = token_with(algorithm, &json!({"iat": NOW - 10 - 18_000, "exp": NOW + 290 - 18_000}));
    let report = explain(west.as_bytes(), &context);
    let found: Vec<&str> = report.faults.iter().map(|one| one.fault.code.as_str()).collect();
    assert_eq!(found, ["expired", "time-in-local-zone"], "{}", said(&report));
    let late =
        token_with(algorithm, &json!({"exp": (NOW - 600) * 1000, "iat": (NOW - 900) * 1000}));
    let report = explain(late.as_bytes(), &context);
    assert!(report.has(claviger_token::Code::Expired), "{}", said(&report));

    for (header, changes, code) in [
        (
            json!({"typ": "JWT"}),
            json!({"aud": "web", "scope": null, "nonce": "n-1"}),
            "id-token-as-access-token",
        ),
        (json!({"typ": "JWT"}), json!({"aud": "web", "at_hash": "x"}), "id-token-as-access-token"),
        (
            json!({"typ": null}),
            json!({"token_use": "id", "aud": "web"}),
            "id-token-as-access-token",
        ),
        (json!({"typ": "JWT"}), json!({"typ": "ID", "aud": "web"}), "id-token-as-access-token"),
        (json!({"typ": "rt+jwt"}), json!({"aud": ISSUER}), "refresh-token-as-access-token"),
        (
            json!({"typ": "JWT"}),
            json!({"typ": "Refresh", "aud": ISSUER}),
            "refresh-token-as-access-token",
        ),
        (
            json!({"typ": "JWT"}),
            json!({"typ": "Offline", "aud": ISSUER}),
            "refresh-token-as-access-token",
        ),
        (json!({"typ": "JWT"}), json!({"token_use": "refresh"}), "refresh-token-as-access-token"),
        (json!({"typ": "logout+jwt"}), json!({"events": {}}), "token-type-mismatch"),
        (
            json!({"typ": "JWT"}),
            json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
            "token-type-mismatch",
        ),
        (
            json!({"typ": "dpop+jwt"}),
            json!({"htm": "GET", "htu": "https://a/"}),
            "token-type-mismatch",
        ),
        (json!({"typ": "client-authentication+jwt"}), json!({}), "token-type-mismatch"),
        (json!({"typ": "statuslist+jwt"}), json!({}), "token-type-mismatch"),
        (json!({"typ": "secevent+jwt"}), json!({}), "token-type-mismatch"),
        (json!({"typ": "RSA"}), json!({}), "token-type-mismatch"),
        (
            json!({"typ": "JWT"}),
            json!({"typ": "RegistrationAccessToken", "aud": ISSUER}),
            "token-type-mismatch",
        ),
        (
            json!({"typ": "JWT"}),
            json!({"iss": "web", "sub": "web", "aud": "https://id.example.test/token",
                   "jti": null, "scope": null}),
            "token-type-mismatch",
        ),
        (
            json!({"typ": "JWT"}),
            json!({"aud": "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit",
                   "iss": "a@b.test", "sub": "a@b.test", "uid": "u1"}),
            "token-type-mismatch",
        ),
        (json!({"typ": "JWT"}), json!({"tokenType": "refresh"}), "refresh-token-as-access-token"),
        (json!({"typ": "JWT"}), json!({"ati": "a-1"}), "refresh-token-as-access-token"),
        (
            json!({"typ": "JWT"}),
            json!({"aud": ISSUER, "scope": "offline_access"}),
            "refresh-token-as-access-token",
        ),
        (
            json!({"typ": "JWT"}),
            json!({"aud": "project", "scope": null, "client_id": null, "auth_time": NOW, "firebase": {}}),
            "id-token-as-access-token",
        ),
        // Auth0 and Entra ID without a nonce: it is for a client, and tells of a person.
        (
            json!({"typ": "JWT"}),
            json!({"aud": "abcDEF123", "scope": null, "client_id": null, "nickname": "ada", "email": "a@b.test"}),
            "id-token-as-access-token",
        ),
    ] {
        let input = mint(algorithm, &header, &with(claims(), &changes));
        expect(&format!("{header} {changes}"), input.as_bytes(), &context, code, true);
    }
    // Keycloak signs refresh tokens with a secret of its own: the key's fault is a consequence.
    let refresh = mint_with(
        &claviger_token::SigningKey::from_secret(
            Algorithm::Hs256,
            Some("inner".to_owned()),
            &[9; 64],
        )
        .unwrap(),
        &json!({"typ": "JWT"}),
        &with(claims(), &json!({"typ": "Refresh", "aud": ISSUER})),
    );
    expect("Keycloak", refresh.as_bytes(), &context, "refresh-token-as-access-token", true);
}

#[test]
fn rights_and_pinned_claims_are_compared() {
    let algorithm = Algorithm::EdDsa;
    let needs = |scope: &str| {
        surroundings_for(
            Policy { scopes: scope.split(' ').map(str::to_owned).collect(), ..policy() },
            algorithm,
        )
    };
    good("there", token(algorithm).as_bytes(), &needs("orders:read"));
    good("both", token(algorithm).as_bytes(), &needs("orders:read profile"));
    only("not there", token(algorithm).as_bytes(), &needs("orders:write"), "scope-insufficient");
    only(
        "half",
        token(algorithm).as_bytes(),
        &needs("orders:read orders:write"),
        "scope-insufficient",
    );
    for place in [
        json!({"scope": null, "scp": "orders:read"}),
        json!({"scope": null, "scp": ["orders:read"]}),
        json!({"scope": ["orders:read"]}),
        json!({"scope": "orders:read,profile"}),
        json!({"scope": null, "scopes": ["orders:read"]}),
        json!({"scope": "openid", "roles": ["orders:read"]}),
        json!({"scope": "openid", "permissions": ["orders:read"]}),
        json!({"scope": null, "realm_access": {"roles": ["orders:read"]}}),
        json!({"scope": null, "cognito:groups": ["orders:read"]}),
        json!({"scope": "https://api.example.test/orders:read"}),
    ] {
        let input = token_with(algorithm, &place);
        expect(&place.to_string(), input.as_bytes(), &needs("orders:read"), "scope-shape", false);
    }
    let pinned = |name: &str, value: &str| {
        surroundings_for(
            Policy { pinned: vec![(name.to_owned(), value.to_owned())], ..policy() },
            algorithm,
        )
    };
    good("pinned", token(algorithm).as_bytes(), &pinned("client_id", "web"));
    only("another", token(algorithm).as_bytes(), &pinned("client_id", "mobile"), "claim-mismatch");
    only("none", token(algorithm).as_bytes(), &pinned("tid", "tenant-a"), "claim-mismatch");
    let nested = token_with(algorithm, &json!({"realm_access": {"roles": ["a", "b"]}, "a.b": "c"}));
    for (name, value) in [("realm_access.roles", "b"), ("a.b", "c")] {
        good(name, nested.as_bytes(), &pinned(name, value));
        only(name, nested.as_bytes(), &pinned(name, "d"), "claim-mismatch");
    }
    // Personal claims beside a right, or for this API, make no ID token.
    let personal = json!({"email": "a@b.test", "name": "Ada", "scope": null, "client_id": null});
    good("personal", token_with(algorithm, &personal).as_bytes(), &surroundings(algorithm));
    let elsewhere = json!({"email": "a@b.test", "name": "Ada", "aud": "https://b.test"});
    let elsewhere = token_with(algorithm, &elsewhere);
    only("personal", elsewhere.as_bytes(), &surroundings(algorithm), "audience-mismatch");
    let aged = surroundings_for(Policy { max_age: Some(3600), ..policy() }, algorithm);
    good("young", token(algorithm).as_bytes(), &aged);
    let old = token_with(algorithm, &json!({"iat": NOW - 7200}));
    only("old", old.as_bytes(), &aged, "lifetime-excessive");
    let long = token_with(algorithm, &json!({"exp": NOW + 7200}));
    only("long", long.as_bytes(), &aged, "lifetime-excessive");
    let listed =
        surroundings_for(Policy { algorithms: vec![Algorithm::Es256], ..policy() }, algorithm);
    only("listed", token(algorithm).as_bytes(), &listed, "algorithm-not-allowed");
    let odd = mint(algorithm, &json!({"alg": "eddsa"}), &claims());
    expect("odd", odd.as_bytes(), &surroundings(algorithm), "algorithm-not-allowed", true);
    for alg in ["none", "None", "NONE", "nOnE", "none\0", "\u{1}none"] {
        let none = format!(
            "{}.{}.",
            base64url::encode(json!({"alg": alg, "typ": "at+jwt"}).to_string()),
            base64url::encode(claims().to_string())
        );
        expect(alg, none.as_bytes(), &surroundings(algorithm), "algorithm-none", true);
        let signed = format!("{none}AAAA");
        expect(alg, signed.as_bytes(), &surroundings(algorithm), "algorithm-none", true);
    }
    for crit in [json!(["exp"]), json!(["urn:x"]), json!([]), json!("exp")] {
        let input = mint(algorithm, &json!({"crit": crit, "urn:x": 1}), &claims());
        expect("crit", input.as_bytes(), &surroundings(algorithm), "critical-header", true);
    }
    let b64 = mint(algorithm, &json!({"b64": false, "crit": ["b64"]}), &claims());
    expect("b64", b64.as_bytes(), &surroundings(algorithm), "critical-header", true);
    assert_eq!(AUDIENCE.len(), 24);
    assert!(key_set().contains("keys"));
}

#[test]
fn a_name_that_is_one_letter_off_is_asked_about() {
    let algorithm = Algorithm::EdDsa;
    let asked = |claims: &Value, policy: Policy| {
        let report =
            explain(token_with(algorithm, claims).as_bytes(), &surroundings_for(policy, algorithm));
        let first = report.first().expect("a fault");
        assert_eq!(first.certainty, Certainty::Proven);
        (first.fault.code.as_str(), first.detail())
    };
    let scopes = |scope: &str| Policy { scopes: vec![scope.to_owned()], ..policy() };
    for (has, needs, near) in [
        ("order:read", "orders:read", true),
        ("profile orders:raed", "orders:read", true),
        ("orders:write", "orders:read", false),
        ("orders1", "orders2", false),
        ("a", "b", false),
    ] {
        let (code, detail) = asked(&json!({ "scope": has }), scopes(needs));
        assert_eq!(code, "scope-insufficient", "{has}");
        assert_eq!(detail.contains("but for one letter"), near, "{detail}");
    }
    for (aud, near) in [("order", true), ("odrers", true), ("ordering", false), ("orders2", false)]
    {
        let audiences = Policy { audiences: vec!["orders".to_owned()], ..policy() };
        let (code, detail) = asked(&json!({ "aud": [aud, "account"] }), audiences);
        assert_eq!(code, "audience-mismatch", "{aud}");
        assert_eq!(detail.contains("but for one letter"), near, "{detail}");
    }
}

#[test]
fn a_blank_anywhere_in_a_bare_token_is_found() {
    let token = token(Algorithm::Es256);
    let surroundings = surroundings(Algorithm::Es256);
    for (position, _) in token.char_indices().skip(1).step_by(7) {
        for blank in [" ", "\n", "\t"] {
            let torn = format!("{}{blank}{}", &token[..position], &token[position..]);
            let what = format!("{blank:?} at {position}");
            only(&what, torn.as_bytes(), &surroundings, "whitespace-inside");
        }
    }
}

#[test]
fn a_token_is_whole_where_it_breaks_at_the_length_of_a_shorter_key_s_signature() {
    // Found by the property of the planted faults: 171 characters are a signature of 1024 bits.
    let token = token(Algorithm::Rs256);
    let surroundings = surroundings(Algorithm::Rs256);
    let at = token.rfind('.').expect("a signature") + 1 + 171;
    for blank in [" ", "\n", "\t\n"] {
        let torn = format!("{}{blank}{}", &token[..at], &token[at..]);
        only(&format!("{blank:?}"), torn.as_bytes(), &surroundings, "whitespace-inside");
        let torn = format!("{}{blank}{} {}", &token[..at], &token[at..at + 50], &token[at + 50..]);
        only(&format!("{blank:?}, twice"), torn.as_bytes(), &surroundings, "whitespace-inside");
    }
}

#[test]
fn a_response_over_several_lines_is_opened() {
    let token = token(Algorithm::Es256);
    let input = format!(
        "Authorization: Bearer {{\n  \"access_token\": \"{token}\",\n  \"token_type\": \"Bearer\"\n}}\n"
    );
    let code = "response-instead-of-token";
    only("over lines", input.as_bytes(), &surroundings(Algorithm::Es256), code);
}

#[test]
fn what_stands_behind_the_one_blank_is_the_credentials_own_damage() {
    let token = token(Algorithm::EdDsa);
    for (mark, code) in [
        ("\n", "whitespace-around"),
        ("\u{a0}", "invisible-character"),
        ("\u{3000}", "invisible-character"),
        (" ", "scheme-separator"),
        ("«", "smart-punctuation"),
    ] {
        let value = serde_json::to_string(&format!("Bearer {mark}{token}")).unwrap();
        let input = format!(
            r#"{{"log":{{"entries":[{{"request":{{"method":"GET","url":"https://api.example.test/","headers":[{{"name":"Authorization","value":{value}}}]}},"response":{{"status":401,"headers":[]}}}}]}}}}"#
        );
        only(&format!("{mark:?}"), input.as_bytes(), &surroundings(Algorithm::EdDsa), code);
    }
}

#[test]
fn an_unsigned_token_is_named_with_and_without_its_second_dot() {
    let payload = base64url::encode(claims().to_string().as_bytes());
    for alg in ["none", "NONE", "nOnE", "none ", "none\0"] {
        let header = base64url::encode(json!({"alg": alg, "typ": "at+jwt"}).to_string().as_bytes());
        for input in [format!("{header}.{payload}."), format!("{header}.{payload}")] {
            let surroundings = surroundings(Algorithm::Es256);
            expect(alg, input.as_bytes(), &surroundings, "algorithm-none", false);
        }
    }
}

#[test]
fn a_foreign_letter_at_the_end_of_the_payload_is_one_wrong_character() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Hs256, Algorithm::Rs256] {
        let token = token(algorithm);
        let end = token.rfind('.').unwrap();
        for back in 1..=12 {
            for letter in ["α", "é", "€", "𝕏"] {
                let mut text = token.clone();
                text.replace_range(end - back..=end - back, letter);
                let what = format!("{algorithm} {letter} {back} before the end");
                only(&what, text.as_bytes(), &surroundings(algorithm), "character-error");
            }
        }
    }
}

#[test]
fn a_dot_that_changed_places_is_found() {
    for algorithm in SOME.iter().chain(&[Algorithm::Es384, Algorithm::Es512]) {
        let context = surroundings(*algorithm);
        // Claims of several lengths: what is left over of the last byte differs.
        for more in ["", "a", "bc"] {
            let good = token_with(*algorithm, &json!({"sub": format!("user-{more}")}));
            let dots: Vec<usize> = good.match_indices('.').map(|(at, _)| at).collect();
            for at in [dots[0] - 1, dots[0], dots[1] - 1, dots[1]] {
                let (first, second) = (&good[at..=at], &good[at + 1..at + 2]);
                let moved = format!("{}{second}{first}{}", &good[..at], &good[at + 2..]);
                only(
                    &format!("{algorithm:?} at {at}"),
                    moved.as_bytes(),
                    &context,
                    "character-error",
                );
            }
        }
    }
}
