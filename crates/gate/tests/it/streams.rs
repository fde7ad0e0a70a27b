//! Large bodies and hostile bytes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::scene;

const MIB: usize = 1024 * 1024;

#[test]
fn twenty_mebibytes_go_both_ways() {
    let scene = scene();
    let body = vec![b'u'; 20 * MIB];
    let counted = scene.post("/count").body(body.clone()).send();
    assert_eq!(counted.json()["bytes"], 20 * MIB);
    let down = scene.get(&format!("/bytes/{}", 20 * MIB)).bearer(&scene.token()).send();
    assert_eq!((down.status, down.body.len()), (200, 20 * MIB));
    assert!(scene.post("/echo").body(body.clone()).send().body == body);
}

#[test]
fn an_answer_streams_while_the_request_is_still_under_way() {
    let scene = scene();
    let address = scene.gate.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let head = format!(
        "POST /echo HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
        scene.token()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    while !seen.windows(5).any(|window| window == b"first") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..read]);
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
}

#[test]
fn garbage_ends_its_connection_and_nothing_else() {
    let scene = scene();
    let address = scene.gate.url.strip_prefix("http://").unwrap().to_owned();
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "a".repeat(100_000));
    let cases: [&[u8]; 9] = [
        b"",
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage garbage garbage",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nAuthorization: x\r\n\r\n",
        long.as_bytes(),
    ];
    for case in cases {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let _ = stream.write_all(case);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.starts_with("HTTP/1.1 2"), "{text}");
    }
    assert_eq!(scene.sink.requests(), 0);
    assert_eq!(scene.get("/").bearer(&scene.token()).send().status, 200);
}

#[test]
fn a_head_that_is_too_long_is_431() {
    let scene = scene();
    let answer = scene.get("/").header("X-Long", "a".repeat(80_000)).send();
    assert_eq!(answer.status, 431);
}

#[tokio::test]
async fn http_2_is_spoken_too() {
    use http_body_util::{BodyExt as _, Full};
    let scene = scene();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<Full<bytes::Bytes>>();
    let request = http::Request::post(format!("{}/echo", scene.gate.url))
        .header("authorization", format!("Bearer {}", scene.token()))
        .body(Full::from(vec![b'x'; MIB]));
    let answer = client.request(request.unwrap()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), MIB);
    let cookies = http::Request::get(format!("{}/shown", scene.gate.url))
        .header("authorization", format!("Bearer {}", scene.token()))
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Full::default());
    let answer = client.request(cookies.unwrap()).await.unwrap();
    let shown = answer.into_body().collect().await.unwrap().to_bytes();
    let shown = serde_json::from_slice(&shown).unwrap();
    assert_eq!(crate::reached(&shown, "cookie"), ["a=1; b=2"]);
}
