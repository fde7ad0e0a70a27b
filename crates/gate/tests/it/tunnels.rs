//! Connections that change their protocol.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use claviger_testkit::{FakeIssuer, keys, mint, now};
use claviger_token::Algorithm;
use claviger_token::revocation::{Entry, Kind, hash};
use serde_json::json;

use crate::{API, Running, config, start};

/// An upstream that takes every upgrade and echoes.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let head = head(&mut stream);
                assert!(head.to_ascii_lowercase().contains("upgrade: echo"), "{head}");
                assert!(head.contains("claviger-subject: example-client"), "{head}");
                let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
                let mut buffer = [0; 1024];
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    stream.write_all(&buffer[..read]).unwrap();
                }
            });
        }
    });
    url
}

fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn open(gate: &Running, token: &str) -> (TcpStream, String) {
    open_as(gate, &format!("Bearer {token}"))
}

fn open_as(gate: &Running, credential: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(gate.url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let request = format!(
        "GET /socket HTTP/1.1\r\nHost: x\r\nAuthorization: {credential}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let head = head(&mut stream);
    (stream, head)
}

fn echoes(stream: &mut TcpStream, text: &[u8]) {
    stream.write_all(text).unwrap();
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, text);
}

/// Waits until the gate has closed the connection.
fn closed(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    start.elapsed()
}

#[test]
fn an_upgrade_tunnels_and_ends_with_its_token() {
    let issuer = FakeIssuer::start();
    let gate = start(claviger_gate::GateConfig { leeway: 0, ..config(&issuer, &echo()) });
    let (mut stream, head) = open(&gate, &issuer.mint(API, &json!({ "exp": now() + 3 })));
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(head.to_ascii_lowercase().contains("upgrade: echo"), "{head}");
    echoes(&mut stream, b"hello");
    echoes(&mut stream, &[0, 255, 10, 13]);
    assert!(closed(&mut stream) < Duration::from_secs(5));
}

#[test]
fn an_upgrade_without_a_good_token_is_refused() {
    let issuer = FakeIssuer::start();
    let gate = start(config(&issuer, &echo()));
    let (_, head) = open(&gate, "no.token.here");
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
}

#[test]
fn a_revoked_token_closes_its_tunnel() {
    let issuer = FakeIssuer::start();
    issuer.publish_feed();
    let gate = start(config(&issuer, &echo()));
    let (mut stream, _) = open(&gate, &issuer.mint(API, &json!({ "jti": "tunnel" })));
    echoes(&mut stream, b"hello");
    let entry = Entry {
        seq: 1,
        kind: Kind::Token,
        hash: hash(Kind::Token, "tunnel"),
        until: None,
        expires: now() + 900,
    };
    issuer.revoke(serde_json::from_str(&entry.to_json()).unwrap());
    assert!(closed(&mut stream) < Duration::from_secs(3));
}

#[test]
fn a_gate_that_stops_closes_its_tunnels() {
    let issuer = FakeIssuer::start();
    let gate = start(config(&issuer, &echo()));
    let (mut stream, _) = open(&gate, &issuer.mint(API, &json!({})));
    echoes(&mut stream, b"hello");
    drop(gate);
    closed(&mut stream);
}

/// The proof is that of the request which opened the connection; nobody can make another for it.
#[test]
fn a_tunnel_of_a_bound_token_lives_on_behind_its_one_proof() {
    let (issuer, upstream) = (FakeIssuer::start(), echo());
    let gate = start(config(&issuer, &upstream));
    let key = keys::signing(Algorithm::EdDsa);
    let jkt = key.public().unwrap().thumbprint().to_owned();
    let token = issuer.mint(API, &json!({ "cnf": { "jkt": jkt } }));
    let proof = mint::proof(&key, "GET", "http://x/socket", &token, &json!({}));
    let (mut stream, head) = open_as(&gate, &format!("DPoP {token}\r\nDPoP: {proof}"));
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(2500) {
        echoes(&mut stream, b"still here");
        std::thread::sleep(Duration::from_millis(100));
    }
}
