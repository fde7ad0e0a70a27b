//! What a person reads, whole: compared with the files in `snapshots`, at 80 columns without colour.
//!
//! `CLAVIGER_BLESS=1` writes them anew; look at the difference before it is kept.

use std::path::PathBuf;

use base64::Engine as _;
use claviger_explain::{Surroundings, TextStyle, explain, text};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, mint_with, with};
use claviger_token::Algorithm;
use serde_json::json;

use crate::stage::{NOW, claims, policy, surroundings, token, token_with};

fn check(name: &str, input: &str, surroundings: &Surroundings) {
    let said = text(&explain(input.as_bytes(), surroundings), &TextStyle::default());
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests", "it", "snapshots", &format!("{name}.txt")]
            .iter()
            .collect();
    if std::env::var_os("CLAVIGER_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder"))
            .expect("the folder of the snapshots");
        std::fs::write(&path, &said).expect("a snapshot");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(said == expected, "{name}: expected\n{expected}\nfound\n{said}");
    for line in said.lines() {
        assert!(line.chars().count() <= 80, "{name}: a line is too long: {line}");
    }
}

#[test]
fn a_report_reads_as_it_is_kept() {
    // EdDSA and HMAC signatures are the same every time.
    let eddsa = surroundings(Algorithm::EdDsa);
    let good = token(Algorithm::EdDsa);
    check("accepted", &good, &eddsa);
    check("undetermined", &good, &Surroundings::new(policy(), NOW));
    let expired = token_with(Algorithm::EdDsa, &json!({"iat": NOW - 900, "exp": NOW - 600}));
    check("expired", &expired, &eddsa);
    check("quoted-then-expired", &format!("Authorization: Bearer \"{expired}\""), &eddsa);
    check("scheme-missing", &format!("Authorization: {good}"), &eddsa);
    check(
        "header-name-wrong",
        &format!("GET /orders HTTP/1.1\r\nHost: api.example.test\r\nX-Auth-Token: {good}\r\n\r\n"),
        &eddsa,
    );
    check("credential-placeholder", "Authorization: Bearer ${ACCESS_TOKEN}", &eddsa);
    check("percent-encoded", &good.replace('.', "%2E"), &eddsa);
    check("whitespace-inside", &format!("{}\n{}", &good[..76], &good[76..]), &eddsa);
    check("trailing-characters", &format!("{good}\"}}"), &eddsa);
    check("truncated", &good[..good.len() - 20], &eddsa);
    let encoded = base64::engine::general_purpose::STANDARD.encode(&good);
    check("base64-of-token", &encoded, &eddsa);
    let near = token_with(Algorithm::EdDsa, &json!({"aud": "https://api.example.test/"}));
    check("audience-near-miss", &near, &eddsa);
    let other = token_with(
        Algorithm::EdDsa,
        &json!({"iss": "https://id.staging.test", "aud": "https://billing.example.test"}),
    );
    check("issuer-and-audience", &other, &eddsa);
    let id = with(
        claims(),
        &json!({"aud": "web", "scope": null, "nonce": "n-0S6_WzA2Mj", "at_hash": "Ov0XhFNLcUnQlR7fJKt35w"}),
    );
    check("id-token", &mint(Algorithm::EdDsa, &json!({"typ": "JWT"}), &id), &eddsa);
    let forged =
        mint_with(&keys::other_signing(Algorithm::EdDsa, "test-eddsa"), &json!({}), &claims());
    check("signature-mismatch", &forged, &eddsa);
    let unknown = mint(Algorithm::EdDsa, &json!({"kid": "2019-key"}), &claims());
    check("key-id-wrong", &unknown, &eddsa);
    let mut mistyped = good.clone();
    mistyped.replace_range(100..101, if &good[100..101] == "I" { "l" } else { "I" });
    check("character-error", &mistyped, &eddsa);
    let hmac = token(Algorithm::Hs256);
    let with_newline = [keys::SECRET.as_slice(), b"\n"].concat();
    check(
        "secret-encoding",
        &hmac,
        &Surroundings::new(policy(), NOW).with_secret("secret", &with_newline),
    );
    check(
        "token-opaque",
        "ya29.a0AfH6SMBxQgcaK7e3vO9uCTOLFtCLKwvAGM9xcOrexNCb0MTscTJxs6VTd4YskCQvdN",
        &eddsa,
    );
    check("nothing", "GET /orders HTTP/1.1\r\nHost: api.example.test\r\n\r\n", &eddsa);
}
