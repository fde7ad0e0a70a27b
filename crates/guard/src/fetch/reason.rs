//! Why a connection failed, told apart and in words an operator can act on.
//!
//! Looks for the innermost cause: the outer layers of a client only say that something went wrong.

use std::error::Error;
use std::io::ErrorKind;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::Cause;

/// The cause of a client's failure, with its reason.
pub(super) fn of(error: &(dyn Error + 'static)) -> (Cause, String) {
    let mut inner = error;
    let mut kind = None;
    loop {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return (Cause::Tls, of_tls(tls));
        }
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            kind = Some(io.kind());
            // What an I/O error wraps is not its source, but that one's source is.
            if let Some(wrapped) = io.get_ref() {
                inner = wrapped;
                continue;
            }
        }
        match inner.source() {
            Some(next) => inner = next,
            None => break,
        }
    }
    let mut chain = String::new();
    let mut layer = Some(error);
    while let Some(error) = layer {
        chain.push_str(&error.to_string());
        chain.push('\n');
        layer = error.source();
    }
    // Our own resolver says so, and hyper calls it a DNS error as well.
    if kind == Some(ErrorKind::PermissionDenied) {
        let reason = "the name leads to an address that is not on the public Internet";
        return (Cause::Inside, reason.to_owned());
    }
    if chain.contains("dns error") || chain.contains("failed to lookup") {
        return (Cause::Dns, "the name does not resolve".to_owned());
    }
    let refused = |reason: &str| (Cause::Refused, reason.to_owned());
    match kind {
        Some(ErrorKind::TimedOut) => (Cause::Timeout, "no connection in time".to_owned()),
        Some(ErrorKind::ConnectionRefused) => refused(
            "nobody listens there (connection refused); inside a container `localhost` is the container itself",
        ),
        Some(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe) => {
            refused("the connection was closed before an answer came")
        }
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            refused("there is no route to that host")
        }
        _ if chain.contains("invalid HTTP version") || chain.contains("invalid HTTP") => {
            refused("what answers there speaks no HTTP; perhaps it speaks TLS (https)")
        }
        _ if chain.contains("connection closed before message completed") => {
            refused("the connection was closed before an answer came")
        }
        _ => {
            let last = chain.lines().last().unwrap_or("no connection");
            (Cause::Refused, format!("no connection: {last}"))
        }
    }
}

fn of_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(problem) => {
            format!("its TLS certificate {}", of_certificate(problem))
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)
        | rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => {
            "what answers there speaks no TLS; perhaps it is plain http".to_owned()
        }
        rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
        )
        | rustls::Error::PeerIncompatible(_) => {
            "the two sides have no TLS version and cipher in common (TLS 1.2 is the oldest here)"
                .to_owned()
        }
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::BadCertificate,
        ) => "the server demands a client certificate".to_owned(),
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server has no certificate for this name".to_owned()
        }
        other => format!("TLS failed: {other}"),
    }
}

fn of_certificate(problem: &CertificateError) -> String {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired (or this machine's clock is ahead)".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet (or this machine's clock is behind)".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "is for {}, not for {}",
            presented.join(", ").replace("DnsName(\"", "").replace("\")", ""),
            expected.to_str()
        ),
        CertificateError::NotValidForName => "is for another name".to_owned(),
        CertificateError::UnknownIssuer => {
            "comes from an authority that this machine does not trust: it is self-signed, of a private authority, or the server leaves out the intermediate certificate".to_owned()
        }
        CertificateError::Revoked => "was revoked".to_owned(),
        CertificateError::BadSignature => "bears a signature that does not verify".to_owned(),
        CertificateError::Other(other)
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            "is an authority's own, used as a server's".to_owned()
        }
        other => format!("is not accepted: {other}"),
    }
}
