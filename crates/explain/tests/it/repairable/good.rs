//! Good tokens as no two issuers write them alike, and what judges them.

use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
};
use claviger_explain::Surroundings;
use claviger_testkit::keys;
use claviger_testkit::mint::{mint_with, with};
use claviger_token::{Algorithm, Key, KeySet, Policy, SigningKey};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::stage::NOW;

/// Choices that follow from one number, so that a failure can be repeated.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        // SplitMix64: every seed, zero as well, gives a good sequence.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number under this one.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// A number of this range.
    pub(crate) fn within(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// A word of such characters.
    pub(crate) fn word(
        &mut self,
        alphabet: &str,
        length: std::ops::RangeInclusive<usize>,
    ) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..self.within(length)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

/// What an issuer may write: any names, any people, any claims of its own.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) kid: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) header: Value,
    pub(crate) claims: Value,
    /// For all that is chosen besides.
    pub(crate) seed: u64,
}

/// JSON of any shape and no great depth.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "[äöü日本語€ñ🦀 ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map("[a-zé]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

pub(crate) fn written() -> impl Strategy<Value = Written> {
    let url = || "https://[a-z][a-z0-9]{0,9}(\\.[a-z]{2,7}){1,3}(/[a-zA-Z0-9_]{1,10}){0,2}";
    let audience = prop_oneof![
        url().prop_map(String::from),
        "api://[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "[a-z]{4,9}-[a-z]{4,9}",
    ];
    let scopes = vec("[a-z]{3,9}(:[a-z]{3,7})?", 1..5);
    let times = (60_i64..3600, 0_i64..3600);
    let own = btree_map("x_[a-z]{1,8}", anything(), 0..5);
    let subject = prop_oneof!["[a-z0-9|-]{1,36}", "\\PC{1,12}"];
    let names = (url(), audience, "[A-Za-z0-9_-]{2,30}", "[A-Za-z0-9._-]{1,30}", subject);
    (names, scopes, times, own, any::<[bool; 4]>(), any::<u64>()).prop_map(
        |((issuer, audience, kid, client, subject), scopes, (life, age), own, flags, seed)| {
            let issued = NOW - age % life;
            let [listed, has_nbf, has_jti, is_plain] = flags;
            let others = json!([audience, "https://another.example"]);
            let mut claims = json!({
                "iss": issuer,
                "aud": if listed { others } else { json!(audience) },
                "sub": subject,
                "client_id": client,
                "iat": issued,
                "exp": issued + life,
                "scope": scopes.join(" "),
            });
            if has_nbf {
                claims["nbf"] = json!(issued);
            }
            if has_jti {
                claims["jti"] = json!(format!("{seed:x}"));
            }
            for (name, value) in own {
                claims[name] = value;
            }
            let typ = if is_plain { "at+jwt" } else { "application/at+jwt" };
            Written { issuer, audience, kid, scopes, header: json!({ "typ": typ }), claims, seed }
        },
    )
}

/// A good token, the key that signed it, and a stranger's.
#[derive(Debug)]
pub(crate) struct Good {
    pub(crate) algorithm: Algorithm,
    pub(crate) written: Written,
    pub(crate) key: SigningKey,
    pub(crate) stranger: SigningKey,
    /// Where the algorithm has one.
    pub(crate) secret: String,
    pub(crate) token: String,
}

impl Good {
    pub(crate) fn new(dice: &mut Dice, algorithm: Algorithm, written: &Written) -> Self {
        let alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789._+-";
        let secret = dice.word(alphabet, 64..=90);
        let named = |secret: &str| {
            SigningKey::from_secret(algorithm, Some(written.kid.clone()), secret.as_bytes())
                .unwrap()
        };
        let (key, stranger) = if algorithm.is_symmetric() {
            (named(&secret), keys::other_signing(algorithm, "stranger"))
        } else {
            (keys::signing_as(algorithm, &written.kid), stranger(algorithm))
        };
        let token = mint_with(&key, &written.header, &written.claims);
        Self { algorithm, written: written.clone(), key, stranger, secret, token }
    }

    /// The same issuer's token with other members.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> String {
        self.signed_by(&self.key, header, claims)
    }

    pub(crate) fn signed_by(&self, key: &SigningKey, header: &Value, claims: &Value) -> String {
        // A member that is null here is left out, of whatever was laid below.
        let mut all = self.written.header.clone();
        for (name, value) in header.as_object().unwrap() {
            all[name] = value.clone();
        }
        mint_with(key, &all, &with(self.written.claims.clone(), claims))
    }

    /// The header as it is signed.
    pub(crate) fn header(&self) -> Value {
        let full = json!({"alg": self.algorithm.name(), "typ": "", "kid": self.key.kid()});
        with(full, &self.written.header)
    }

    pub(crate) fn segments(&self) -> [&str; 3] {
        let all: Vec<&str> = self.token.split('.').collect();
        all.try_into().unwrap()
    }

    pub(crate) fn policy(&self) -> Policy {
        let named = self.algorithm.must_be_named().then_some(self.algorithm);
        Policy {
            algorithms: named.into_iter().collect(),
            ..Policy::access(self.written.issuer.as_str(), self.written.audience.as_str())
        }
    }

    pub(crate) fn keyless(&self) -> Surroundings {
        Surroundings::new(self.policy(), NOW)
    }

    /// What knows these keys.
    pub(crate) fn knowing(&self, jwks: &[Value]) -> Surroundings {
        self.keyless().with_key_set("jwks.json", json!({ "keys": jwks }).to_string().as_bytes())
    }

    /// What accepts the token, in one of the ways in which keys are given.
    pub(crate) fn around(&self, dice: &mut Dice) -> Surroundings {
        self.around_by(dice, self.policy())
    }

    /// The same with another policy.
    pub(crate) fn around_by(&self, dice: &mut Dice, policy: Policy) -> Surroundings {
        let around = Surroundings::new(policy, NOW);
        if self.algorithm.is_symmetric() {
            return around.with_secret("secret", self.secret.as_bytes());
        }
        let own = self.key.jwk();
        let all = match dice.below(4) {
            0 => return around.with_key("key.jwk", own.to_string().as_bytes()),
            1 => vec![own],
            2 => vec![own, self.stranger.jwk()],
            _ => vec![self.stranger.jwk(), keys::signing(Algorithm::Rs256).jwk(), own],
        };
        around.with_key_set("jwks.json", json!({ "keys": all }).to_string().as_bytes())
    }

    /// The keys as a guard has them.
    pub(crate) fn guard(&self) -> KeySet {
        if self.algorithm.is_symmetric() {
            return KeySet::new(vec![Key::from_secret(self.secret.as_bytes())]);
        }
        KeySet::from_json(&json!({"keys": [self.key.jwk()]}).to_string()).unwrap()
    }
}

/// A key of the same kind that is not the issuer's.
fn stranger(algorithm: Algorithm) -> SigningKey {
    let kind = match algorithm {
        Algorithm::Es384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        Algorithm::Es512 => &ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => return keys::other_signing(algorithm, "stranger"),
    };
    let random = aws_lc_rs::rand::SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    SigningKey::from_pkcs8(algorithm, Some("stranger".to_owned()), pkcs8.as_ref()).unwrap()
}
