//! What is measured: one access token per algorithm, and three ways to look at it, each set up as its
//! users would have it in a hot loop, with keys parsed and policies built beforehand.

use std::hint::black_box;

use aws_lc_rs::signature::{
    self as lc, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RsaKeyPair,
};
use aws_lc_rs::{hmac, rand::SystemRandom};
use claviger_testkit::{keys, mint};
use claviger_token::{Algorithm, KeySet, Policy, SigningKey, Token};
use jsonwebtoken as jw;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example/orders";

/// The algorithms that are compared.
pub(crate) const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256, Algorithm::Hs256];

/// The claims that the token carries, as a program with its own types would read them.
#[derive(Debug, Serialize, Deserialize)]
struct Typed {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: String,
    scope: String,
    name: String,
    roles: Vec<String>,
}

enum RawKey {
    Public(ParsedPublicKey),
    Secret(Box<hmac::Key>),
}

enum RawSigner {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>, &'static dyn lc::RsaEncoding),
    Hmac(Box<hmac::Key>),
}

/// One algorithm's token with everything that judges or makes it.
pub(crate) struct Contest {
    pub(crate) token: String,
    now: i64,
    policy: Policy,
    keys: KeySet,
    signing: SigningKey,
    claims: Typed,
    raw_key: RawKey,
    raw_signer: RawSigner,
    signature: Vec<u8>,
    their_key: jw::DecodingKey,
    their_signing: jw::EncodingKey,
    their_header: jw::Header,
    validation: jw::Validation,
}

impl Contest {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let now = claviger_testkit::now();
        let signing = keys::signing(algorithm);
        let claims: Value = mint::with(
            mint::access_claims(ISSUER, AUDIENCE, now),
            // jsonwebtoken reads the machine's clock: the token has to outlive the run.
            &json!({
                "exp": now + 86_400, "nbf": now - 60, "sid": "s_4vHq0Y2mS9kQe1Zt7cXw",
                "name": "The nightly export of the order book",
                "roles": ["orders:reader", "orders:exporter", "audit:reader"],
                "scope": "orders:read orders:export audit:read",
            }),
        );
        let token = mint::mint_with(&signing, &json!({}), &claims);
        let (_, signature) = token.rsplit_once('.').expect("a compact token");
        let signature = claviger_token::base64url::decode(signature).expect("base64url");
        let policy = Policy { algorithms: vec![algorithm], ..Policy::access(ISSUER, AUDIENCE) };
        let public = signing.public().expect("a public half");

        let their_algorithm: jw::Algorithm = algorithm.name().parse().expect("a common algorithm");
        let mut validation = jw::Validation::new(their_algorithm);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        let mut their_header = jw::Header::new(their_algorithm);
        their_header.typ = Some("at+jwt".to_owned());
        their_header.kid = Some(signing.kid().to_owned());

        let contest = Self {
            now,
            policy,
            keys: KeySet::new(vec![public]),
            claims: serde_json::from_value(claims).expect("the claims of the test"),
            raw_key: raw_key(algorithm),
            raw_signer: raw_signer(algorithm),
            signature,
            their_key: their_key(algorithm, &signing),
            their_signing: their_signing(algorithm),
            their_header,
            validation,
            signing,
            token,
        };
        contest.parse();
        contest.verify();
        contest.raw_verify();
        contest.jsonwebtoken_verify();
        contest.sign();
        contest.raw_sign();
        contest.jsonwebtoken_sign();
        contest
    }

    /// Segments, base64url and JSON: everything before a key is looked for.
    pub(crate) fn parse(&self) {
        black_box(Token::parse(black_box(&self.token)).expect("a good token"));
    }

    /// The whole verdict.
    pub(crate) fn verify(&self) {
        let verified =
            claviger_token::verify(black_box(&self.token), &self.policy, &self.keys, self.now);
        black_box(verified.expect("a good token"));
    }

    /// The signature alone, with a parsed key: what no validator can do without.
    pub(crate) fn raw_verify(&self) {
        let input = self.token.rsplit_once('.').map(|(input, _)| input).expect("a compact token");
        let (input, signature) = (black_box(input.as_bytes()), black_box(&self.signature));
        match &self.raw_key {
            RawKey::Public(key) => key.verify_sig(input, signature).expect("a good signature"),
            RawKey::Secret(key) => hmac::verify(key, input, signature).expect("a good signature"),
        }
    }

    /// The same checks by `jsonwebtoken`.
    pub(crate) fn jsonwebtoken_verify(&self) {
        let data = jw::decode::<Typed>(black_box(&self.token), &self.their_key, &self.validation);
        black_box(data.expect("a good token"));
    }

    /// Claims to a compact token.
    pub(crate) fn sign(&self) {
        black_box(self.signing.seal("at+jwt", black_box(&self.claims)).expect("a signature"));
    }

    /// The signature alone.
    pub(crate) fn raw_sign(&self) {
        let input = self.token.rsplit_once('.').map(|(input, _)| input).expect("a compact token");
        let input = black_box(input.as_bytes());
        let random = SystemRandom::new();
        match &self.raw_signer {
            RawSigner::Ecdsa(pair) => drop(black_box(pair.sign(&random, input))),
            RawSigner::Ed25519(pair) => drop(black_box(pair.try_sign(input))),
            RawSigner::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, input, &mut signature).expect("a signature");
                black_box(signature);
            }
            RawSigner::Hmac(key) => drop(black_box(hmac::sign(key, input))),
        }
    }

    /// The same by `jsonwebtoken`.
    pub(crate) fn jsonwebtoken_sign(&self) {
        let token = jw::encode(&self.their_header, black_box(&self.claims), &self.their_signing);
        black_box(token.expect("a signature"));
    }
}

fn pkcs8(algorithm: Algorithm) -> Vec<u8> {
    keys::der(keys::private_pem(algorithm))
}

fn raw_key(algorithm: Algorithm) -> RawKey {
    let parsed = |scheme: &'static dyn lc::VerificationAlgorithm, public: &[u8]| {
        RawKey::Public(ParsedPublicKey::new(scheme, public).expect("a fixed key"))
    };
    match raw_signer(algorithm) {
        RawSigner::Ecdsa(pair) => parsed(&lc::ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
        RawSigner::Ed25519(pair) => parsed(&lc::ED25519, pair.public_key().as_ref()),
        RawSigner::Rsa(pair, _) if algorithm == Algorithm::Rs256 => {
            parsed(&lc::RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        }
        RawSigner::Rsa(pair, _) => {
            parsed(&lc::RSA_PSS_2048_8192_SHA256, pair.public_key().as_ref())
        }
        RawSigner::Hmac(key) => RawKey::Secret(key),
    }
}

fn raw_signer(algorithm: Algorithm) -> RawSigner {
    match algorithm {
        Algorithm::Es256 => {
            let scheme = &lc::ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair = EcdsaKeyPair::from_pkcs8(scheme, &pkcs8(algorithm));
            RawSigner::Ecdsa(pair.expect("a fixed key"))
        }
        Algorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8(algorithm));
            RawSigner::Ed25519(pair.expect("a fixed key"))
        }
        Algorithm::Hs256 => {
            RawSigner::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, keys::SECRET)))
        }
        _ => {
            let encoding: &'static dyn lc::RsaEncoding = if algorithm == Algorithm::Rs256 {
                &lc::RSA_PKCS1_SHA256
            } else {
                &lc::RSA_PSS_SHA256
            };
            let pair = RsaKeyPair::from_pkcs8(&pkcs8(algorithm)).expect("a fixed key");
            RawSigner::Rsa(Box::new(pair), encoding)
        }
    }
}

fn their_key(algorithm: Algorithm, signing: &SigningKey) -> jw::DecodingKey {
    if algorithm == Algorithm::Hs256 {
        return jw::DecodingKey::from_secret(keys::SECRET);
    }
    let jwk: jw::jwk::Jwk = serde_json::from_value(signing.jwk()).expect("a JWK");
    jw::DecodingKey::from_jwk(&jwk).expect("a key for jsonwebtoken")
}

fn their_signing(algorithm: Algorithm) -> jw::EncodingKey {
    let key = match algorithm {
        Algorithm::Hs256 => return jw::EncodingKey::from_secret(keys::SECRET),
        Algorithm::Es256 => jw::EncodingKey::from_ec_pem(keys::private_pem(algorithm).as_bytes()),
        Algorithm::EdDsa => jw::EncodingKey::from_ed_pem(keys::private_pem(algorithm).as_bytes()),
        _ => jw::EncodingKey::from_rsa_pem(keys::private_pem(algorithm).as_bytes()),
    };
    key.expect("a key for jsonwebtoken")
}
