//! Where a token rides and how it is written, in the notations of programs, logs, pages and tools: each fault
//! must come back first, and what is good must stay good.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_explain::{Certainty, explain};
use claviger_testkit::mint::{mint, with};
use claviger_token::{Algorithm, Verdict};
use serde_json::json;

use crate::stage::{claims, surroundings, token};

/// The first fault of an input around a good token, and that it is proven where it must be.
#[track_caller]
fn expect(what: &str, input: &str, code: &str, proven: bool) {
    let report = explain(input.as_bytes(), &surroundings(Algorithm::Es256));
    let codes: Vec<_> = report.faults.iter().map(|one| one.fault.code.as_str()).collect();
    let first = report.first().unwrap_or_else(|| panic!("{what}: no fault"));
    assert_eq!(first.fault.code.as_str(), code, "{what}: {codes:?}");
    assert_eq!(report.verdict, Verdict::Refused, "{what}");
    assert!(!proven || first.certainty == Certainty::Proven, "{what}: {codes:?}");
}

#[test]
fn a_token_in_the_wrong_place_of_a_program_s_call_is_found() {
    let t = token(Algorithm::Es256);
    for (what, input, code) in [
        (
            "fetch with another field",
            format!("fetch(\"https://a.test/o\", {{\"headers\": {{\"X-Auth-Token\": \"{t}\"}}}})"),
            "header-name-wrong",
        ),
        (
            "axios with another field",
            format!("axios.get('https://a.test/o', {{ headers: {{ jwt: 'Bearer {t}' }} }})"),
            "header-name-wrong",
        ),
        (
            "requests with another field",
            format!("requests.get('https://a.test/o', headers={{'X-Token': '{t}'}})"),
            "header-name-wrong",
        ),
        (
            "fetch with a body",
            format!(
                "fetch(\"https://a.test/o\", {{\n  \"headers\": {{\"content-type\": \
                 \"application/json\"}},\n  \"body\": \"{{\\\"token\\\":\\\"{t}\\\"}}\",\n  \
                 \"method\": \"POST\"\n}});"
            ),
            "token-in-body",
        ),
        (
            "fetch with a query",
            format!("fetch(\"https://a.test/o?sso={t}\", {{\"method\": \"GET\"}})"),
            "token-in-query",
        ),
        (
            "a field that answers carry",
            format!("GET /o HTTP/1.1\r\nHost: a.test\r\nWWW-Authenticate: Bearer {t}\r\n\r\n"),
            "header-name-wrong",
        ),
        ("a form of curl", format!("curl -F 'token={t}' https://a.test/o"), "token-in-body"),
        ("a member of HTTPie", format!("http POST https://a.test/o token={t}"), "token-in-body"),
    ] {
        expect(what, &input, code, true);
    }
    for input in [
        "axios.get('https://a.test/o')",
        "fetch('https://a.test/o', {headers: {accept: '*/*'}})",
        "requests.get(\"https://a.test/o\", headers={\"Accept\": \"*/*\"})",
    ] {
        expect(input, input, "credential-missing", false);
    }
    // What stands beside a call and not in it is still found.
    let beside = format!("fetch('https://a.test/o') was sent with {t}");
    let report = explain(beside.as_bytes(), &surroundings(Algorithm::Es256));
    assert_eq!(report.verdict, Verdict::Accepted);
}

#[test]
fn a_parameter_of_any_name_counts_where_a_token_stands_behind_it() {
    let t = token(Algorithm::Es256);
    for name in ["access_token", "auth", "jwt", "api_key", "sso", "t", "accessToken"] {
        for input in [
            format!(
                "192.0.2.7 - - [18/Nov/2026:10:26:40 +0000] \"GET /o?{name}={t} HTTP/1.1\" 401"
            ),
            format!("GET /o?page=2&{name}={t} 401 3.2ms"),
            format!("2026-11-18T10:26:40Z WARN GET https://a.test/o?{name}={t} -> 401"),
            format!("/o?{name}={t}"),
        ] {
            expect(&input, &input, "token-in-query", true);
        }
    }
}

#[test]
fn bodies_of_every_kind_are_looked_into() {
    let t = token(Algorithm::Es256);
    for (kind, body) in [
        (
            "multipart/form-data; boundary=X",
            format!("--X\r\nContent-Disposition: form-data; name=\"jwt\"\r\n\r\n{t}\r\n--X--\r\n"),
        ),
        ("application/xml", format!("<a><b>1</b><token>{t}</token></a>")),
        (
            "application/json",
            json!({"extensions": {"authorization": format!("Bearer {t}")}}).to_string(),
        ),
    ] {
        let input =
            format!("POST /o HTTP/1.1\r\nHost: a.test\r\nContent-Type: {kind}\r\n\r\n{body}");
        expect(kind, &input, "token-in-body", true);
    }
}

#[test]
fn writings_of_a_token_are_undone() {
    let t = token(Algorithm::Es256);
    let put = |what: &str| format!("{}{what}{}", &t[..70], &t[70..]);
    let encoded = STANDARD.encode(&t);
    let wrapped: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let mut again = STANDARD.encode(mint(
        Algorithm::Es256,
        &json!({}),
        &with(claims(), &json!({"name": "Zoë Müller"})),
    ));
    for _ in 0..2 {
        again = STANDARD.encode(again);
    }
    for (what, input, code) in [
        ("octal", t.replace('.', "\\056"), "escape-sequence"),
        ("a line end of HTML", put("<br>"), "escape-sequence"),
        ("a line end of XHTML", put("<br />"), "escape-sequence"),
        ("a break of a word", put("<wbr>"), "escape-sequence"),
        ("escape of JavaScript", t.replace('.', "%u002E"), "percent-encoded"),
        ("lines of base64", wrapped.join("\n"), "whitespace-inside"),
        ("base64 three times", again, "base64-of-token"),
        ("a shell's braces", format!("$({t})"), "bracketed"),
        ("Ruby's braces", format!("#{{{t}}}"), "bracketed"),
        ("a template's marks", format!("Authorization: Bearer <%= {t} %>"), "bracketed"),
        ("a slash behind", format!("Authorization: Bearer {t}/"), "trailing-characters"),
        ("a tilde behind", format!("{t}~"), "trailing-characters"),
        ("no header before it", t.split_once('.').unwrap().1.to_owned(), "segment-count"),
        ("a mark for the blank", format!("Authorization: Bearer/{t}"), "scheme-separator"),
        ("an escape for the blank", format!("Authorization: Bearer\\u0020{t}"), "scheme-separator"),
    ] {
        expect(what, &input, code, code != "segment-count");
    }
    let pretty = "{\n  \"alg\": \"ES256\",\n  \"typ\": \"JWT\"\n}";
    let odd = claviger_token::base64url::encode(pretty);
    let folded = format!("{odd}.{}", t.split_once('.').unwrap().1);
    expect("an indented header", &folded.to_lowercase(), "case-folded", true);
    for frame in ["\"<your_token>\"", ":token", "<token", "&lt;token&gt;"] {
        let input = format!("Authorization: Bearer {frame}");
        expect(frame, &input, "credential-placeholder", true);
    }
}

#[test]
fn a_foreign_token_is_one_whatever_its_parts() {
    for (token, code) in [
        (format!("v4.public.{}", "abcd".repeat(30)), "token-opaque"),
        (format!("SG.{}.{}", "a1B2".repeat(5), "c3D4".repeat(10)), "token-opaque"),
    ] {
        expect(&token, &token, code, true);
    }
    // Two foreign characters in a signature make no SD-JWT.
    let t = token(Algorithm::Es256);
    let at = t.len() - 30;
    expect("tildes", &format!("{}~~{}", &t[..at], &t[at + 2..]), "base64-invalid", true);
}

#[test]
fn a_wrong_letter_in_the_header_is_one_and_no_other_signing_input() {
    // `typ` becomes `at+jvt`: what was signed is one of the headers that are usual, and one edit away.
    let t = token(Algorithm::Es256);
    let (header, rest) = t.split_once('.').unwrap();
    let bytes = claviger_token::base64url::decode(header).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let other = claviger_token::base64url::encode(text.replace("at+jwt", "at+jvt"));
    let differ = header.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count();
    if differ == 1 {
        let input = format!("{other}.{rest}");
        expect("one letter of typ", &input, "character-error", true);
    }
}

#[test]
fn a_trace_shows_how_a_redirect_took_the_header_away() {
    let t = token(Algorithm::Es256);
    let trace = |second: &str| {
        format!(
            "* Connected to a.test\n> GET /o HTTP/1.1\n> Host: a.test\n> Authorization: Bearer {t}\n>\n< HTTP/1.1 301 Moved\n\
             < Location: https://www.a.test/o\n<\n> GET /o HTTP/1.1\n> Host: www.a.test\n{second}>\n< HTTP/1.1 401 \
             Unauthorized\n"
        )
    };
    expect("without", &trace(""), "header-stripped", false);
    let again = trace(&format!("> Authorization: Bearer {t}\n"));
    let report = explain(again.as_bytes(), &surroundings(Algorithm::Es256));
    assert_eq!(report.verdict, Verdict::Accepted);
}

#[test]
fn the_word_authorization_as_a_value_or_parameter_is_no_header() {
    let t = token(Algorithm::Es256);
    let asked = "fetch(\"https://a.test/o\", {\"headers\": {\"access-control-request-headers\": \
                 \"authorization\", \"access-control-request-method\": \"GET\"}, \"method\": \"OPTIONS\"})";
    expect("a preflight", asked, "preflight-unauthenticated", false);
    expect("a parameter", &format!("GET /o?Authorization={t} 401 3ms"), "token-in-query", true);
    let list = format!("rawHeaders: [ 'Host', 'a.test', 'Authorization', 'Bearer {t}' ]");
    let report = explain(list.as_bytes(), &surroundings(Algorithm::Es256));
    assert_eq!(report.verdict, Verdict::Accepted);
    expect("marks with blanks", &format!("{{{{ {t} }}}}"), "bracketed", true);
}
