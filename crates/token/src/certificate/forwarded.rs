//! A client's certificate as a proxy hands it on in a header, and how tokens are bound to it.
//!
//! Decides which certificate a text holds; never whether the header is to be believed.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Certificate;
use crate::base64url;

/// A certificate has two kilobytes; more than this is none.
const LONGEST: usize = 16 * 1024;

/// The DER of a certificate that a proxy hands on: PEM in percent encoding (nginx, HAProxy, Envoy's `Cert`), the
/// bare base64 of the DER (Traefik), or the same between colons (RFC 9440). One certificate; its issuers stay at the
/// proxy.
#[must_use]
pub fn from_header(value: &str) -> Option<Vec<u8>> {
    if value.len() > LONGEST {
        return None;
    }
    let text = percent_decoded(value)?;
    let body = match text.split_once("-----BEGIN CERTIFICATE-----") {
        Some((_, rest)) => rest.split("-----END CERTIFICATE-----").next()?,
        None => text.split(',').next()?.trim().trim_matches(':'),
    };
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok().filter(|der| Certificate::read(der).is_some())
}

/// What tokens are bound to a certificate by (`x5t#S256`, RFC 8705 §3.1): the SHA-256 of its DER.
#[must_use]
pub fn thumbprint(der: &[u8]) -> String {
    base64url::encode(digest::digest(&digest::SHA256, der))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high << 4 | low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use claviger_testkit::pki;

    use super::*;

    #[test]
    fn every_form_of_a_proxys_header_is_read_and_nothing_else() {
        let issued = pki::self_signed("client");
        let base64 = STANDARD.encode(&issued.der);
        let escaped: String = issued
            .certificate
            .bytes()
            .map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        for value in [
            escaped.clone(),
            format!("Hash=00;Cert=\"{escaped}\";Subject=\"CN=client\""),
            base64.clone(),
            format!(":{base64}:"),
            base64.replace('+', "%2B").replace('=', "%3D"),
            format!("{base64},{base64}"),
        ] {
            let read = from_header(&value).unwrap();
            assert_eq!(read, issued.der);
            assert_eq!(thumbprint(&read).len(), 43);
        }
        let cut = &base64[..base64.len() - 8];
        for value in
            ["", "%", "%zz", "AAAA", ":", "-----BEGIN CERTIFICATE-----", cut, &"A".repeat(20_000)]
        {
            assert!(from_header(value).is_none(), "{value}");
        }
    }
}
