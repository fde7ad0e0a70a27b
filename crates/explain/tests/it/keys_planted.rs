//! Faults of keys, signatures and secrets planted into good tokens, in more variants than the cases hold.

use aws_lc_rs::digest::{Algorithm as Hash, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use claviger_explain::{Certainty, Surroundings, explain};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, mint_with, seal, with};
use claviger_token::{Algorithm, SigningKey, Verdict, base64url};
use num_bigint::BigUint;
use serde_json::{Value, json};

use crate::stage::{NOW, claims, key_set, policy, said, surroundings, token};

#[track_caller]
fn only(what: &str, input: &str, surroundings: &Surroundings, code: &str) {
    let report = explain(input.as_bytes(), surroundings);
    let first = report.first().unwrap_or_else(|| panic!("{what}: no fault: {}", said(&report)));
    assert_eq!(first.fault.code.as_str(), code, "{what}: {}", said(&report));
    assert_eq!(first.certainty, Certainty::Proven, "{what}: {}", said(&report));
    assert_eq!(report.verdict, Verdict::Refused, "{what}");
    assert_eq!(report.faults.len(), 1, "{what}: {}", said(&report));
}

#[track_caller]
fn first(what: &str, input: &str, surroundings: &Surroundings, code: &str) {
    let report = explain(input.as_bytes(), surroundings);
    let first = report.first().unwrap_or_else(|| panic!("{what}: no fault: {}", said(&report)));
    let detail = first.fault.detail();
    assert!(!detail.contains('?'), "{what}: the sentence misses evidence: {detail}");
    assert_eq!(first.fault.code.as_str(), code, "{what}: {}", said(&report));
    assert_eq!(report.verdict, Verdict::Refused, "{what}");
}

fn bare() -> Surroundings {
    Surroundings::new(policy(), NOW)
}

fn with_jwks(keys: Value) -> Surroundings {
    bare().with_key_set("jwks.json", json!({ "keys": keys }).to_string().as_bytes())
}

pub(crate) fn signature_of(token: &str) -> Vec<u8> {
    base64url::decode(token.rsplit('.').next().unwrap()).unwrap()
}

fn resigned(token: &str, signature: &[u8]) -> String {
    format!("{}.{}", token.rsplit_once('.').unwrap().0, base64url::encode(signature))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_stranger_s_signature_and_altered_claims_are_mismatches() {
    for algorithm in
        [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256, Algorithm::Hs256]
    {
        let context = surroundings(algorithm);
        let kid = keys::signing(algorithm).kid().to_owned();
        let forged = mint_with(&keys::other_signing(algorithm, &kid), &json!({}), &claims());
        only(&format!("{algorithm} forged"), &forged, &context, "signature-mismatch");
        let good = token(algorithm);
        let altered = base64url::encode(
            with(claims(), &json!({"sub": "admin", "scope": "orders:read orders:write admin"}))
                .to_string(),
        );
        let parts: Vec<&str> = good.split('.').collect();
        let altered = format!("{}.{altered}.{}", parts[0], parts[2]);
        only(&format!("{algorithm} altered"), &altered, &context, "signature-mismatch");
        if algorithm == Algorithm::Rs256 {
            let detail = explain(altered.as_bytes(), &context).faults[0].fault.evidence_json();
            assert!(detail["reason"].as_str().unwrap().contains("this very key"), "{detail}");
        }
    }
}

#[test]
fn names_and_markings_of_keys_are_compared() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256] {
        let own = keys::signing_as(algorithm, "a");
        let other = keys::other_signing(algorithm, "b");
        let both = || json!([other.jwk(), own.jwk()]);
        let context = with_jwks(both());
        let no_kid = mint_with(&own, &json!({"kid": null}), &claims());
        only(&format!("{algorithm} no kid"), &no_kid, &context, "key-id-missing");
        let wrong = mint_with(&own, &json!({"kid": "b"}), &claims());
        only(&format!("{algorithm} other kid"), &wrong, &context, "key-id-wrong");
        let thumbprint = own.public().unwrap().thumbprint().to_owned();
        let wrong = mint_with(&own, &json!({ "kid": thumbprint }), &claims());
        only(&format!("{algorithm} thumbprint"), &wrong, &context, "key-id-wrong");
        let good = mint_with(&own, &json!({}), &claims());
        assert!(explain(good.as_bytes(), &context).faults.is_empty());
        let unknown = mint_with(&own, &json!({"kid": "c"}), &claims());
        only(
            &format!("{algorithm} unknown"),
            &unknown,
            &with_jwks(json!([other.jwk()])),
            "key-unknown",
        );
        let mut twice = other.jwk();
        twice["kid"] = json!("a");
        only(
            &format!("{algorithm} twice"),
            &good,
            &with_jwks(json!([twice, own.jwk()])),
            "key-id-ambiguous",
        );
        for marking in [
            json!({"use": "enc"}),
            json!({"use": null, "key_ops": ["encrypt"]}),
            json!({"use": null, "key_ops": ["sign"]}),
            json!({"alg": "RSA-OAEP"}),
            json!({"alg": "ES512"}),
        ] {
            let jwk = with(own.jwk(), &marking);
            only(
                &format!("{algorithm} {marking}"),
                &good,
                &with_jwks(json!([jwk])),
                "key-use-mismatch",
            );
        }
        let broken =
            json!([{"kty": "EC", "crv": "P-256", "kid": "a", "x": "AA", "y": "AA"}, other.jwk()]);
        first(
            &format!("{algorithm} broken"),
            &good,
            &with_jwks(broken).with_budget(500),
            "key-set-invalid",
        );
        let odd = mint_with(&own, &json!({"kid": 7}), &claims());
        only(&format!("{algorithm} kid 7"), &odd, &context, "claim-type");
        // The set is another issuer's altogether.
        first("empty set", &good, &with_jwks(json!([])), "key-set-invalid");
    }
}

#[test]
fn keys_of_the_wrong_kind_are_named() {
    let pem = |algorithm| keys::signing(algorithm).public().unwrap();
    let es256 = token(Algorithm::Es256);
    let key = |algorithm| {
        bare().with_key("key.jwk", pem(algorithm).jwk().unwrap().to_string().as_bytes())
    };
    let nameless = |algorithm| {
        let jwk = with(pem(algorithm).jwk().unwrap(), &json!({"kid": null, "alg": null}));
        bare().with_key("key.jwk", jwk.to_string().as_bytes())
    };
    only("RSA for ES256", &es256, &nameless(Algorithm::Rs256), "key-type-mismatch");
    only("P-384 for ES256", &es256, &nameless(Algorithm::Es384), "key-type-mismatch");
    only("Ed25519 for ES256", &es256, &nameless(Algorithm::EdDsa), "key-type-mismatch");
    only(
        "secret for ES256",
        &es256,
        &bare().with_secret("secret", keys::SECRET),
        "key-type-mismatch",
    );
    only(
        "public key for HS256",
        &token(Algorithm::Hs256),
        &nameless(Algorithm::Rs256),
        "key-type-mismatch",
    );
    let own = |algorithm| token(algorithm);
    assert!(explain(own(Algorithm::Rs256).as_bytes(), &key(Algorithm::Rs256)).faults.is_empty());
}

#[test]
fn other_algorithms_than_the_header_s_are_found() {
    let rsa = |algorithm| keys::signing_as(algorithm, "rsa");
    let unmarked = with(rsa(Algorithm::Rs256).jwk(), &json!({"alg": null}));
    let context = with_jwks(json!([unmarked]));
    for (label, real) in [
        ("RS256", Algorithm::Ps256),
        ("RS256", Algorithm::Rs384),
        ("RS256", Algorithm::Rs512),
        ("RS512", Algorithm::Rs256),
        ("PS256", Algorithm::Rs256),
        ("PS256", Algorithm::Ps512),
    ] {
        let t = mint_with(&rsa(real), &json!({ "alg": label }), &claims());
        only(&format!("{label} {real}"), &t, &context, "algorithm-mislabelled");
    }
    for (label, real) in
        [("HS256", Algorithm::Hs384), ("HS256", Algorithm::Hs512), ("HS512", Algorithm::Hs256)]
    {
        let t = mint_with(&keys::signing(real), &json!({ "alg": label, "kid": null }), &claims());
        only(
            &format!("{label} {real}"),
            &t,
            &bare().with_secret("secret", keys::SECRET),
            "algorithm-mislabelled",
        );
    }
    let es = mint_with(&keys::signing(Algorithm::Es256), &json!({"alg": "ES384"}), &claims());
    only("ES384 on P-256", &es, &surroundings(Algorithm::Es256), "algorithm-mislabelled");
    // The key is marked for the algorithm that was really used.
    let t = mint_with(&rsa(Algorithm::Ps256), &json!({"alg": "RS256"}), &claims());
    only(
        "marked PS256",
        &t,
        &with_jwks(json!([rsa(Algorithm::Ps256).jwk()])),
        "algorithm-mislabelled",
    );
}

#[test]
fn signatures_in_another_form_are_read() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
        let context = surroundings(algorithm);
        let good = token(algorithm);
        let raw = signature_of(&good);
        only("DER", &resigned(&good, &der(&raw)), &context, "signature-der-encoded");
        let kept = |half: &[u8]| [&[0][..], half].concat();
        let (r, s) = raw.split_at(raw.len() / 2);
        only(
            "sign bytes",
            &resigned(&good, &[kept(r), kept(s)].concat()),
            &context,
            "signature-unpadded",
        );
        only(
            "one sign byte",
            &resigned(&good, &[kept(r), s.to_vec()].concat()),
            &context,
            "signature-unpadded",
        );
        // Until R or S begins with a zero: one in 128.
        let key = keys::signing(algorithm);
        let input = good.rsplit_once('.').unwrap().0;
        for _ in 0..4000 {
            let raw = key.sign(input.as_bytes()).unwrap();
            let (r, s) = raw.split_at(raw.len() / 2);
            let bare = |half: &[u8]| {
                half.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>()
            };
            // P-521 begins with a zero byte as a rule.
            let short = [bare(r), bare(s)].concat();
            if short.len() < raw.len() {
                only("zeros lost", &resigned(&good, &short), &context, "signature-unpadded");
                break;
            }
        }
    }
    for algorithm in
        [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Hs256, Algorithm::Rs256, Algorithm::Ps256]
    {
        let context = surroundings(algorithm);
        let good = token(algorithm);
        let raw = signature_of(&good);
        let input = good.rsplit_once('.').unwrap().0;
        only("hex", &format!("{input}.{}", hex(&raw)), &context, "signature-hex-encoded");
        only(
            "upper hex",
            &format!("{input}.{}", hex(&raw).to_uppercase()),
            &context,
            "signature-hex-encoded",
        );
        only("marked hex", &format!("{input}.0x{}", hex(&raw)), &context, "signature-hex-encoded");
        only(
            "hex inside",
            &resigned(&good, hex(&raw).as_bytes()),
            &context,
            "signature-hex-encoded",
        );
    }
}

#[test]
fn der_in_hexadecimal_is_read_whatever_its_length() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
        let context = surroundings(algorithm);
        let key = keys::signing(algorithm);
        let good = token(algorithm);
        let input = good.rsplit_once('.').unwrap().0;
        // One byte more or less decides whether the digits end in unused bits.
        for _ in 0..12 {
            let raw = key.sign(input.as_bytes()).unwrap();
            for digits in [hex(&der(&raw)), hex(&der(&raw)).to_uppercase()] {
                let input = format!("{input}.{digits}");
                only("DER in hex", &input, &context, "signature-hex-encoded");
            }
        }
    }
    // Zeros are base64url as well: nothing shows that they were meant as digits.
    let good = token(Algorithm::Rs256);
    let zeros = "A".repeat(342);
    let input = format!("{}.{zeros}", good.rsplit_once('.').unwrap().0);
    first("zeros", &input, &surroundings(Algorithm::Rs256), "signature-mismatch");
}

pub(crate) fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let bare: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        let bare = if bare[0] & 0x80 != 0 { [&[0][..], &bare].concat() } else { bare };
        [&[2, u8::try_from(bare.len()).unwrap()][..], &bare].concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let body = [integer(r), integer(s)].concat();
    let length = u8::try_from(body.len()).unwrap();
    if length < 0x80 {
        [&[0x30, length][..], &body].concat()
    } else {
        [&[0x30, 0x81, length][..], &body].concat()
    }
}

fn hmac_token(secret: &[u8]) -> String {
    let key = SigningKey::from_secret(Algorithm::Hs256, Some("x".to_owned()), secret).unwrap();
    mint_with(&key, &json!({"kid": null}), &claims())
}

#[test]
fn secrets_in_another_spelling_are_found() {
    let strong = b"0f8e1c6b-4e57-4a55-9a0c-2f1f0e7a7b11-and-more";
    let text = String::from_utf8_lossy(strong).into_owned();
    for (what, given, used, codes) in [
        (
            "final newline in the file",
            format!("{text}\n").into_bytes(),
            strong.to_vec(),
            "secret-encoding",
        ),
        ("Windows newline", format!("{text}\r\n").into_bytes(), strong.to_vec(), "secret-encoding"),
        (
            "newline at the signer",
            strong.to_vec(),
            format!("{text}\n").into_bytes(),
            "secret-encoding",
        ),
        ("blank", format!("{text} ").into_bytes(), strong.to_vec(), "secret-encoding"),
        (
            "composed in the file",
            "gr\u{fc}\u{df}e-aus-z\u{fc}rich-0123456789abcdef".as_bytes().to_vec(),
            "gru\u{308}\u{df}e-aus-zu\u{308}rich-0123456789abcdef".as_bytes().to_vec(),
            "secret-encoding",
        ),
        (
            "decomposed in the file, with a line end",
            "gru\u{308}\u{df}e-aus-zu\u{308}rich-0123456789abcdef\n".as_bytes().to_vec(),
            "gr\u{fc}\u{df}e-aus-z\u{fc}rich-0123456789abcdef".as_bytes().to_vec(),
            "secret-encoding",
        ),
        (
            "base64 in the file",
            STANDARD.encode(strong).into_bytes(),
            strong.to_vec(),
            "secret-encoding",
        ),
        (
            "base64url in the file",
            URL_SAFE.encode(strong).into_bytes(),
            strong.to_vec(),
            "secret-encoding",
        ),
        (
            "base64 without padding",
            STANDARD_NO_PAD.encode(strong).into_bytes(),
            strong.to_vec(),
            "secret-encoding",
        ),
        (
            "base64 with a newline",
            format!("{}\n", STANDARD.encode(strong)).into_bytes(),
            strong.to_vec(),
            "secret-encoding",
        ),
        (
            "base64 at the signer",
            strong.to_vec(),
            STANDARD.encode(strong).into_bytes(),
            "secret-encoding",
        ),
        (
            "base64url at the signer",
            strong.to_vec(),
            base64url::encode(strong).into_bytes(),
            "secret-encoding",
        ),
        ("hex in the file", hex(strong).into_bytes(), strong.to_vec(), "secret-encoding"),
        (
            "hex in upper case",
            hex(strong).to_uppercase().into_bytes(),
            strong.to_vec(),
            "secret-encoding",
        ),
        ("hex at the signer", strong.to_vec(), hex(strong).into_bytes(), "secret-encoding"),
        ("quotes", format!("\"{text}\"").into_bytes(), strong.to_vec(), "secret-mangled"),
        ("single quotes", format!("'{text}'").into_bytes(), strong.to_vec(), "secret-mangled"),
        (
            "quotes and a newline",
            format!("\"{text}\"\n").into_bytes(),
            strong.to_vec(),
            "secret-mangled",
        ),
        (
            "quotes at the signer",
            strong.to_vec(),
            format!("\"{text}\"").into_bytes(),
            "secret-mangled",
        ),
        (
            "dollar",
            b"a-long-secret-with-$money-in-the-middle-0123456789".to_vec(),
            b"a-long-secret-with--in-the-middle-0123456789".to_vec(),
            "secret-mangled",
        ),
        (
            "dollar in braces",
            b"a-long-secret-with-${money}-in-the-middle-0123456789".to_vec(),
            b"a-long-secret-with--in-the-middle-0123456789".to_vec(),
            "secret-mangled",
        ),
        (
            "two dollars",
            b"a-long-secret-with-$$-in-the-middle-0123456789".to_vec(),
            b"a-long-secret-with-$-in-the-middle-0123456789".to_vec(),
            "secret-mangled",
        ),
        (
            "comment",
            b"a-long-secret-with-the-first-half#and-a-comment-after-it".to_vec(),
            b"a-long-secret-with-the-first-half".to_vec(),
            "secret-mangled",
        ),
        (
            "comment behind a blank",
            b"a-long-secret-with-the-first-half #and-a-comment".to_vec(),
            b"a-long-secret-with-the-first-half".to_vec(),
            "secret-mangled",
        ),
        (
            "backslash",
            b"a-long-secret-with-a-\\-in-the-middle-0123456789".to_vec(),
            b"a-long-secret-with-a--in-the-middle-0123456789".to_vec(),
            "secret-mangled",
        ),
        (
            "percent",
            b"a-long-secret-with-%%-in-the-middle-0123456789".to_vec(),
            b"a-long-secret-with-%-in-the-middle-0123456789".to_vec(),
            "secret-mangled",
        ),
        ("name", format!("JWT_SECRET={text}").into_bytes(), strong.to_vec(), "secret-mangled"),
        ("empty at the signer", strong.to_vec(), Vec::new(), "secret-empty"),
        ("undefined at the signer", strong.to_vec(), b"undefined".to_vec(), "secret-empty"),
        ("null at the signer", strong.to_vec(), b"null".to_vec(), "secret-empty"),
        (
            "a default at the signer",
            strong.to_vec(),
            b"your-256-bit-secret".to_vec(),
            "secret-empty",
        ),
        ("a default at the signer", strong.to_vec(), b"changeme".to_vec(), "secret-empty"),
        ("empty here", Vec::new(), strong.to_vec(), "secret-empty"),
        ("blank here", b" \n".to_vec(), strong.to_vec(), "secret-empty"),
        ("quotes around nothing here", b"\"\"".to_vec(), strong.to_vec(), "secret-empty"),
        ("a variable here", b"${JWT_SECRET}".to_vec(), strong.to_vec(), "secret-empty"),
        ("a placeholder at the signer", strong.to_vec(), b"<your-secret>".to_vec(), "secret-empty"),
        ("empty on both sides", Vec::new(), Vec::new(), "secret-empty"),
        ("short", b"secret".to_vec(), b"secret".to_vec(), "key-too-weak"),
        ("short and unknown", b"x7-Pq_".to_vec(), b"x7-Pq_".to_vec(), "key-too-weak"),
        (
            "well known",
            b"your-256-bit-secret".to_vec(),
            b"your-256-bit-secret".to_vec(),
            "key-too-weak",
        ),
        (
            "long and well known",
            b"a-string-secret-at-least-256-bits-long".to_vec(),
            b"a-string-secret-at-least-256-bits-long".to_vec(),
            "key-too-weak",
        ),
    ] {
        let t = hmac_token(&used);
        first(what, &t, &bare().with_secret("secret", &given), codes);
        if !given.is_empty() {
            only(what, &t, &bare().with_secret("secret", &given), codes);
        }
        let jwk = json!({"kty": "oct", "k": base64url::encode(&given)});
        if !given.is_empty() {
            first(what, &t, &bare().with_key("key.jwk", jwk.to_string().as_bytes()), codes);
        }
    }
    let template = bare().with_secret("secret", b"changeme");
    first("a default here", &hmac_token(strong), &template, "secret-empty");
    // Without a key, a word of the lists is found all the same.
    only("no key", &hmac_token(b"secret"), &bare(), "key-too-weak");
    let report = explain(hmac_token(strong).as_bytes(), &bare());
    assert_eq!(report.verdict, Verdict::Undetermined, "{}", said(&report));
}

/// One wrong character in the header turns a name into what looks like an attack.
#[test]
fn a_typing_error_is_no_attack_on_the_key_s_name() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Hs256] {
        let good = token(algorithm);
        let mut count = 0;
        for at in 0..good.find('.').unwrap() {
            for other in "wxyz0123456789-_".chars() {
                let mut text = good.clone();
                text.replace_range(at..=at, &other.to_string());
                let Ok(token) = claviger_token::Token::parse(&text) else { continue };
                let kid = token.header().and_then(|header| header.get("kid"));
                let Some(kid) = kid.as_ref().and_then(Value::as_str) else { continue };
                if kid.contains(['|', '`', ';']) {
                    count += 1;
                    only(
                        &format!("{algorithm} {kid}"),
                        &text,
                        &surroundings(algorithm),
                        "character-error",
                    );
                }
            }
        }
        assert!(count > 2, "{algorithm}: {count}");
    }
}

#[test]
fn forgeries_are_recomputed() {
    // A public key's text as the secret.
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let key = keys::signing_as(algorithm, "k1");
        let jwk = key.jwk();
        let spki = public_pem(algorithm);
        for (what, secret) in [
            ("with a final newline", spki.clone()),
            ("without", spki.trim().to_owned()),
            ("Windows", spki.replace('\n', "\r\n")),
            ("one line", spki.replace('\n', "")),
            ("escaped", spki.trim().replace('\n', "\\n")),
            ("JWK", jwk.to_string()),
            ("sorted JWK with blanks", {
                let members = jwk.as_object().unwrap().iter();
                let mut members: Vec<String> =
                    members.map(|(name, value)| format!("\"{name}\": {value}")).collect();
                members.sort();
                format!("{{{}}}", members.join(", "))
            }),
            ("a line more", format!("\n{spki}")),
            ("a blank more", format!("{} ", spki.trim())),
            ("base64 of the PEM", STANDARD.encode(&spki)),
            ("base64url of the DER", base64url::encode(self::spki(algorithm))),
            ("hexadecimal DER", hex(&self::spki(algorithm))),
            ("OpenSSH", open_ssh(algorithm).replace(" ada@host\n", "")),
        ] {
            let forger =
                SigningKey::from_secret(Algorithm::Hs256, Some("k1".to_owned()), secret.as_bytes())
                    .unwrap();
            let t = mint_with(&forger, &json!({}), &claims());
            only(
                &format!("{algorithm} {what}"),
                &t,
                &with_jwks(json!([jwk])),
                "algorithm-confusion",
            );
            let nameless = mint_with(&forger, &json!({"kid": null}), &claims());
            if !what.contains("JWK") {
                first(
                    &format!("{algorithm} {what}"),
                    &nameless,
                    &bare().with_key("key.pem", spki.as_bytes()),
                    "algorithm-confusion",
                );
            }
        }
        let whole = json!({"keys": [jwk]}).to_string();
        let forger =
            SigningKey::from_secret(Algorithm::Hs512, Some("k1".to_owned()), whole.as_bytes())
                .unwrap();
        only(
            "the file",
            &mint_with(&forger, &json!({}), &claims()),
            &bare().with_key_set("jwks.json", whole.as_bytes()),
            "algorithm-confusion",
        );
    }
    // A key that the token brings.
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let attacker = keys::other_signing(algorithm, "evil");
        let honest = keys::signing_as(algorithm, "k1");
        let context = with_jwks(json!([honest.jwk()]));
        // What cannot be proven is searched for a typing error first.
        let hasty = with_jwks(json!([honest.jwk()])).with_budget(500);
        let jwk = with(attacker.jwk(), &json!({"kid": null}));
        for kid in [json!("k1"), json!("evil"), json!(null)] {
            let t = mint_with(&attacker, &json!({"jwk": jwk, "kid": kid}), &claims());
            only(&format!("{algorithm} jwk {kid}"), &t, &context, "key-embedded");
            let t = mint_with(
                &attacker,
                &json!({"jku": "https://evil.test/jwks.json", "kid": kid}),
                &claims(),
            );
            first(&format!("{algorithm} jku {kid}"), &t, &hasty, "key-embedded");
            let t = mint_with(
                &attacker,
                &json!({"x5u": "https://evil.test/cert.pem", "kid": kid}),
                &claims(),
            );
            first(&format!("{algorithm} x5u {kid}"), &t, &hasty, "key-embedded");
            let t = mint_with(
                &attacker,
                &json!({"x5c": [certificate(algorithm)], "kid": kid}),
                &claims(),
            );
            only(&format!("{algorithm} x5c {kid}"), &t, &context, "key-embedded");
        }
        // A trusted key with its certificate in the header is nothing bad.
        let t = mint_with(
            &honest,
            &json!({"jwk": honest.jwk(), "jku": "https://id.example.test/jwks"}),
            &claims(),
        );
        assert!(explain(t.as_bytes(), &context).faults.is_empty());
    }
    for kid in [
        "../../../../dev/null",
        "/etc/passwd",
        "key' UNION SELECT 'a'--",
        "https://evil.test/key.pem",
        "a|sleep 5",
        "..\\..\\x",
        "file:///dev/null",
        "`id`",
        "$(id)",
        "%00",
        "..%2f..%2fdev%2fnull",
    ] {
        for secret in [&b""[..], b"\0", b"a", b"guess", b"secret", b"changeme"] {
            let forger =
                SigningKey::from_secret(Algorithm::Hs256, Some(kid.to_owned()), secret).unwrap();
            let t = mint_with(&forger, &json!({}), &claims());
            first(kid, &t, &surroundings(Algorithm::Es256), "key-id-injection");
        }
    }
}

pub(crate) fn public_pem(algorithm: Algorithm) -> String {
    let der = spki(algorithm);
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..=0x7F => vec![u8::try_from(short).unwrap()],
        middle @ 0x80..=0xFF => vec![0x81, u8::try_from(middle).unwrap()],
        long => [&[0x82][..], &u16::try_from(long).unwrap().to_be_bytes()].concat(),
    };
    [&[tag][..], &length, content].concat()
}

pub(crate) fn spki_of(jwk: &Value) -> Vec<u8> {
    let bytes = |name: &str| base64url::decode(jwk[name].as_str().unwrap()).unwrap();
    let bits = |content: &[u8]| tlv(3, &[&[0][..], content].concat());
    let (algorithm, key) = match jwk["kty"].as_str().unwrap() {
        "RSA" => {
            let natural = |bytes: Vec<u8>| {
                tlv(2, &if bytes[0] & 0x80 != 0 { [&[0][..], &bytes].concat() } else { bytes })
            };
            let numbers = tlv(0x30, &[natural(bytes("n")), natural(bytes("e"))].concat());
            (vec![6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0], numbers)
        }
        "EC" => (
            vec![
                6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1,
                7,
            ],
            [&[4][..], &bytes("x"), &bytes("y")].concat(),
        ),
        "AKP" => (vec![6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x12], bytes("pub")),
        _ => (vec![6, 3, 0x2B, 0x65, 0x70], bytes("x")),
    };
    tlv(0x30, &[tlv(0x30, &algorithm), bits(&key)].concat())
}

fn spki(algorithm: Algorithm) -> Vec<u8> {
    spki_of(&keys::signing(algorithm).jwk())
}

/// A certificate's shape around the stranger's key.
pub(crate) fn certificate(algorithm: Algorithm) -> String {
    certificate_around(spki_of(&keys::other_signing(algorithm, "x").jwk()))
}

/// A certificate's shape around a key; nobody looks at the rest. Base64 of its DER.
fn certificate_around(spki: Vec<u8>) -> String {
    let name = tlv(0x30, &[]);
    let validity = tlv(0x30, &[tlv(0x17, b"260101000000Z"), tlv(0x17, b"270101000000Z")].concat());
    let body = tlv(
        0x30,
        &[
            tlv(0xA0, &tlv(2, &[2])),
            tlv(2, &[1]),
            tlv(0x30, &[]),
            name.clone(),
            validity,
            name,
            spki,
        ]
        .concat(),
    );
    STANDARD.encode(tlv(0x30, &[body, tlv(0x30, &[]), tlv(3, &[0, 1])].concat()))
}

#[test]
fn keys_in_another_form_are_named_and_used_all_the_same() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let t = token(algorithm);
        let public = public_pem(algorithm);
        assert!(
            explain(t.as_bytes(), &bare().with_key("key.pem", public.as_bytes())).faults.is_empty()
        );
        let private = keys::private_pem(algorithm);
        let jwk = with(keys::signing(algorithm).jwk(), &json!({"d": "AAAA"}));
        let certificate = certificate_of(algorithm);
        for (what, given) in [
            ("private", private.as_bytes().to_vec()),
            ("private, escaped", private.replace('\n', "\\n").into_bytes()),
            ("escaped", public.replace('\n', "\\n").into_bytes()),
            (
                "escaped and quoted",
                format!("\"{}\"", public.trim().replace('\n', "\\n")).into_bytes(),
            ),
            ("base64 alone", STANDARD.encode(spki(algorithm)).into_bytes()),
            ("DER", spki(algorithm)),
            ("certificate", certificate.into_bytes()),
            ("private JWK", jwk.to_string().into_bytes()),
            ("OpenSSH", open_ssh(algorithm).into_bytes()),
            ("nothing of the kind", b"hello".to_vec()),
            ("HTML", b"<html></html>".to_vec()),
            ("empty", Vec::new()),
        ] {
            let context = bare().with_key("key.pem", &given);
            only(&format!("{algorithm} {what}"), &t, &context, "key-format");
        }
        let set = json!({"keys": [jwk]}).to_string();
        for (what, given) in [
            ("HTML", "<html><body>404</body></html>".to_owned()),
            ("empty list", "{\"keys\":[]}".to_owned()),
            ("discovery", json!({"issuer": "x", "jwks_uri": "https://x/jwks"}).to_string()),
            ("private", set),
            ("text", "not found".to_owned()),
            ("nothing", String::new()),
            ("null", "null".to_owned()),
            ("PEM", public.clone()),
            ("no list", "{\"keys\":{}}".to_owned()),
            (
                "broken",
                "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}"
                    .to_owned(),
            ),
            ("certificates", json!({"k1": certificate_of(algorithm)}).to_string()),
            ("error", json!({"error": "not_found"}).to_string()),
        ] {
            let context = bare().with_key_set("jwks.json", given.as_bytes());
            first(&format!("{algorithm} {what}"), &t, &context, "key-set-invalid");
        }
    }
}

fn certificate_of(algorithm: Algorithm) -> String {
    let base64 = certificate_around(spki(algorithm));
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}

fn open_ssh(algorithm: Algorithm) -> String {
    let jwk = keys::signing(algorithm).jwk();
    let bytes = |name: &str| base64url::decode(jwk[name].as_str().unwrap()).unwrap();
    let field =
        |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let (kind, rest) = match algorithm {
        Algorithm::Rs256 => {
            ("ssh-rsa", [field(&bytes("e")), field(&[&[0][..], &bytes("n")].concat())].concat())
        }
        Algorithm::EdDsa => ("ssh-ed25519", field(&bytes("x"))),
        _ => (
            "ecdsa-sha2-nistp256",
            [field(b"nistp256"), field(&[&[4][..], &bytes("x"), &bytes("y")].concat())].concat(),
        ),
    };
    format!("{kind} {} ada@host\n", STANDARD.encode([field(kind.as_bytes()), rest].concat()))
}

#[test]
fn signatures_over_another_text_are_found() {
    for algorithm in
        [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256, Algorithm::Hs256]
    {
        let key = keys::signing(algorithm);
        let context = surroundings(algorithm);
        let header =
            json!({"alg": algorithm.name(), "typ": "at+jwt", "kid": key.kid()}).to_string();
        let payload = claims().to_string();
        let (h, p) = (base64url::encode(&header), base64url::encode(&payload));
        let spaced = |json: &str| json.replace("\":", "\": ").replace(",\"", ", \"");
        for (what, message) in [
            ("decoded", format!("{header}.{payload}")),
            ("decoded, no dot", format!("{header}{payload}")),
            ("payload alone", p.clone()),
            ("payload decoded", payload.clone()),
            ("no dot", format!("{h}{p}")),
            ("padded", format!("{}.{}", URL_SAFE.encode(&header), URL_SAFE.encode(&payload))),
            ("standard", format!("{}.{}", STANDARD.encode(&header), STANDARD.encode(&payload))),
            ("newline", format!("{h}.{p}\n")),
            ("blank", format!("{h}.{p} ")),
            ("scheme", format!("Bearer {h}.{p}")),
            ("payload padded", format!("{h}.{}", URL_SAFE.encode(&payload))),
            ("header padded", format!("{}.{p}", URL_SAFE.encode(&header))),
            ("detached", format!("{h}.")),
            ("encoded as one", base64url::encode(format!("{header}.{payload}"))),
            (
                "with blanks",
                format!(
                    "{}.{}",
                    base64url::encode(spaced(&header)),
                    base64url::encode(spaced(&payload))
                ),
            ),
            ("escaped slashes", format!("{h}.{}", base64url::encode(payload.replace('/', "\\/")))),
            ("decoded payload", format!("{h}.{payload}")),
        ] {
            if message == format!("{h}.{p}") {
                continue;
            }
            let t = format!("{h}.{p}.{}", base64url::encode(key.sign(message.as_bytes()).unwrap()));
            only(&format!("{algorithm} {what}"), &t, &context, "signing-input");
        }
    }
}

/// The numbers of a fixed RSA key: modulus and private exponent.
pub(crate) fn rsa_private() -> (BigUint, BigUint) {
    let der = keys::der(keys::private_pem(Algorithm::Rs256));
    // PKCS#8: the last octet string holds PKCS#1: version, n, e, d.
    let find = der.windows(4).position(|four| four == [2, 1, 0, 2]).map(|at| at + 3).unwrap();
    let mut rest = &der[find..];
    let mut numbers = Vec::new();
    while numbers.len() < 3 {
        let (length, skip) = match rest[1] {
            0x82 => (usize::from(rest[2]) << 8 | usize::from(rest[3]), 4),
            0x81 => (usize::from(rest[2]), 3),
            short => (usize::from(short), 2),
        };
        numbers.push(BigUint::from_bytes_be(&rest[skip..skip + length]));
        rest = &rest[skip + length..];
    }
    (numbers[0].clone(), numbers[2].clone())
}

/// PSS with any salt (RFC 8017 §9.1.1).
pub(crate) fn pss(hash: &'static Hash, message: &[u8], salt: &[u8]) -> Vec<u8> {
    let (n, d) = rsa_private();
    let inner = [&[0; 8][..], digest(hash, message).as_ref(), salt].concat();
    let h = digest(hash, &inner);
    let length = 256 - hash.output_len() - 1;
    let mut data = vec![0; length - salt.len() - 1];
    data.push(1);
    data.extend_from_slice(salt);
    let mut mask = Vec::new();
    for counter in 0u32..8 {
        mask.extend_from_slice(
            digest(hash, &[h.as_ref(), &counter.to_be_bytes()].concat()).as_ref(),
        );
    }
    for (byte, mask) in data.iter_mut().zip(&mask) {
        *byte ^= mask;
    }
    data[0] &= 0x7F;
    let block = [&data[..], h.as_ref(), &[0xBC]].concat();
    let signed = BigUint::from_bytes_be(&block).modpow(&d, &n).to_bytes_be();
    [vec![0; 256 - signed.len()], signed].concat()
}

#[test]
fn salts_of_another_length_are_measured() {
    let key = keys::signing(Algorithm::Ps256);
    let header = json!({"alg": "PS256", "typ": "at+jwt", "kid": key.kid()}).to_string();
    let input =
        format!("{}.{}", base64url::encode(header), base64url::encode(claims().to_string()));
    for salt in [0usize, 8, 16, 20, 48, 64, 218, 219, 220, 221, 222] {
        let t = format!(
            "{input}.{}",
            base64url::encode(pss(&SHA256, input.as_bytes(), &vec![7; salt]))
        );
        only(&format!("salt {salt}"), &t, &surroundings(Algorithm::Ps256), "pss-salt-length");
    }
    let right = format!("{input}.{}", base64url::encode(pss(&SHA256, input.as_bytes(), &[7; 32])));
    assert!(explain(right.as_bytes(), &surroundings(Algorithm::Ps256)).faults.is_empty());
}

#[test]
fn graph_s_nonce_is_hashed() {
    let key = keys::signing(Algorithm::Rs256);
    let nonce = "jz36o8WViKOrD3pcPWGxq5dYKbdZpZCj1r40ibou";
    let hashed = base64url::encode(digest(&SHA256, nonce.as_bytes()));
    let header = |nonce: &str| {
        json!({"typ": "JWT", "nonce": nonce, "alg": "RS256", "kid": key.kid()}).to_string()
    };
    let graph = with(
        claims(),
        &json!({"iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/", "aud": "00000003-0000-0000-c000-000000000000"}),
    );
    let signed = seal(&key, header(&hashed).as_bytes(), graph.to_string().as_bytes());
    let (_, rest) = signed.split_once('.').unwrap();
    let t = format!("{}.{rest}", base64url::encode(header(nonce)));
    let report = explain(t.as_bytes(), &surroundings(Algorithm::Rs256));
    assert_eq!(report.faults[0].fault.code.as_str(), "foreign-resource-token", "{}", said(&report));
    assert_eq!(report.faults[0].certainty, Certainty::Proven);
    // With keys that cannot prove it, the marks speak.
    first("marks", &t, &surroundings(Algorithm::Es256), "foreign-resource-token");
    let other = with_jwks(json!([keys::other_signing(Algorithm::Rs256, "x").jwk()]));
    first("marks", &t, &other, "foreign-resource-token");
    assert!(key_set().len() > 100);
    assert!(mint(Algorithm::Rs256, &json!({}), &claims()).len() > 100);
}
