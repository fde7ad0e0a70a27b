use super::*;
use claviger_token::Code;
use proptest::prelude::*;

/// Time, status, target, address.
fn seen(line: &str) -> (Option<i64>, Option<u16>, String, String) {
    let event = read(line);
    let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned).unwrap_or_default();
    (event.time, event.status, text(event.target), text(event.address))
}

fn check(line: &str, time: i64, status: u16, target: &str, address: &str) {
    let expected = (Some(time), Some(status), target.to_owned(), address.to_owned());
    assert_eq!(seen(line), expected, "{line}");
}

#[test]
fn nginx_and_apache_are_read() {
    let line = r#"203.0.113.7 - - [18/Nov/2026:12:06:40 +0100] "GET /orders?a=1 HTTP/1.1" 401 59"#;
    check(line, 1_795_000_000, 401, "/orders?a=1", "203.0.113.7");
    let line =
        r#"::1 - ann [18/Nov/2026:11:06:40 +0000] "GET /a\"b HTTP/1.1" 403 0 "-" "curl/8.1" "x""#;
    check(line, 1_795_000_000, 403, "/a\\\"b", "::1");
    assert_eq!(read(line).text.as_deref(), Some(r#""x""#));
    let line =
        r#"api.example:443 10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "GET / HTTP/2.0" 200 5"#;
    check(line, 1_795_000_000, 200, "/", "10.0.0.9");
    // What is no request line still was answered.
    let line = r#"10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "\x16\x03\x01" 400 157 "-" "-""#;
    check(line, 1_795_000_000, 400, "", "10.0.0.9");
}

#[test]
fn envoy_is_read() {
    let line = r#"[2026-11-18T11:06:40.310Z] "POST /api/v1/orders HTTP/2" 401 - 154 0 226 100 "10.0.35.28, 10.0.0.1" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "orders" "-""#;
    check(line, 1_795_000_000, 401, "/api/v1/orders", "10.0.35.28, 10.0.0.1");
    let line = r#"[2026-11-18T11:06:40.310Z] "GET / HTTP/1.1" 401 - jwt_authn_access_denied{Jwt_is_expired} - "-" 0 14 0 - "-" "curl/8" "x" "api" "-""#;
    assert_eq!(read(line).text.as_deref(), Some("- jwt_authn_access_denied{Jwt_is_expired} - "));
    assert_eq!(read(line).status, Some(401));
}

#[test]
fn haproxy_is_read() {
    let line = r#"Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 401 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1""#;
    check(line, 1_233_922_454, 401, "/index.html", "10.0.1.2:33317");
    let line = r#"10.0.1.2:33317 [06/Feb/2009:12:14:14.655] in~ api/<NOSRV> 0/-1/-1/-1/0 403 188 - - PR-- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;
    check(line, 1_233_922_454, 403, "/", "10.0.1.2:33317");
}

#[test]
fn json_is_read() {
    let nginx = r#"{"time":"18/Nov/2026:11:06:40 +0000","remote_addr":"10.0.0.9","request":"GET /orders HTTP/1.1","status":"401","authorization":"-"}"#;
    check(nginx, 1_795_000_000, 401, "/orders", "10.0.0.9");
    assert!(read(nginx).without_credential);
    let envoy = r#"{"start_time":"2026-11-18T11:06:40.310Z","method":"GET","path":"/x","response_code":403,"downstream_remote_address":"10.0.0.9:1234"}"#;
    check(envoy, 1_795_000_000, 403, "/x", "10.0.0.9:1234");
    let caddy = r#"{"level":"info","ts":1795000000.5,"msg":"handled request","request":{"remote_ip":"10.0.0.9","method":"GET","uri":"/x","headers":{"Authorization":["Bearer x"]}},"status":401}"#;
    check(caddy, 1_795_000_000, 401, "/x", "10.0.0.9");
    assert!(!read(caddy).without_credential);
    let traefik = r#"{"ClientHost":"10.0.0.9","DownstreamStatus":401,"RequestPath":"/x","StartUTC":"2026-11-18T11:06:40Z"}"#;
    check(traefik, 1_795_000_000, 401, "/x", "10.0.0.9");
    let elastic = r#"{"@timestamp":"2026-11-18T11:06:40Z","http":{"response":{"status_code":401}},"url":{"path":"/x"},"client":{"ip":"10.0.0.9"}}"#;
    check(elastic, 1_795_000_000, 401, "/x", "10.0.0.9");
    let library = r#"{"timestamp":"2026-11-18T11:06:40Z","level":"WARN","fields":{"message":"refused","code":"expired","diagnosis":"dg_a","path":"/x","status":401}}"#;
    let event = read(library);
    assert_eq!((event.code, event.status), (Some(Code::Expired), Some(401)));
}

#[test]
fn the_gate_is_read() {
    let line = r#"2026-11-18T11:06:40.123456Z  WARN claviger_gate::refused: refused code=audience-mismatch diagnosis=dg_abc status=401 method=GET path="/orders" peer=10.0.0.9 client="billing \"x\"" issuer="https://id.example""#;
    check(line, 1_795_000_000, 401, "/orders", "10.0.0.9");
    let event = read(line);
    assert_eq!(event.code, Some(Code::AudienceMismatch));
    assert_eq!(event.client.as_deref(), Some("billing \"x\""));
    assert_eq!(event.issuer.as_deref(), Some("https://id.example"));
    assert_eq!(event.diagnosis.as_deref(), Some("dg_abc"));
    assert_eq!(event.text.as_deref(), Some("WARN claviger_gate::refused: refused"));
}

#[test]
fn a_text_has_its_time_in_front() {
    let event = read("2026/11/18 11:06:40 [error] 12#0: jwt expired");
    assert_eq!(event.time, Some(1_795_000_000));
    assert_eq!(event.text.as_deref(), Some("[error] 12#0: jwt expired"));
    assert_eq!(read("[2026-11-18T11:06:40Z] jwt expired").text.as_deref(), Some("jwt expired"));
    assert_eq!(read("a = b, c = d").text.as_deref(), Some("a = b, c = d"));
    assert_eq!(read(""), Event::default());
}

#[test]
fn the_frame_of_a_container_is_taken_off() {
    let line = r#"10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] "GET /o HTTP/1.1" 401 5"#;
    let docker = serde_json::json!({"log": format!("{line}\n"), "stream": "stdout"}).to_string();
    let other = format!("2026-11-18T11:06:40.123456789Z stdout F {line}");
    for framed in [docker, other] {
        assert_eq!(unwrapped(&framed).trim_end(), line);
    }
    assert_eq!(unwrapped(line), line);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text: String) {
        let _ = read(&text);
    }

    #[test]
    fn no_damaged_line_makes_it_panic(which in 0_usize..4, at in 0_usize..300, put in "[\"\\\\\\[\\]{}= é]{0,3}") {
        let lines = [
            r#"1.2.3.4 - - [18/Nov/2026:11:06:40 +0000] "GET /o HTTP/1.1" 401 5 "-" "é" code=expired"#,
            r#"[2026-11-18T11:06:40.310Z] "POST /a HTTP/2" 401 - 154 0 "10.0.35.28" "é" "x""#,
            r#"x[1]: 1.2.3.4:5 [06/Feb/2009:12:14:14.655] a b/c 1/2/3 401 5 {é} "GET / HTTP/1.1""#,
            r#"{"time":"18/Nov/2026:11:06:40 +0000","a":{"b":["é\u00e9"]},"request":"GET /o HTTP/1.1"}"#,
        ];
        let mut line: Vec<char> = lines[which].chars().collect();
        let at = at.min(line.len());
        line.splice(at..at, put.chars());
        let _ = read(&line.iter().collect::<String>());
        let _ = read(&line.iter().take(at).collect::<String>());
    }
}
