//! TLS on the socket: what is served, what is refused, and new files without a lost connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_authority::{Config, TlsSettings};
use claviger_testkit::pki::{Issued, Pki};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::app::NOW;
use crate::server::Served;

struct Files {
    pki: Pki,
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> (Self, TlsSettings) {
        let files = Self { pki: Pki::new(), folder: tempfile::tempdir().unwrap() };
        let settings = files.put(&files.pki.server());
        (files, settings)
    }

    fn put(&self, issued: &Issued) -> TlsSettings {
        let (cert, key) = issued.write(self.folder.path(), "server", "");
        TlsSettings { cert_file: Some(cert), key_file: Some(key), ..TlsSettings::default() }
    }

    async fn connect(&self, served: &Served, alpn: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.pki.certificate().as_bytes()).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let socket = TcpStream::connect(served.address).await.unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_says_nothing_behind_its_handshake_is_let_go() {
    let (files, settings) = Files::new();
    let served = Served::start(|config| {
        config.tls = settings;
        config.limits.head_read_seconds = 1;
    })
    .await;
    for alpn in [&b"h2"[..], b"http/1.1"] {
        let mut stream = files.connect(&served, alpn).await;
        let mut read = Vec::new();
        let reading = stream.read_to_end(&mut read);
        let ended = tokio::time::timeout(Duration::from_secs(30), reading).await;
        assert!(ended.is_ok(), "{}", String::from_utf8_lossy(alpn));
    }
    served.stop().await;
}

fn leaf(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// One answer on a connection that stays open.
async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text.into_owned();
            }
        }
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..count]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_tls_the_issuer_is_https_and_browsers_are_told_to_stay_there() {
    let (files, settings) = Files::new();
    let served = Served::start(|config| config.tls = settings).await;
    let mut stream = files.connect(&served, b"http/1.1").await;
    let answer = ask(&mut stream, "/.well-known/openid-configuration").await;
    assert!(answer.contains(&format!("\"issuer\":\"https://{}\"", served.address)), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    let stream = files.connect(&served, b"h2").await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(stream.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_and_silence_get_nothing_and_harm_nobody() {
    let (files, mut settings) = Files::new();
    settings.handshake_seconds = 1;
    let served = Served::start(|config| config.tls = settings).await;
    let started = Instant::now();
    let answer = served.request("GET /jwks HTTP/1.1").await;
    assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
    let answer = served.raw(b"", Duration::from_secs(8)).await;
    assert_eq!(answer, "");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    let mut stream = files.connect(&served, b"http/1.1").await;
    assert!(ask(&mut stream, "/health/live").await.starts_with("HTTP/1.1 200 "));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_files_are_served_to_new_connections_and_broken_ones_change_nothing() {
    let (files, settings) = Files::new();
    let served = Served::start(|config| config.tls = settings).await;
    let mut old = files.connect(&served, b"http/1.1").await;
    let first = leaf(&old);

    let second = files.pki.server();
    files.put(&second);
    served.reload.ask();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let stream = files.connect(&served, b"http/1.1").await;
        if leaf(&stream) == second.der {
            break;
        }
        assert_eq!(leaf(&stream), first);
        assert!(Instant::now() < deadline, "the new certificate was not served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Who was connected stays so.
    assert!(ask(&mut old, "/health/live").await.starts_with("HTTP/1.1 200 "));

    // No signal: the change itself is noticed.
    let third = files.pki.server();
    std::fs::write(files.folder.path().join("server.pem"), &third.certificate).unwrap();
    let refused = "claviger_tls_reloads_total{outcome=\"refused\"}";
    while !ask(&mut old, "/metrics").await.contains(refused) {
        assert!(Instant::now() < deadline, "the broken files were not noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(leaf(&files.connect(&served, b"http/1.1").await), second.der);
    std::fs::write(files.folder.path().join("server.key"), &third.key).unwrap();
    loop {
        if leaf(&files.connect(&served, b"http/1.1").await) == third.der {
            break;
        }
        assert!(Instant::now() < deadline, "the mended files were not served");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let figures = ask(&mut old, "/metrics").await;
    assert!(figures.contains("claviger_tls_certificate_expiry_timestamp_seconds 6"), "{figures}");
    served.stop().await;
}

/// A renewal at the very moment of the start.
#[tokio::test]
async fn files_that_change_right_after_they_were_read_are_noticed() {
    let (files, settings) = Files::new();
    let next = files.pki.server();
    let served = Served::start_while(
        |config| config.tls = settings,
        || {
            files.put(&next);
        },
    )
    .await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while leaf(&files.connect(&served, b"http/1.1").await) != next.der {
        assert!(Instant::now() < deadline, "the new certificate was not served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    served.stop().await;
}

#[test]
fn files_that_cannot_be_served_are_refused_with_words() {
    let (files, good) = Files::new();
    let folder = files.folder.path();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let own = files.pki.server();
    let check = |tls: TlsSettings| {
        let config = Config { tls, ..Config::default() };
        assert_eq!(config.check(), Ok(()));
        config.file_problems(NOW)
    };
    assert_eq!(check(good.clone()), []);
    let authority = files.pki.certificate();
    let whole = format!("{}{authority}", own.certificate);
    let turned = format!("{authority}{}", own.certificate);
    let other = files.pki.server();
    let strange = format!("{}{}", own.certificate, other.certificate);
    let key = file("own.key", &own.key);
    let next = std::cell::Cell::new(0);
    let with = |cert: &str| TlsSettings {
        cert_file: file(&format!("{}.pem", next.replace(next.get() + 1)), cert),
        key_file: key.clone(),
        ..TlsSettings::default()
    };
    assert_eq!(check(with(&whole)), []);
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let expired = files.pki.expired();
    for (tls, field, says) in [
        (with(&other.certificate), "tls.key_file", "is not the key of the certificate"),
        (with(&turned), "tls.cert_file", "certificate 2 is not the issuer of certificate 1"),
        (with(&strange), "tls.cert_file", "certificate 2 is not the issuer of certificate 1"),
        (with(""), "tls.cert_file", "there is no certificate in"),
        (with("-----BEGIN CERTIFICATE-----\n!\n"), "tls.cert_file", "no PEM"),
        (
            with("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "tls.cert_file",
            "no X.509",
        ),
        (
            TlsSettings { key_file: file("e.key", encrypted), ..with(&whole) },
            "tls.key_file",
            "is encrypted",
        ),
        (
            TlsSettings { key_file: file("n.key", "none"), ..with(&whole) },
            "tls.key_file",
            "there is no private key",
        ),
        (
            TlsSettings { key_file: file("x.key", &expired.key), ..with(&expired.certificate) },
            "tls.cert_file",
            "expired at 2020-01-01T00:00:00Z",
        ),
        (
            TlsSettings { cert_file: Some(folder.join("absent.pem")), ..good.clone() },
            "tls.cert_file",
            "cannot read",
        ),
        (
            TlsSettings { client_ca_file: file("ca.pem", "nothing"), ..good },
            "tls.client_ca_file",
            "there is no certificate in",
        ),
    ] {
        let found = check(tls);
        let [error] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(error.field, field, "{error}");
        assert!(error.problem.contains(says), "{error}");
        assert!(!error.fix.is_empty());
    }
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let some = || Some("x".into());
    let tls = |tls: TlsSettings| Config { tls, ..Config::default() };
    let none = TlsSettings::default;
    for (config, field) in [
        (tls(TlsSettings { cert_file: some(), ..none() }), "tls.key_file"),
        (tls(TlsSettings { key_file: some(), ..none() }), "tls.cert_file"),
        (tls(TlsSettings { client_ca_file: some(), ..none() }), "tls.client_ca_file"),
        (tls(TlsSettings { client_certificates: true, ..none() }), "tls.client_certificates"),
        (
            tls(TlsSettings { client_certificate_header: Some("x-c".into()), ..none() }),
            "tls.client_certificate_header",
        ),
        (
            Config {
                issuer: Some("http://127.0.0.1:8600".into()),
                ..tls(TlsSettings { cert_file: some(), key_file: some(), ..none() })
            },
            "issuer",
        ),
    ] {
        assert_eq!(config.check().unwrap_err().field, field);
    }
    let open = Config {
        listen: "0.0.0.0:443".parse().unwrap(),
        issuer: Some("https://id.example".into()),
        ..tls(TlsSettings { cert_file: some(), key_file: some(), ..none() })
    };
    assert_eq!(open.check(), Ok(()));
}
