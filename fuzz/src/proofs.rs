//! DPoP proofs: any bytes as one, and a good one that is cut and mended; and what stands beside them in a request.

use claviger_testkit::keys;
use claviger_testkit::mint::seal;
use claviger_token::bond::{Bond, Proven};
use claviger_token::certificate::{self, Certificate, thumbprint};
use claviger_token::dpop::{Expected, LONGEST_AGE, Nonces, Signed, Use, Used, verify};
use claviger_token::presentation::{self, Scheme};
use claviger_token::{Algorithm, Token};

use super::stage::NOW;

const URL: &str = "https://id.example/token";

/// Whatever fits is signed, for this request and for now, and serves once.
pub fn proof(data: &[u8]) {
    let words = String::from_utf8_lossy(data);
    judge(&words);
    drop(Signed::read(&words));
    let nonces = Nonces::new(&[7; 32]);
    assert!(!nonces.accepts(&words, NOW), "nobody guesses a nonce");
    // The same bytes as header, claims and address under a key that signs anything.
    let key = keys::signing(Algorithm::Es256);
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    judge(&seal(&key, header, claims));
    let url = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let expected = Expected { method: "POST", url: &url, token: Some(&words) };
    drop(verify(&words, &expected, NOW));
    beside(&words);
}

/// The scheme, the bond of a token, and a certificate that a proxy hands on.
fn beside(words: &str) {
    let bearer = presentation::bearer([words.as_bytes()]);
    match presentation::presented([words.as_bytes()]) {
        Ok((Scheme::Bearer, token)) => assert_eq!(bearer.as_ref().ok(), Some(&token)),
        // Who judges no proofs takes nothing under that scheme.
        Ok((Scheme::Dpop, _)) => assert!(bearer.is_err()),
        Err(_) => {}
    }
    if let Some(der) = certificate::from_header(words) {
        assert!(Certificate::read(&der).is_some() && thumbprint(&der).len() == 43);
    }
    let bound = Token::parse(words).ok().and_then(|token| Bond::read(token.payload()?));
    if let Some(bond) = bound {
        assert!(Bond::check(Some(&bond), Proven::default()).is_err(), "a bond wants a proof");
    }
}

fn judge(text: &str) {
    let expected = Expected { method: "POST", url: URL, token: None };
    let Ok(proof) = verify(text, &expected, NOW) else { return };
    let token = Token::parse(text).expect("a proof is a token");
    let header = token.header().expect("with a header");
    assert!(header.text("alg").is_some_and(|alg| alg != "none" && !alg.starts_with("HS")));
    assert!(header.get("jwk").is_some_and(|jwk| jwk.get("d").is_none() && jwk.get("k").is_none()));
    assert!(proof.until() > NOW && proof.until() <= NOW + 60 + LONGEST_AGE + 1);
    let mut used = Used::new(2);
    assert_eq!(used.take(&proof, NOW), Use::First);
    assert_eq!(used.take(&proof, proof.until() - 1), Use::Again);
}
