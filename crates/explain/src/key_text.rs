//! What a given key file holds, read as generously as can be: the keys in it, and what is wrong with its form.
//!
//! A private key, a certificate or a PEM with `\n` written out is a fault of the configuration
//! (`key-format`); the key inside is still taken, so that the token's own faults are found too. A key
//! set that is none is `key-set-invalid`. Never decides about a token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_token::base64url;
use claviger_token::{
    Algorithm, Code, Fact, Fault, Key, KeyError, KeySet, PRIVATE_MEMBERS, SigningKey,
};
use serde_json::{Value, json};

use crate::der;

/// The longest key file that is looked at: a set of 256 big keys fits easily.
pub(crate) const MAX_KEY_BYTES: usize = 1024 * 1024;

/// What was found in a file.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) keys: Vec<Key>,
    pub(crate) fault: Option<Fault>,
    /// `kid`s of members that could not be used, with the reason.
    pub(crate) unusable: Vec<(String, String)>,
}

fn format_fault(name: &str, reason: impl Into<String>) -> Fault {
    Fault::new(Code::KeyFormat).with("source", name).with("reason", Fact::Words(reason.into()))
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().map(|text| text.trim_start_matches('\u{FEFF}').trim())
}

/// A file given as one key: PEM or JWK.
pub(crate) fn key(name: &str, bytes: &[u8]) -> Found {
    if bytes.len() > MAX_KEY_BYTES {
        let fault = format_fault(name, "a file far longer than any key");
        return Found { fault: Some(fault), ..Found::default() };
    }
    let Some(text) = text_of(bytes).filter(|text| !text.contains('\0')) else {
        // DER: the same key without its armour.
        let keys = from_der(bytes);
        let reason = "binary DER, where PEM or a JWK is due: openssl pkey -pubin -inform DER";
        return Found { fault: Some(format_fault(name, reason)), keys, ..Found::default() };
    };
    if text.starts_with('{') {
        return jwk(name, text);
    }
    match Key::from_pem(text) {
        Ok(key) => Found { keys: vec![key], ..Found::default() },
        Err(error) => Found {
            keys: from_damaged_pem(text),
            fault: Some(format_fault(name, error.reason)),
            ..Found::default()
        },
    }
}

fn jwk(name: &str, text: &str) -> Found {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let reason = format!("JSON that does not parse ({error})");
            return Found { fault: Some(format_fault(name, reason)), ..Found::default() };
        }
    };
    if value.get("keys").is_some() {
        return key_set(name, text.as_bytes());
    }
    match Key::from_jwk(&value) {
        Ok(key) => Found { keys: vec![key], ..Found::default() },
        Err(error) => Found {
            keys: public_half(&value).into_iter().collect(),
            fault: Some(format_fault(name, error.reason)),
            ..Found::default()
        },
    }
}

/// The key of a private JWK without its private members.
pub(crate) fn public_half(jwk: &Value) -> Option<Key> {
    let mut jwk = jwk.as_object()?.clone();
    for member in PRIVATE_MEMBERS {
        jwk.remove(*member);
    }
    Key::from_jwk(&Value::Object(jwk)).ok()
}

/// A file given as a key set.
pub(crate) fn key_set(name: &str, bytes: &[u8]) -> Found {
    let invalid = |reason: String| {
        Some(
            Fault::new(Code::KeySetInvalid)
                .with("source", name)
                .with("reason", Fact::Words(reason)),
        )
    };
    if bytes.len() > MAX_KEY_BYTES {
        let fault = invalid("a file far longer than any key set".to_owned());
        return Found { fault, ..Found::default() };
    }
    let text = text_of(bytes).unwrap_or_default();
    let value: Option<Value> = serde_json::from_str(text).ok();
    match KeySet::from_json(text) {
        Ok(set) => {
            let unusable = unusable_members(value.as_ref(), &set);
            // The set owns its keys; they are read again to be owned here.
            let members = value.as_ref().map(members).unwrap_or_default();
            let keys = members.iter().filter_map(|jwk| Key::from_jwk(jwk).ok()).collect();
            Found { keys, fault: None, unusable }
        }
        Err(error) => {
            if text.starts_with("-----BEGIN") || text.starts_with("ssh-") {
                let reason =
                    "PEM where a key set is due: convert it to a JWK, or configure it as a key";
                let keys = Key::from_pem(text).ok().map(|key| vec![key]);
                let keys = keys.unwrap_or_else(|| from_damaged_pem(text));
                return Found { keys, fault: invalid(reason.to_owned()), ..Found::default() };
            }
            let mut keys: Vec<Key> = Vec::new();
            let mut reason = error.reason;
            if let Some(value) = &value {
                keys.extend(members(value).iter().filter_map(public_half));
                if keys.is_empty() {
                    keys = certificate_map(value);
                    if !keys.is_empty() {
                        reason =
                            "a map of X.509 certificates where a JWK set is due; the issuer's \
                                  discovery document names its `jwks_uri`"
                                .to_owned();
                    }
                }
            }
            Found { keys, fault: invalid(reason), ..Found::default() }
        }
    }
}

fn members(value: &Value) -> Vec<Value> {
    match value.get("keys") {
        Some(Value::Array(list)) => list.iter().take(256).cloned().collect(),
        // A bare list of keys, without the object around it, or one key alone.
        _ => match value {
            Value::Array(list) => list.iter().take(256).cloned().collect(),
            one => vec![one.clone()],
        },
    }
}

fn unusable_members(value: Option<&Value>, set: &KeySet) -> Vec<(String, String)> {
    let Some(value) = value else { return Vec::new() };
    let list = members(value);
    set.rejected()
        .iter()
        .filter_map(|(nth, error): &(usize, KeyError)| {
            let kid = list.get(*nth)?.get("kid")?.as_str()?;
            Some((kid.to_owned(), error.reason.clone()))
        })
        .collect()
}

/// Google's older form: `{"kid": "-----BEGIN CERTIFICATE-----…"}`.
fn certificate_map(value: &Value) -> Vec<Key> {
    let Some(map) = value.as_object() else { return Vec::new() };
    map.iter()
        .take(256)
        .filter_map(|(kid, pem)| {
            let key = from_damaged_pem(pem.as_str()?).into_iter().next()?;
            Some(key.with_kid(kid.as_str()))
        })
        .collect()
}

/// The key inside a PEM that is not a clean public one; empty where there is none to be had.
fn from_damaged_pem(text: &str) -> Vec<Key> {
    let plain = text
        .replace("\\r", "")
        .replace("\\n", "\n")
        .trim_matches(['"', '\'', '`', ' ', '\n', '\r', ','])
        .to_owned();
    if let Ok(key) = Key::from_pem(&plain) {
        return vec![key];
    }
    if let Some(key) = open_ssh(&plain) {
        return vec![key];
    }
    let body = match plain.split_once("-----BEGIN ").and_then(|(_, rest)| rest.split_once("-----"))
    {
        Some((_, rest)) => rest.split("-----END").next().unwrap_or_default(),
        // The body alone, without its first and last line.
        None => plain.as_str(),
    };
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).map(|bytes| from_der(&bytes)).unwrap_or_default()
}

/// A key out of DER of any kind: SPKI, PKCS#1, certificate, private.
fn from_der(bytes: &[u8]) -> Vec<Key> {
    if let Ok(key) = Key::from_spki(bytes) {
        return vec![key];
    }
    if let Some(key) = der::certificate_key(bytes).and_then(|spki| Key::from_spki(spki).ok()) {
        return vec![key];
    }
    let rsa = |n: &[u8], e: &[u8]| {
        let jwk = json!({"kty": "RSA", "n": base64url::encode(n), "e": base64url::encode(e)});
        Key::from_jwk(&jwk).ok()
    };
    if let Some(key) = der::rsa_numbers(bytes).and_then(|(n, e)| rsa(n, e)) {
        return vec![key];
    }
    // PKCS#1 public: nothing but the two numbers.
    let numbers = der::sequence(bytes).map(der::elements).unwrap_or_default();
    if let [n, e] = numbers.as_slice()
        && n.tag == der::INTEGER
        && e.tag == der::INTEGER
        && let Some(key) = rsa(der::natural(n.content), der::natural(e.content))
    {
        return vec![key];
    }
    use Algorithm::{EdDsa, Es256, Es384, Es512, MlDsa65};
    for algorithm in [Es256, Es384, Es512, EdDsa, MlDsa65] {
        if let Ok(private) = SigningKey::from_pkcs8(algorithm, None, bytes)
            && let Some(key) = public_half(&private.jwk())
        {
            // The name that a signing key gives itself is nobody's `kid`.
            return Key::from_jwk(&without_name(&key)).into_iter().collect();
        }
    }
    der::ec_point(bytes).and_then(ec_key).into_iter().collect()
}

fn without_name(key: &Key) -> Value {
    let mut jwk = key.jwk().unwrap_or_default();
    if let Some(members) = jwk.as_object_mut() {
        for name in ["kid", "alg", "use", "key_ops"] {
            members.remove(name);
        }
    }
    jwk
}

fn ec_key(point: &[u8]) -> Option<Key> {
    let curve = match point.len() {
        64 => "P-256",
        96 => "P-384",
        132 => "P-521",
        _ => return None,
    };
    let (x, y) = point.split_at(point.len() / 2);
    let jwk = json!({
        "kty": "EC", "crv": curve, "x": base64url::encode(x), "y": base64url::encode(y)
    });
    Key::from_jwk(&jwk).ok()
}

/// `ssh-rsa AAAA…`, `ecdsa-sha2-nistp256 AAAA…`, `ssh-ed25519 AAAA…` (RFC 4253 §6.6, RFC 5656 §3.1).
fn open_ssh(text: &str) -> Option<Key> {
    let body = text.split_ascii_whitespace().nth(1)?;
    let bytes = STANDARD.decode(body).ok()?;
    let mut rest = bytes.as_slice();
    let mut fields: Vec<&[u8]> = Vec::new();
    while let Some((length, behind)) = rest.split_at_checked(4) {
        let length = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let (field, behind) = behind.split_at_checked(length)?;
        fields.push(field);
        rest = behind;
    }
    let number = |bytes: &[u8]| base64url::encode(der::natural(bytes));
    let jwk = match fields.as_slice() {
        [b"ssh-rsa", e, n] => json!({"kty": "RSA", "n": number(n), "e": number(e)}),
        [b"ssh-ed25519", x] => json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(x)}),
        [kind, _, point] if kind.starts_with(b"ecdsa-sha2-") => {
            return ec_key(point.strip_prefix(&[4])?);
        }
        _ => return None,
    };
    Key::from_jwk(&jwk).ok()
}

/// The key in the first certificate of an `x5c` (RFC 7515 §4.1.6).
pub(crate) fn first_certificate(chain: &Value) -> Option<Key> {
    // A text alone, in place of the list, is how some write it.
    let text = chain.get(0).unwrap_or(chain).as_str()?;
    let bytes = STANDARD.decode(text).ok()?;
    Key::from_spki(der::certificate_key(&bytes)?).ok()
}

/// When a key of a set ends by its member `exp`, which some issuers publish (RFC 7517 knows none).
pub(crate) fn end_of_key(bytes: &[u8], kid: &str) -> Option<i64> {
    let text = text_of(bytes).filter(|text| text.contains("\"exp\""))?;
    let value: Value = serde_json::from_str(text).ok()?;
    let named = |jwk: &Value| jwk.get("kid").and_then(Value::as_str) == Some(kid);
    let jwk = members(&value).into_iter().find(named)?;
    jwk.get("exp").and_then(Value::as_i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_testkit::keys;

    fn public(algorithm: Algorithm) -> Key {
        keys::signing(algorithm).public().unwrap()
    }

    #[test]
    fn the_key_inside_a_private_one_is_found_and_its_form_blamed() {
        for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa, Algorithm::Rs256] {
            let pem = keys::private_pem(algorithm);
            for text in [pem.to_owned(), pem.replace('\n', "\\n")] {
                let found = key("key.pem", text.as_bytes());
                assert_eq!(found.fault.unwrap().code, Code::KeyFormat);
                assert_eq!(
                    found.keys[0].thumbprint(),
                    public(algorithm).thumbprint(),
                    "{algorithm}"
                );
                assert_eq!(found.keys[0].kid(), None);
            }
        }
    }

    #[test]
    fn what_is_no_key_set_is_said_to_be_something_else() {
        for (text, word) in [
            ("<html>404</html>", "HTML"),
            ("{\"keys\":[]}", "without a key"),
            ("{\"jwks_uri\":\"https://a/jwks\"}", "discovery"),
            ("no", "no JSON"),
            ("-----BEGIN PUBLIC KEY-----", "PEM"),
            ("", "no JSON"),
        ] {
            let fault = key_set("jwks.json", text.as_bytes()).fault.unwrap();
            assert_eq!(fault.code, Code::KeySetInvalid);
            assert!(fault.evidence_json()["reason"].as_str().unwrap().contains(word), "{text}");
        }
    }

    #[test]
    fn private_members_of_a_set_are_blamed_and_not_used() {
        let jwk = public(Algorithm::Es256).jwk().unwrap();
        let mut private = jwk;
        private["d"] = json!("AAAA");
        let text = json!({"keys": [private]}).to_string();
        let found = key_set("jwks.json", text.as_bytes());
        assert_eq!(found.fault.unwrap().code, Code::KeySetInvalid);
        assert_eq!(found.keys.len(), 1);
        assert!(found.keys[0].jwk().unwrap().get("d").is_none());
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for bytes in
            [&[0u8, 1, 2][..], b"\xFF\xFE", b"-----BEGIN ", b"ssh-rsa AAAA", b"{", b"\"{}\""]
        {
            let _ = key("k", bytes);
            let _ = key_set("k", bytes);
        }
    }
}
