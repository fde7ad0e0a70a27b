//! An error message alone, and beside a token: candidates of the one, the verdict of the other.

use claviger_explain::{Certainty, InputKind, Surroundings, explain};
use claviger_token::{Algorithm, Code, Verdict};
use proptest::prelude::*;

use crate::stage::{NOW, policy, surroundings, token};

const MESSAGES: &[(&str, Code)] = &[
    ("jwt malformed\n  at springframework.http.SomeVeryLongClassNameHere", Code::TokenOpaque),
    ("jwt malformed", Code::TokenOpaque),
    ("JWT::DecodeError: Not enough or too many segments", Code::TokenOpaque),
    (
        "io.jsonwebtoken.UnsupportedJwtException: Unsigned Claims JWTs are not supported.",
        Code::AlgorithmNone,
    ),
    ("InvalidToken", Code::TokenOpaque),
    ("ERR_JWT_EXPIRED", Code::Expired),
    ("{\"message\":\"Unauthorized\"}", Code::CredentialMissing),
    ("{\"error\":\"invalid_token\",\"error_description\":\"The token is expired\"}", Code::Expired),
    ("[{\"level\":\"warn\",\"msg\":\"Jwt is expired\"}]", Code::Expired),
    ("Bearer error=\"invalid_token\", error_description=\"The token is expired\"", Code::Expired),
    ("WWW-Authenticate: Bearer error=\"insufficient_scope\"", Code::ScopeInsufficient),
    (
        "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer error=\"invalid_token\", error_description=\"The signature is invalid\"\r\n\r\n",
        Code::SecretEncoding,
    ),
    ("IDX10503: Signature validation failed.", Code::KeySetStale),
    ("invalid type: map, expected a string at line 1 column 52", Code::HeaderMemberRefused),
    ("Authorization header: Format is Authorization: Bearer [token]", Code::SchemeWrong),
    (
        "Since Monday we get `Jwks doesn't have key to match kid or alg from Jwt` from the mesh.",
        Code::KeySetStale,
    ),
    (
        "2026-11-18 11:06:40 WARN o.s.s.o.s.r.w.BearerTokenAuthenticationFilter - refused\n\
         Caused by: com.nimbusds.jose.proc.BadJWSException: Signed JWT rejected: Invalid signature\n\
         \tat com.nimbusds.jwt.proc.DefaultJWTProcessor.<clinit>(DefaultJWTProcessor.java:101)",
        Code::SecretEncoding,
    ),
];

#[test]
fn a_message_alone_leaves_the_verdict_open() {
    for (message, first) in MESSAGES {
        let report = explain(message.as_bytes(), &surroundings(Algorithm::EdDsa));
        assert_eq!(report.input, InputKind::Message, "{message}");
        assert_eq!(report.verdict, Verdict::Undetermined, "{message}");
        assert_eq!(report.first().map(|one| one.fault.code), Some(*first), "{message}");
        assert!(report.faults.iter().all(|one| one.certainty != Certainty::Proven), "{message}");
        assert!(report.notes.iter().any(|note| note.contains("is said by")), "{message}");
        assert!(report.token.is_none(), "{message}");
        let json = report.to_json(false);
        assert_eq!(json["notes"], serde_json::json!(report.notes), "{message}");
        assert_eq!(json["faults"][0]["code"], first.as_str(), "{message}");
        for one in &report.faults {
            let detail = one.detail();
            assert!(!detail.contains(['{', '}']) && !detail.contains("?"), "{message}: {detail}");
        }
    }
}

#[test]
fn a_wording_in_no_table_is_read_by_its_words_and_nothing_more_is_claimed() {
    let report = explain(b"TOKEN_AUDIENCE_MISMATCH: nope", &surroundings(Algorithm::EdDsa));
    assert_eq!(report.input, InputKind::Message);
    assert_eq!(report.verdict, Verdict::Undetermined);
    assert_eq!(report.first().map(|one| one.fault.code), Some(Code::AudienceNotConfigured));
    assert!(report.faults.iter().all(|one| one.certainty == Certainty::Possible));
    // A request, a placeholder and a letter about something else stay what they are.
    for (input, first) in [
        ("GET /expired-tokens HTTP/1.1\r\nHost: a\r\n\r\n", Code::CredentialMissing),
        ("Authorization: Bearer <expired token>", Code::CredentialPlaceholder),
    ] {
        let report = explain(input.as_bytes(), &surroundings(Algorithm::EdDsa));
        assert_eq!(report.first().map(|one| one.fault.code), Some(first), "{input}");
    }
}

#[test]
fn a_token_beside_a_message_is_judged_as_ever() {
    let context = surroundings(Algorithm::EdDsa);
    let good = token(Algorithm::EdDsa);
    for (message, _) in MESSAGES {
        for input in [
            format!("{message}\nAuthorization: Bearer {good}"),
            format!("WARN \"{message}\" token={good} path=/orders"),
            format!("{message}\n\n{good}\n"),
        ] {
            let report = explain(input.as_bytes(), &context);
            assert_ne!(report.input, InputKind::Message, "{input}");
            assert_eq!(report.verdict, Verdict::Accepted, "{input}");
        }
    }
    let input = format!("WARN jwt expired token={good}");
    let report = explain(input.as_bytes(), &context);
    assert!(report.notes.iter().any(|note| note.contains("jsonwebtoken")), "{:?}", report.notes);
}

#[test]
fn what_a_client_sent_is_no_message() {
    for (input, first) in [
        ("Authorization: Bearer undefined", Code::CredentialPlaceholder),
        ("Authorization: Bearer {\"error\":\"invalid_grant\"}", Code::Bracketed),
        ("GET / HTTP/1.1\r\nHost: a\r\nX-Error: jwt malformed\r\n\r\n", Code::CredentialMissing),
        (
            "curl -H 'Authorization: Bearer null' https://a/ # jwt malformed",
            Code::CredentialPlaceholder,
        ),
    ] {
        let report = explain(input.as_bytes(), &surroundings(Algorithm::EdDsa));
        assert_ne!(report.input, InputKind::Message, "{input}");
        assert_eq!(report.first().map(|one| one.fault.code), Some(first), "{input}");
    }
}

#[test]
fn a_message_shows_no_token_that_its_values_hold() {
    let good = token(Algorithm::EdDsa);
    let signature = good.rsplit('.').next().expect("a signature");
    let message = format!("oidc: expected audience \"a\" got [\"{good}\"]");
    let report = explain(message.as_bytes(), &Surroundings::new(policy(), NOW));
    assert!(!report.to_json(false).to_string().contains(signature));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_message_in_any_text_panics_nowhere_and_accepts_nothing(
        which in 0usize..MESSAGES.len(),
        before in "\\PC{0,40}",
        behind in "\\PC{0,40}",
        cut in 0.0f64..1.0,
    ) {
        let text = format!("{before}{}{behind}", MESSAGES[which].0);
        let mut end = (cut * text.len() as f64) as usize;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        for text in [text.as_str(), &text[..end], &text[end..]] {
            let report = explain(text.as_bytes(), &surroundings(Algorithm::EdDsa));
            prop_assert_ne!(report.verdict, Verdict::Accepted);
        }
    }
}
