//! Faults of whoever made the token or keeps its keys, planted: each planter signs anew, or hands the keys
//! out wrongly.

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use claviger_testkit::mint::{seal, with};
use claviger_token::{Algorithm, Code, Policy, SigningKey, base64url};
use serde_json::{Value, json};

use super::good::{Dice, Good};
use super::{Plant, Planted};
use crate::keys_planted::{certificate, der, hex, pss, public_pem};

pub(super) const PLANTERS: &[(Code, Plant)] = &[
    (Code::AlgorithmConfusion, algorithm_confusion),
    (Code::KeyEmbedded, key_embedded),
    (Code::TimeInMilliseconds, time_in_milliseconds),
    (Code::ScopeShape, scope_shape),
    (Code::ForeignResourceToken, foreign_resource_token),
    (Code::KeyIdMissing, key_id_missing),
    (Code::KeyIdWrong, key_id_wrong),
    (Code::KeyIdAmbiguous, key_id_ambiguous),
    (Code::KeyUseMismatch, key_use_mismatch),
    (Code::AlgorithmMislabelled, algorithm_mislabelled),
    (Code::SignatureDerEncoded, signature_der_encoded),
    (Code::SignatureUnpadded, signature_unpadded),
    (Code::SignatureHexEncoded, signature_hex_encoded),
    (Code::PssSaltLength, pss_salt_length),
    (Code::SigningInput, signing_input),
    (Code::PayloadCompressed, payload_compressed),
];

fn planted(input: String, around: claviger_explain::Surroundings) -> Option<Planted> {
    Some(Planted { input, around })
}

/// Keys that this has a second one and a PEM text of.
const fn is_common(algorithm: Algorithm) -> bool {
    !matches!(algorithm, Algorithm::Es384 | Algorithm::Es512)
}

fn algorithm_confusion(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let jwk = good.key.jwk();
    let pem = is_common(good.algorithm).then(|| public_pem(good.algorithm));
    let secret = match (dice.below(5), pem) {
        (0, Some(pem)) => pem,
        (1, Some(pem)) => pem.trim().to_owned(),
        (2, Some(pem)) => pem.replace('\n', ""),
        (3, Some(pem)) => pem.trim().replace('\n', "\\n"),
        _ => jwk.to_string(),
    };
    let mac = [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512][dice.below(3)];
    let kid = good.written.kid.clone();
    let forger = SigningKey::from_secret(mac, Some(kid), secret.as_bytes()).unwrap();
    let text = good.signed_by(&forger, &json!({}), &json!({}));
    planted(text, good.knowing(&[jwk]))
}

fn key_embedded(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let brought = match dice.coin() && is_common(good.algorithm) {
        true => json!({"x5c": [certificate(good.algorithm)]}),
        false => json!({"jwk": with(good.stranger.jwk(), &json!({"kid": null}))}),
    };
    // The name is the forger's choice.
    let kid = [json!(good.written.kid), json!("evil"), json!(null)][dice.below(3)].clone();
    let mut header = with(good.header(), &brought);
    header["kid"] = kid.clone();
    let header = if kid.is_null() { with(header, &json!({"kid": null})) } else { header };
    let claims = good.written.claims.to_string();
    let text = seal(&good.stranger, header.to_string().as_bytes(), claims.as_bytes());
    planted(text, good.knowing(&[good.key.jwk()]))
}

fn time_in_milliseconds(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let times: Vec<&str> = ["exp", "iat", "nbf"]
        .into_iter()
        .filter(|name| good.written.claims.get(name).is_some())
        .collect();
    let (chosen, factor) =
        (dice.within(1..=(1 << times.len()) - 1), 10_i64.pow([3, 3, 6][dice.below(3)]));
    let mut changes = json!({});
    for (_, name) in times.iter().enumerate().filter(|(nth, _)| chosen >> nth & 1 == 1) {
        changes[*name] = json!(good.written.claims[*name].as_i64()? * factor);
    }
    planted(good.signed(&json!({}), &changes), good.around(dice))
}

fn scope_shape(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let all = &good.written.scopes;
    let needed = &all[dice.below(all.len())];
    let changes = match dice.below(8) {
        0 => json!({"scope": null, "scp": all}),
        1 => json!({"scope": all}),
        2 if all.len() > 1 => json!({"scope": all.join(",")}),
        3 => json!({"scope": "openid", "roles": all}),
        4 => json!({"scope": null, "permissions": all}),
        5 => json!({"scope": null, "realm_access": {"roles": all}}),
        6 => json!({"scope": format!("https://api.example/{needed}")}),
        _ => json!({"scope": null, "scp": all.join(" ")}),
    };
    let policy = Policy { scopes: vec![needed.clone()], ..good.policy() };
    planted(good.signed(&json!({}), &changes), good.around_by(dice, policy))
}

fn foreign_resource_token(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let nonce = dice.word("abcdefghijklmnopqrstuvwxyz0123456789", 20..=43);
    let hashed = base64url::encode(digest(&SHA256, nonce.as_bytes()));
    let header = |nonce: &str| with(good.header(), &json!({ "nonce": nonce })).to_string();
    let claims = with(
        good.written.claims.clone(),
        &json!({
            "iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
            "aud": "00000003-0000-0000-c000-000000000000",
        }),
    );
    let signed = seal(&good.key, header(&hashed).as_bytes(), claims.to_string().as_bytes());
    let (_, rest) = signed.split_once('.')?;
    let text = format!("{}.{rest}", base64url::encode(header(&nonce)));
    planted(text, good.around(dice))
}

/// Both keys, the stranger's before or behind.
fn both(dice: &mut Dice, good: &Good, other: Value) -> claviger_explain::Surroundings {
    let own = good.key.jwk();
    let all = if dice.coin() { [own, other] } else { [other, own] };
    good.knowing(&all)
}

fn key_id_missing(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let text = good.signed(&json!({"kid": null}), &json!({}));
    planted(text, both(dice, good, good.stranger.jwk()))
}

fn key_id_wrong(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let kid = match dice.below(3) {
        0 => "stranger".to_owned(),
        1 => good.key.public().unwrap().thumbprint().to_owned(),
        _ => format!("{}-1", good.written.kid),
    };
    let text = good.signed(&json!({ "kid": kid }), &json!({}));
    planted(text, both(dice, good, good.stranger.jwk()))
}

fn key_id_ambiguous(_: &mut Dice, good: &Good) -> Option<Planted> {
    let twin = with(good.stranger.jwk(), &json!({"kid": good.written.kid}));
    planted(good.token.clone(), good.knowing(&[twin, good.key.jwk()]))
}

fn key_use_mismatch(dice: &mut Dice, good: &Good) -> Option<Planted> {
    // The `alg` of an ML-DSA key is part of the key (RFC 9964 §3).
    let markings = if good.algorithm == Algorithm::MlDsa65 { 3 } else { 4 };
    let marking = match dice.below(markings) {
        0 => json!({"use": "enc"}),
        1 => json!({"use": null, "key_ops": ["encrypt"]}),
        2 => json!({"use": null, "key_ops": ["sign"]}),
        _ => json!({"alg": "RSA-OAEP"}),
    };
    planted(good.token.clone(), good.knowing(&[with(good.key.jwk(), &marking)]))
}

fn algorithm_mislabelled(dice: &mut Dice, good: &Good) -> Option<Planted> {
    use Algorithm as A;
    let labels: &[A] = match good.algorithm {
        A::Hs256 | A::Hs384 | A::Hs512 => &[A::Hs256, A::Hs384, A::Hs512],
        A::Es256 | A::Es384 | A::Es512 => &[A::Es256, A::Es384, A::Es512],
        _ => &[A::Rs256, A::Rs384, A::Rs512, A::Ps256, A::Ps384, A::Ps512],
    };
    let label = labels[dice.below(labels.len())];
    let text = good.signed(&json!({"alg": label.name()}), &json!({}));
    let around = match good.algorithm.is_symmetric() {
        true => good.around(dice),
        false if dice.coin() => good.knowing(&[with(good.key.jwk(), &json!({"alg": null}))]),
        false => good.knowing(&[good.key.jwk()]),
    };
    (label != good.algorithm).then_some(Planted { input: text, around })
}

fn raw(good: &Good) -> Vec<u8> {
    base64url::decode(good.segments()[2]).unwrap()
}

fn resigned(good: &Good, signature: impl AsRef<[u8]>) -> String {
    let [header, payload, _] = good.segments();
    format!("{header}.{payload}.{}", base64url::encode(signature))
}

fn signature_der_encoded(dice: &mut Dice, good: &Good) -> Option<Planted> {
    planted(resigned(good, der(&raw(good))), good.around(dice))
}

fn signature_unpadded(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let raw = raw(good);
    let (r, s) = raw.split_at(raw.len() / 2);
    let bare =
        |half: &[u8]| half.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let kept = |half: &[u8]| [&[0][..], half].concat();
    let other = match dice.below(3) {
        0 => [kept(r), kept(s)].concat(),
        1 => [kept(r), s.to_vec()].concat(),
        // P-521 begins with a zero byte as a rule; the others once in 256 times.
        _ => [bare(r), bare(s)].concat(),
    };
    (other.len() != raw.len()).then(|| planted(resigned(good, other), good.around(dice)))?
}

fn signature_hex_encoded(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let [header, payload, _] = good.segments();
    let text = hex(&raw(good));
    let text = match dice.below(3) {
        0 => format!("{header}.{payload}.{text}"),
        1 => format!("{header}.{payload}.{}", text.to_uppercase()),
        _ => resigned(good, text),
    };
    planted(text, good.around(dice))
}

fn pss_salt_length(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let hash = match good.algorithm {
        Algorithm::Ps256 => &SHA256,
        Algorithm::Ps384 => &SHA384,
        _ => &SHA512,
    };
    // What fits into two thousand bits beside the hash.
    let salt = dice.within(0..=256 - hash.output_len() - 2);
    let [header, payload, _] = good.segments();
    let input = format!("{header}.{payload}");
    let text = resigned(good, pss(hash, input.as_bytes(), &vec![7; salt]));
    (salt != hash.output_len()).then(|| planted(text, good.around(dice)))?
}

fn signing_input(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let [h, p, _] = good.segments();
    let (header, payload) = (good.header().to_string(), good.written.claims.to_string());
    let message = match dice.below(8) {
        0 => format!("{header}.{payload}"),
        1 => format!("{header}{payload}"),
        2 => p.to_owned(),
        3 => payload,
        4 => format!("{h}{p}"),
        5 => format!("{}.{}", URL_SAFE.encode(&header), URL_SAFE.encode(&payload)),
        6 => format!("{}.{}", STANDARD.encode(&header), STANDARD.encode(&payload)),
        _ => format!("{h}.{}", base64url::encode(payload.replace('/', "\\/"))),
    };
    if message == format!("{h}.{p}") {
        return None;
    }
    let text = resigned(good, good.key.sign(message.as_bytes()).unwrap());
    planted(text, good.around(dice))
}

fn payload_compressed(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let claims = good.written.claims.to_string();
    let packed = match dice.coin() {
        true => miniz_oxide::deflate::compress_to_vec(claims.as_bytes(), 6),
        false => miniz_oxide::deflate::compress_to_vec_zlib(claims.as_bytes(), 6),
    };
    let header = match dice.coin() {
        true => with(good.header(), &json!({"zip": "DEF"})),
        false => good.header(),
    };
    let text = seal(&good.key, header.to_string().as_bytes(), &packed);
    planted(text, good.around(dice))
}
