//! Asks a running authority on this machine whether it is ready, over the very address it listens on:
//! what a container's health check calls.
//!
//! Takes whatever certificate the server shows: nothing secret is asked or told, the connection goes to this
//! machine, and the configured files may be newer than what is served, or broken, while all is well.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, Error};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::Config;
use crate::tls::signatures_by_rustls;

const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the authority of this configuration answers that it is ready.
///
/// # Errors
/// What it said instead, or why nothing came.
pub async fn probe(config: &Config) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, ask(config)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn ask(config: &Config) -> Result<(), String> {
    let issuer = config.issuer().map_err(|error| error.to_string())?;
    let mut address = config.listen;
    // The address of everywhere is nowhere to connect to.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let socket = TcpStream::connect(address)
        .await
        .map_err(|error| format!("nothing answers at {address}: {error}"))?;
    let request = format!(
        "GET {}/health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n",
        issuer.path
    );
    if !config.tls.is_on() {
        return told(socket, &request).await;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any { provider }))
        .with_no_client_auth();
    let name = ServerName::IpAddress(address.ip().into());
    let stream = TlsConnector::from(Arc::new(client))
        .connect(name, socket)
        .await
        .map_err(|error| format!("no TLS with {address}: {error}"))?;
    told(stream, &request).await
}

async fn told(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &str,
) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("the connection broke: {error}");
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    let mut answer = Vec::new();
    // A server that closes without a farewell has said what there was all the same.
    let _ = stream.take(4096).read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let first = answer.lines().next().unwrap_or_default();
    match first.split(' ').nth(1) {
        Some("200") => Ok(()),
        Some(status) => Err(format!("it answers {status}{}", reason(&answer))),
        None => Err("it answers no HTTP".to_owned()),
    }
}

/// What an answer that is a problem document says, and where more stands; nothing for another one.
fn reason(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let Ok(problem) = serde_json::from_str::<serde_json::Value>(body) else { return String::new() };
    let (detail, diagnosis) = (problem["detail"].as_str(), problem["diagnosis"].as_str());
    let detail = detail.map(|detail| format!(": {detail}"));
    let diagnosis = diagnosis.map(|id| format!("; its log says more under {id}"));
    detail.into_iter().chain(diagnosis).collect()
}

/// Takes any certificate; that its key is the server's is proven.
#[derive(Debug)]
struct Any {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    signatures_by_rustls!();
}
