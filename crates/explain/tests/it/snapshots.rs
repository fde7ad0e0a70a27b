//! What a person reads, whole: compared with the files in `snapshots`, at 80 columns, at 120 (`.120`), and
//! at 80 with colours (`.color`, escapes written `⎋`).
//!
//! `CLAVIGER_BLESS=1` writes them anew; look at the difference before it is kept.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use claviger_explain::batch::{BATCH_BUDGET, Batch, Cutter, table};
use claviger_explain::{
    Observation, Report, Surroundings, TextStyle, diff, diff_text, explain, text, together,
    together_text,
};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, mint_with, with};
use claviger_token::Algorithm;
use serde_json::json;

use crate::stage::{NOW, claims, policy, surroundings, token, token_with};

fn place(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "it", "snapshots", &format!("{name}.txt")]
        .iter()
        .collect()
}

/// Compares one text with the file that keeps it, escapes made visible.
pub(crate) fn kept(name: &str, said: &str) {
    let said = said.replace('\u{1B}', "⎋");
    let path = place(name);
    if std::env::var_os("CLAVIGER_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder"))
            .expect("the folder of the snapshots");
        std::fs::write(&path, &said).expect("a snapshot");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(said == expected, "{name}: expected\n{expected}\nfound\n{said}");
}

/// A text without its colours.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1B}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |said, part| said + part.split_once('m').map_or(part, |(_, rest)| rest))
}

/// At 80 and at 120 columns, plain and coloured; colours never change what is said, nor where.
fn at_all_widths(name: &str, write: &dyn Fn(&TextStyle) -> String) {
    for (width, suffix) in [(80, ""), (120, ".120")] {
        let plain = write(&TextStyle { width, ..TextStyle::default() });
        kept(&format!("{name}{suffix}"), &plain);
        for line in plain.lines() {
            assert!(line.chars().count() <= width, "{name}: a line is too long: {line}");
        }
        let colored = write(&TextStyle { width, color: true, show_repaired: false });
        let bare: Vec<String> =
            without_colors(&colored).lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(bare, plain.lines().collect::<Vec<_>>(), "{name}: colour changes the text");
        if width == 80 {
            kept(&format!("{name}.color"), &colored);
        }
    }
}

fn check(name: &str, input: &str, surroundings: &Surroundings) {
    let report = explain(input.as_bytes(), surroundings);
    at_all_widths(name, &|style| text(&report, style));
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
    check(
        "message-audience",
        "IDX10214: Audience validation failed. Audiences: 'https://api.example.test/'. Did not match: \
         validationParameters.ValidAudience: 'https://api.example.test' or \
         validationParameters.ValidAudiences: 'null'.",
        &eddsa,
    );
    check("message-key", "Jwks doesn't have key to match kid or alg from Jwt", &eddsa);
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
    let soon = json!({"iat": NOW + 20, "exp": NOW + 50});
    check("warnings", &token_with(Algorithm::EdDsa, &soon), &eddsa);
}

#[test]
fn a_comparison_reads_as_it_is_kept() {
    let eddsa = surroundings(Algorithm::EdDsa);
    let good = format!("Authorization: Bearer {}", token(Algorithm::EdDsa));
    let compared = |name: &str, good: &str, bad: &str| {
        let (good, bad) = (explain(good.as_bytes(), &eddsa), explain(bad.as_bytes(), &eddsa));
        at_all_widths(name, &|style| diff_text(&diff(&good, &bad), style));
    };
    let foreign = json!({
        "aud": "https://billing.example.test", "scope": "profile", "roles": ["reader"],
        "iat": NOW - 30, "exp": NOW + 3570, "jti": "another",
    });
    compared("diff-audience", &good, &token_with(Algorithm::EdDsa, &foreign));
    let late = token_with(Algorithm::EdDsa, &json!({"iat": NOW - 900, "exp": NOW - 600}));
    compared("diff-scheme-and-expiry", &good, &format!("Authorization: {late}"));
    compared("diff-same", &good, &good);
}

#[test]
fn several_read_together_as_they_are_kept() {
    let eddsa = surroundings(Algorithm::EdDsa);
    let good = token(Algorithm::EdDsa);
    let stranger = keys::other_signing(Algorithm::EdDsa, "test-eddsa");
    let forged = |nth: i64| {
        let times = json!({"iat": NOW - 50 - nth, "exp": NOW + 200, "jti": nth.to_string()});
        mint_with(&stranger, &json!({}), &with(claims(), &times))
    };
    let inputs = [good, forged(1), forged(2)];
    let reports: Vec<Report> =
        inputs.iter().map(|input| explain(input.as_bytes(), &eddsa)).collect();
    let named = |(nth, report)| Observation { name: format!("line {}", nth + 1), report, at: None };
    let told = together(reports.iter().enumerate().map(named).collect());
    at_all_widths("together", &|style| together_text(&told, style));
}

#[test]
fn a_log_s_table_reads_as_it_is_kept() {
    let around = surroundings(Algorithm::EdDsa).with_budget(BATCH_BUDGET);
    let expired = token_with(Algorithm::EdDsa, &json!({"iat": NOW - 900, "exp": NOW - 600}));
    let line = |minute: u32, address: &str, status: u16, behind: &str| {
        format!(
            "{address} - - [18/Nov/2026:11:{minute:02}:40 +0000] \"GET /orders/17?page=2 HTTP/1.1\" {status} 17 \"-\" \"curl/8.5.0\" {behind}\n"
        )
    };
    let log = [
        line(1, "10.0.0.1", 200, ""),
        line(2, "10.0.0.1", 401, &format!("\"Bearer {expired}\"")),
        line(3, "10.0.0.1", 401, &format!("\"Bearer {expired}\"")),
        line(4, "10.0.0.2", 401, "\"Bearer undefined\""),
        line(5, "10.0.0.3", 403, "error=\"insufficient_scope\""),
        line(6, "10.0.0.4", 401, ""),
        "starting up\n".to_owned(),
    ]
    .concat();
    let mut batch = Batch::new(Arc::new(around));
    let mut cutter = Cutter::default();
    let blocks = cutter.push(log.as_bytes()).into_iter().chain(cutter.finish());
    blocks.for_each(|block| batch.block(&block));
    let groups = batch.finish();
    at_all_widths("log", &|style| table(&groups, style));
}
