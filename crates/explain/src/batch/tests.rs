use super::*;
use crate::render::TextStyle;
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, with};
use claviger_token::{Algorithm, Policy};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_795_000_000;
/// The same in an access log.
const TIME: &str = "18/Nov/2026:11:06:40 +0000";

fn surroundings() -> Arc<Surroundings> {
    let policy = Policy::access("https://id.example", "https://api.example");
    let set = keys::jwks(&[keys::signing(Algorithm::Es256)]).to_string();
    let around = Surroundings::new(policy, NOW + 1_000_000).with_budget(BATCH_BUDGET);
    Arc::new(around.with_key_set("jwks", set.as_bytes()))
}

fn token(changes: &Value) -> String {
    let claims = json!({
        "iss": "https://id.example", "aud": "https://api.example", "sub": "a", "client_id": "web",
        "iat": NOW - 60, "exp": NOW + 240,
    });
    mint(Algorithm::Es256, &json!({}), &with(claims, changes))
}

fn read(log: &str) -> Groups {
    read_by(log, surroundings())
}

fn read_by(log: &str, surroundings: Arc<Surroundings>) -> Groups {
    let mut batch = Batch::new(surroundings);
    let mut cutter = Cutter::default();
    let first = cutter.push(log.as_bytes());
    for block in first.into_iter().chain(cutter.finish()) {
        batch.block(&block);
    }
    batch.finish()
}

/// Code, client, count, certainty of the rows with a cause.
fn rows(groups: &Groups) -> Vec<(String, String, u64, String)> {
    let json = groups.to_json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    json["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let client = if row["client"].is_null() { &row["address"] } else { &row["client"] };
            let count = row["count"].as_u64().unwrap();
            (text(&row["code"]), text(client), count, text(&row["certainty"]))
        })
        .collect()
}

fn row(code: &str, client: &str, count: u64, certainty: &str) -> (String, String, u64, String) {
    (code.to_owned(), client.to_owned(), count, certainty.to_owned())
}

#[test]
fn a_token_is_judged_as_of_its_line() {
    let token = token(&json!({}));
    let line = |time: &str, status: u16| {
        format!(
            "10.0.0.9 - - [{time}] \"GET /orders?a=1 HTTP/1.1\" {status} 5 \"-\" \"curl\" \"Bearer {token}\"\n"
        )
    };
    let late = "18/Nov/2026:12:06:40 +0000";
    let log = [line(TIME, 200), line(late, 401), line(late, 401), line(TIME, 401)].concat();
    let groups = read(&log);
    assert_eq!((groups.lines, groups.requests, groups.refused), (4, 4, 3));
    assert_eq!(rows(&groups), [row("expired", "web", 2, "proven")]);
    // At that time the token was good: whoever refused it judges by something else.
    let json = groups.to_json();
    assert_eq!(json["unexplained"], 1);
    let open = &json["unexplained_groups"][0];
    assert_eq!((&open["client"], &open["path"]), (&json!("web"), &json!("/orders")));
    assert!(open["reason"].as_str().unwrap().contains("take the token"), "{open}");
    assert_eq!(json["groups"][0]["first"], "2026-11-18T12:06:40Z");
    assert_eq!(json["groups"][0]["example_line"], 2);
    assert_eq!(json["groups"][0]["issuer"], "https://id.example");
}

#[test]
fn a_line_without_a_token_has_the_cause_that_it_names() {
    let log = [
        r#"10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "GET /orders HTTP/1.1" 401 5 "-" "-" "audience-mismatch""#,
        r#"10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "GET /orders HTTP/1.1" 401 5 "-" "-" code="audience-mismatch""#,
        r#"10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "GET /orders/7 HTTP/1.1" 403 5 "-" "-" "Bearer error=\"insufficient_scope\"""#,
        r#"2026-11-18T11:06:40Z  WARN claviger_gate::refused: refused code=expired diagnosis=dg_a status=401 method=GET path="/orders" peer=10.0.0.7 client="billing" issuer="https://id.example""#,
        r#"{"time":"2026-11-18T11:06:40Z","status":401,"remote_addr":"10.0.0.8","authorization":"-","uri":"/x"}"#,
        r#"{"time":"2026-11-18T11:06:40Z","status":401,"remote_addr":"10.0.0.8","authorization":"Bearer ***","uri":"/x"}"#,
        r#"{"time":"2026-11-18T11:06:40Z","status":503,"remote_addr":"10.0.0.8","uri":"/x"}"#,
        "2026-11-18T11:06:40Z something else altogether",
        "",
    ]
    .join("\n");
    let groups = read(&log);
    assert_eq!((groups.lines, groups.requests, groups.refused), (8, 7, 6));
    assert_eq!((groups.unexplained, groups.other_lines), (2, 1));
    let mut rows = rows(&groups);
    rows.sort();
    assert_eq!(
        rows,
        [
            row("audience-mismatch", "10.0.0.9", 1, "possible"),
            row("credential-missing", "10.0.0.8", 1, "likely"),
            row("expired", "billing", 1, "likely"),
            row("scope-insufficient", "10.0.0.9", 1, "possible"),
        ]
    );
    let json = groups.to_json();
    let expired = json["groups"].as_array().unwrap().iter().find(|row| row["code"] == "expired");
    assert_eq!(expired.unwrap()["diagnosis"], "dg_a");
}

#[test]
fn no_client_names_the_cause_of_its_own_refusal() {
    let log = [
        r#"10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "GET /o?code=expired HTTP/1.1" 401 5 "code=expired" "code=expired""#,
        r#"10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "GET /o HTTP/1.1" 401 5 "-" "code=expired" code="-""#,
        r#"[2026-11-18T11:06:40.310Z] "GET / HTTP/1.1" 401 - 0 14 0 - "-" "code=expired" "x" "api" "-""#,
        r#"1.2.3.4:5 [06/Feb/2009:12:14:14.655] a b/c 1/2/3 401 5 - - ---- 1/1 0/0 "GET /?code=expired HTTP/1.1""#,
        r#"level=warn status=401 path=/o?code=expired"#,
        r#"level=warn status=401 path="/o?code=expired\" code=expired""#,
        r#"{"status":401,"path":"/o?code=expired","user_agent":"code=expired"}"#,
    ]
    .join("\n");
    let groups = read(&log);
    assert_eq!((groups.refused, groups.unexplained), (7, 7), "{}", groups.to_json());
}

#[test]
fn tokens_line_by_line_are_judged_at_the_given_time() {
    let fresh = json!({"iat": NOW + 1_000_000, "exp": NOW + 1_000_300});
    let log = format!(
        "{}\nAuthorization: Bearer {}\nghp_0123456789abcdefghijABCDEFGHIJ012345\nhello\n",
        token(&json!({})),
        token(&fresh),
    );
    let groups = read(&log);
    assert_eq!((groups.lines, groups.refused, groups.accepted, groups.other_lines), (4, 2, 1, 1));
    assert!(rows(&groups).contains(&row("expired", "web", 1, "proven")));
    let policy = Policy::access("https://id.example", "https://api.example");
    let no_key = Arc::new(Surroundings::new(policy, NOW));
    let groups = read_by(&token(&json!({})), no_key);
    assert_eq!((groups.undetermined, groups.refused), (1, 0));
}

#[test]
fn a_har_file_is_read_entry_by_entry() {
    let entry = |status: u16, headers: Value| {
        json!({
            "startedDateTime": "2026-11-18T12:06:40.000Z",
            "request": {"method": "GET", "url": "https://api.example/orders?x=é", "headers": headers},
            "response": {"status": status, "headers": []},
        })
    };
    let with = json!([{"name": "authorization", "value": format!("Bearer {}", token(&json!({})))}]);
    let har = json!({"log": {"entries": [
        entry(200, with.clone()), entry(401, with.clone()), entry(401, with), entry(401, json!([])),
    ]}});
    let bytes = serde_json::to_vec_pretty(&har).unwrap();
    assert!(is_archive(&bytes));
    let mut batch = Batch::new(surroundings());
    assert!(batch.archive(&bytes));
    let groups = batch.finish();
    assert_eq!((groups.lines, groups.requests, groups.refused), (4, 4, 3));
    let expected = [row("expired", "web", 2, "proven"), row("credential-missing", "", 1, "likely")];
    assert_eq!(rows(&groups), expected);
    assert!(!is_archive(b"{\"log\":\"a line\"}"));
    assert!(!Batch::new(surroundings()).archive(b"{\"log\":{}}"));
}

#[test]
fn the_table_says_who_acts_and_shows_no_token() {
    let token = token(&json!({"aud": "https://other.example"}));
    let line = format!(
        "10.0.0.9 - - [{TIME}] \"GET /o?access_token={token} HTTP/1.1\" 401 5\n\
         10.0.0.9 - - [{TIME}] \"GET /{token} HTTP/1.1\" 401 5\n"
    );
    let groups = read(&line.repeat(1200));
    let style = TextStyle { color: false, width: 80, show_repaired: true };
    let table = table(&groups, &style);
    assert!(table.starts_with("2 400 of 2 400 requests were refused"), "{table}");
    assert!(table.contains(" acts: "), "{table}");
    let signature = token.rsplit('.').next().unwrap();
    for text in [table, groups.to_json().to_string(), format!("{groups:?}")] {
        assert!(!text.contains(signature), "{text}");
        assert!(!text.contains(&token[..40]), "{text}");
    }
}

#[test]
fn a_line_beyond_the_bound_is_counted_and_not_read() {
    let long = format!("{}\n{}\n", "a".repeat(3 * MAX_LINE_BYTES), token(&json!({})));
    let groups = read(&long);
    assert_eq!((groups.lines, groups.long_lines, groups.refused), (2, 1, 1));
    assert_eq!(groups.to_json()["groups"][0]["example_line"], 2);
}

/// Lines of all kinds, some of them damaged.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let token = token(&json!({}));
    let good = prop::sample::select(vec![
        format!("10.0.0.9 - - [{TIME}] \"GET /o HTTP/1.1\" 401 5 \"-\" \"-\" \"Bearer {token}\""),
        format!("10.0.0.8 - - [{TIME}] \"GET /o/1 HTTP/1.1\" 403 5"),
        format!("10.0.0.8 - - [{TIME}] \"GET /o/1 HTTP/1.1\" 200 5"),
        "{\"status\":401,\"code\":\"expired\",\"client\":\"a\"}".to_owned(),
        token,
        "text".to_owned(),
        String::new(),
    ]);
    let line = prop_oneof![3 => good, 1 => "[^\n]{0,40}"];
    proptest::collection::vec(line, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_line_is_counted_once_however_the_log_is_cut(lines in lines(), cut in 0_usize..12) {
        let around = surroundings();
        let cut = cut.min(lines.len());
        let log = |part: &[String]| part.iter().map(|line| format!("{line}\n")).collect::<String>();
        let whole = read_by(&log(&lines), Arc::clone(&around));
        prop_assert_eq!(whole.lines, lines.len() as u64);
        prop_assert_eq!(whole.lines, whole.requests + whole.other_lines);
        let json = whole.to_json();
        let sum = |name: &str| -> u64 {
            json[name].as_array().unwrap().iter().map(|row| row["count"].as_u64().unwrap()).sum()
        };
        prop_assert_eq!(sum("groups") + sum("unexplained_groups"), whole.refused);
        prop_assert_eq!(sum("unexplained_groups"), whole.unexplained);

        let mut first = Batch::new(Arc::clone(&around));
        let mut second = Batch::new(around);
        first.block(&Block { first_line: 1, bytes: log(&lines[..cut]).into_bytes() });
        second.block(&Block { first_line: cut as u64 + 1, bytes: log(&lines[cut..]).into_bytes() });
        let mut merged = second.finish();
        merged.merge(first.finish());
        prop_assert_eq!(merged, whole);
    }
}
