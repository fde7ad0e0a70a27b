//! Clients that prove themselves with a certificate on their TLS connection (RFC 8705).
//!
//! Decides whether the certificate is that client's. Verifies no chain: whether one leads to the
//! operator's authorities is a fact that the caller brings.

use core::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_token::certificate::{AlternativeName, Certificate, Name};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{AuthMethod, Client};
use crate::client_auth::not_authenticated;
use crate::error::{Invalid, OauthCode, OauthFault, quoted};

const LONGEST_NAME: usize = 1000;
/// By how much the client's clock may differ from ours.
const LEEWAY: i64 = 60;

/// What the certificate of a client with `tls_client_auth` has to say; one of the five that RFC 8705
/// §2.1.2 knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertificateName {
    /// Its subject, as RFC 4514 writes it: `CN=orders,O=Example,C=DE`. Compared whole, in order, and
    /// character by character.
    #[serde(rename = "tls_client_auth_subject_dn")]
    SubjectDn(String),
    /// A host among its names.
    #[serde(rename = "tls_client_auth_san_dns")]
    Dns(String),
    /// A URI among its names.
    #[serde(rename = "tls_client_auth_san_uri")]
    Uri(String),
    /// An address among its names.
    #[serde(rename = "tls_client_auth_san_ip")]
    Ip(String),
    /// A mailbox among its names.
    #[serde(rename = "tls_client_auth_san_email")]
    Email(String),
}

impl CertificateName {
    /// The names of its kinds, as they are registered.
    pub const MEMBERS: [&str; 5] = [
        "tls_client_auth_subject_dn",
        "tls_client_auth_san_dns",
        "tls_client_auth_san_uri",
        "tls_client_auth_san_ip",
        "tls_client_auth_san_email",
    ];

    /// Of a kind that is called so.
    #[must_use]
    pub fn of_member(member: &str, text: &str) -> Option<Self> {
        let text = text.to_owned();
        Some(match member {
            "tls_client_auth_subject_dn" => Self::SubjectDn(text),
            "tls_client_auth_san_dns" => Self::Dns(text),
            "tls_client_auth_san_uri" => Self::Uri(text),
            "tls_client_auth_san_ip" => Self::Ip(text),
            "tls_client_auth_san_email" => Self::Email(text),
            _ => return None,
        })
    }

    /// What its kind is called, and what it says.
    #[must_use]
    pub fn member(&self) -> (&'static str, &str) {
        let [subject, dns, uri, ip, email] = Self::MEMBERS;
        match self {
            Self::SubjectDn(text) => (subject, text),
            Self::Dns(text) => (dns, text),
            Self::Uri(text) => (uri, text),
            Self::Ip(text) => (ip, text),
            Self::Email(text) => (email, text),
        }
    }

    /// Whether it can be compared with.
    pub fn check(&self) -> Result<(), Invalid> {
        let refuse = |problem: String| {
            Err(Invalid::new("certificate", problem, "write what the certificate itself says"))
        };
        let (_, text) = self.member();
        if text.is_empty() || text.len() > LONGEST_NAME {
            return refuse(format!("a name of {} bytes cannot stand", text.len()));
        }
        match self {
            Self::SubjectDn(text) => match Name::parse(text) {
                Ok(_) => Ok(()),
                Err(problem) => {
                    refuse(format!("{} is no distinguished name: {problem}", quoted(text)))
                }
            },
            Self::Ip(text) if text.parse::<IpAddr>().is_err() => {
                refuse(format!("{} is no address", quoted(text)))
            }
            // A wildcard would be a rule, and this is a name.
            Self::Dns(text) if text.contains('*') => {
                refuse(format!("{} is a pattern, and one name is wanted", quoted(text)))
            }
            _ => Ok(()),
        }
    }

    fn is_in(&self, certificate: &Certificate<'_>) -> bool {
        let any =
            |fits: &dyn Fn(&AlternativeName) -> bool| certificate.alternative.iter().any(fits);
        match self {
            Self::SubjectDn(text) => {
                Name::parse(text).is_ok_and(|name| name == certificate.subject_name)
            }
            Self::Dns(text) => any(
                &|name| matches!(name, AlternativeName::Dns(dns) if dns.eq_ignore_ascii_case(text)),
            ),
            Self::Uri(text) => {
                any(&|name| matches!(name, AlternativeName::Uri(uri) if uri == text))
            }
            Self::Ip(text) => {
                let wanted = text.parse::<IpAddr>().ok();
                any(&|name| matches!(name, AlternativeName::Ip(ip) if Some(*ip) == wanted))
            }
            Self::Email(text) => any(
                &|name| matches!(name, AlternativeName::Email(email) if same_mailbox(email, text)),
            ),
        }
    }
}

/// RFC 5280 §7.5: the host's case does not matter, that of the part before it does.
fn same_mailbox(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((who, host)), Some((other_who, other_host))) => {
            who == other_who && host.eq_ignore_ascii_case(other_host)
        }
        _ => false,
    }
}

/// A certificate as it came: whoever presented it holds its key.
#[derive(Clone, Copy, Debug)]
pub struct PresentedCertificate<'a> {
    /// Its DER.
    pub der: &'a [u8],
    /// Whether its chain leads to the operator's authorities for clients, today.
    pub trusted: bool,
}

/// Whether a certificate proves this client; the answer to one that does not is that to a wrong secret.
pub fn verify_certificate(
    client: &Client,
    presented: Option<PresentedCertificate<'_>>,
    now: i64,
) -> Result<(), OauthFault> {
    let Some(presented) = presented else {
        return Err(OauthFault::new(
            OauthCode::InvalidClient,
            "client-unproven",
            "the request came without the client's certificate",
        )
        .fix(
            "send the certificate with the TLS connection; a proxy in between has to hand it on",
        ));
    };
    let fits = match client.auth_method {
        AuthMethod::TlsClientAuth => {
            presented.trusted
                && Certificate::read(presented.der).is_some_and(|certificate| {
                    client.certificate.as_ref().is_some_and(|name| name.is_in(&certificate))
                })
        }
        AuthMethod::SelfSignedTls => {
            let holds = Certificate::read(presented.der).is_some_and(|certificate| {
                certificate.not_before - LEEWAY <= now && now <= certificate.not_after + LEEWAY
            });
            holds && registered(client.jwks.as_ref()).any(|der| der == presented.der)
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(not_authenticated()) }
}

/// The certificates in a key set: the first of each key's `x5c` (RFC 7517 §4.7).
fn registered(jwks: Option<&Value>) -> impl Iterator<Item = Vec<u8>> {
    let keys = jwks.and_then(|jwks| jwks.get("keys")).and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .filter_map(|key| STANDARD.decode(key.get("x5c")?.get(0)?.as_str()?).ok())
}

/// Whether a client's way to prove itself and what is known of its certificate go together.
pub(crate) fn check_certificates(client: &Client) -> Result<(), Invalid> {
    if let Some(name) = &client.certificate {
        name.check()?;
    }
    match (client.auth_method, &client.certificate) {
        (AuthMethod::TlsClientAuth, None) => {
            let problem = "`tls_client_auth` needs to know what the certificate says";
            let fix = "set `certificate`, such as {\"tls_client_auth_subject_dn\": \"CN=orders,O=Example\"}";
            return Err(Invalid::new("certificate", problem, fix));
        }
        (AuthMethod::TlsClientAuth, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            let problem = "only `tls_client_auth` looks at a name in a certificate";
            return Err(Invalid::new("certificate", problem, "drop it, or set that `auth_method`"));
        }
    }
    if client.tls_client_certificate_bound_access_tokens && client.dpop_bound_access_tokens {
        let problem = "tokens are bound to one key: the certificate's or that of DPoP";
        let fix = "set one of the two";
        return Err(Invalid::new("tls_client_certificate_bound_access_tokens", problem, fix));
    }
    if client.auth_method == AuthMethod::SelfSignedTls && client.jwks_uri.is_none() {
        let certificates: Vec<_> = registered(client.jwks.as_ref()).collect();
        let problem = if certificates.is_empty() {
            "`self_signed_tls_client_auth` needs a certificate in `x5c` of a key"
        } else if certificates.iter().any(|der| Certificate::read(der).is_none()) {
            "an `x5c` holds no X.509 certificate"
        } else {
            return Ok(());
        };
        let fix = "set `jwks` to {\"keys\":[{…,\"x5c\":[\"base64 of the DER\"]}]}";
        return Err(Invalid::new("jwks", problem, fix));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The certificate of the token crate's tests: 2026-11-23T10:00:00Z for a day.
    const SAMPLE: &str = "\
MIICEjCCAbmgAwIBAgIBATAKBggqhkjOPQQDAjBRMQswCQYDVQQGEwJERTENMAsGA1UECgwERXjDpDEKMAgGA1UECwwBQTERMA8G\
CgmSJomT8ixkAQEMATcxFDASBgNVBAMMC2NsaWVudCwgb25lMB4XDTI2MTEyMzEwMDAwMFoXDTI2MTEyNDEwMDAwMFowUTELMAkG\
A1UEBhMCREUxDTALBgNVBAoMBEV4w6QxCjAIBgNVBAsMAUExETAPBgoJkiaJk/IsZAEBDAE3MRQwEgYDVQQDDAtjbGllbnQsIG9u\
ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDjc2YQMir05rFR4cIGnNKuFK4nGmUqZP+ZjygOmRZa49oYSl9zTsBsDGBHcyyXZ\
so8GjYahnwNEqIbSnbGnGpmjgYEwfzBeBgNVHREEVzBVgg5jbGllbnQuZXhhbXBsZYYXc3BpZmZlOi8vZXhhbXBsZS9jbGllbnSH\
BMAAAgeHECABDbgAAAAAAAAAAAAAAAeBEmNsaWVudEBleGFtcGxlLm9yZzAdBgNVHQ4EFgQU5kD+X5SwBZelFVwyXe1NUZy1Jr8w\
CgYIKoZIzj0EAwIDRwAwRAIgX1PlInQv4Mi6wsMEJJmEPgcujnOrYwwDWdnCNwpZjKYCIEZZTu9XOKVIO7aGJ5bClxOoG+SkFJgJ\
mWwGR7eB8X8o";
    const NOW: i64 = 1_795_428_000 + 3600;

    fn sample() -> Vec<u8> {
        STANDARD.decode(SAMPLE).unwrap()
    }

    fn client(certificate: CertificateName) -> Client {
        Client {
            auth_method: AuthMethod::TlsClientAuth,
            certificate: Some(certificate),
            ..Client::new("a", 0)
        }
    }

    #[test]
    fn each_name_of_rfc_8705_proves_its_client_and_no_other_does() {
        let der = sample();
        for (name, fits) in [
            (CertificateName::SubjectDn("CN=client\\, one, UID=7, OU=A, O=Exä, C=DE".into()), true),
            (CertificateName::SubjectDn("C=DE,O=Exä,OU=A,UID=7,CN=client\\, one".into()), false),
            (CertificateName::SubjectDn("CN=client\\, one".into()), false),
            (CertificateName::Dns("Client.Example".into()), true),
            (CertificateName::Dns("client.example.org".into()), false),
            (CertificateName::Uri("spiffe://example/client".into()), true),
            (CertificateName::Uri("spiffe://example/Client".into()), false),
            (CertificateName::Ip("2001:0db8:0::7".into()), true),
            (CertificateName::Ip("192.0.2.8".into()), false),
            (CertificateName::Email("client@EXAMPLE.org".into()), true),
            (CertificateName::Email("Client@example.org".into()), false),
            // A host is no mailbox and no URI, even if it reads the same.
            (CertificateName::Uri("client.example".into()), false),
        ] {
            let client = client(name);
            client.check().unwrap();
            let presented = PresentedCertificate { der: &der, trusted: true };
            let outcome = verify_certificate(&client, Some(presented), NOW);
            assert_eq!(outcome.is_ok(), fits, "{:?}", client.certificate);
            // Anybody can write any name into a certificate of their own.
            let untrusted = PresentedCertificate { trusted: false, ..presented };
            let fault = verify_certificate(&client, Some(untrusted), NOW).unwrap_err();
            assert_eq!(fault, not_authenticated());
            assert_eq!(verify_certificate(&client, None, NOW).unwrap_err().code, "client-unproven");
        }
    }

    #[test]
    fn a_self_signed_certificate_is_compared_whole_and_holds_for_its_time() {
        let der = sample();
        let jwks = json!({"keys": [{"kty": "EC", "x5c": [SAMPLE]}]});
        let client = Client {
            auth_method: AuthMethod::SelfSignedTls,
            jwks: Some(jwks),
            ..Client::new("a", 0)
        };
        client.check().unwrap();
        // No chain is asked for.
        let presented = Some(PresentedCertificate { der: &der, trusted: false });
        verify_certificate(&client, presented, NOW).unwrap();
        for now in [NOW - 7200, NOW + 86_400] {
            assert_eq!(verify_certificate(&client, presented, now), Err(not_authenticated()));
        }
        let mut other = der.clone();
        *other.last_mut().unwrap() ^= 1;
        let presented = Some(PresentedCertificate { der: &other, trusted: true });
        assert_eq!(verify_certificate(&client, presented, NOW), Err(not_authenticated()));
        for jwks in [json!({"keys": []}), json!({"keys": [{"x5c": ["AAAA"]}]}), json!({})] {
            let client = Client { jwks: Some(jwks), ..client.clone() };
            assert_eq!(client.check().unwrap_err().field, "jwks");
        }
    }

    #[test]
    fn a_certificate_proves_nothing_for_a_client_of_another_method() {
        let der = sample();
        let presented = Some(PresentedCertificate { der: &der, trusted: true });
        for method in [AuthMethod::SecretBasic, AuthMethod::PrivateKeyJwt, AuthMethod::None] {
            let client = Client { auth_method: method, ..Client::new("a", 0) };
            assert_eq!(verify_certificate(&client, presented, NOW), Err(not_authenticated()));
        }
    }

    #[test]
    fn names_that_cannot_be_compared_are_refused() {
        for name in [
            CertificateName::SubjectDn("orders".into()),
            CertificateName::SubjectDn(String::new()),
            CertificateName::Ip("localhost".into()),
            CertificateName::Dns("*.example".into()),
            CertificateName::Email("x".repeat(2000)),
        ] {
            assert_eq!(client(name).check().unwrap_err().field, "certificate");
        }
        let bare = Client { certificate: None, ..client(CertificateName::Dns("a".into())) };
        assert_eq!(bare.check().unwrap_err().field, "certificate");
    }
}
