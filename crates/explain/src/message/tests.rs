use claviger_token::Code as C;

use super::{KNOWN, Said, find, general, recognise};
use crate::report::Certainty;

fn said(text: &str) -> Said {
    recognise(text).unwrap_or_else(|| panic!("not recognised: {text}"))
}

/// A message, who says it, and what it leads to first.
type Expected = (&'static str, &'static str, C);

fn check(all: &[Expected]) {
    for (text, speaker, first) in all {
        let said = said(text);
        let found = said.candidates(text);
        assert!(said.speaker().contains(speaker), "{text}: said by {}", said.speaker());
        assert_eq!(found.first().map(|one| one.fault.code), Some(*first), "{text}");
        assert!(found.iter().all(|one| one.certainty != Certainty::Proven), "{text}");
        assert!(found.iter().skip(1).all(|one| one.certainty == Certainty::Possible), "{text}");
    }
}

#[test]
fn dotnet_and_java_are_told_by_their_words() {
    let dotnet = "Microsoft.IdentityModel";
    check(&[
        (
            "IDX10503: Signature validation failed. Token does not have a kid.",
            dotnet,
            C::KeyIdMissing,
        ),
        (
            "IDX10503: Signature validation failed. Token's kid: 'k9'. Keys tried: ''.",
            dotnet,
            C::KeySetStale,
        ),
        (
            "Microsoft.IdentityModel.Tokens.SecurityTokenExpiredException: IDX10223: Lifetime validation failed. The token is expired.",
            dotnet,
            C::Expired,
        ),
        (
            "IDX10205: Issuer validation failed. Issuer: 'https://sts.windows.net/t/'. Did not match: validationParameters.ValidIssuer: 'https://other.example'",
            dotnet,
            C::IssuerMismatch,
        ),
        (
            "IDX10214: Audience validation failed. Audiences: '[PII of type 'System.String' is hidden. For more details, see https://aka.ms/IdentityModel/PII.]'. Did not match",
            dotnet,
            C::AudienceNotConfigured,
        ),
        ("IDX14100: JWT is not well formed, there are no dots (.).", dotnet, C::TokenOpaque),
        (
            "IDX20803: Unable to obtain configuration from: 'https://id.example'",
            dotnet,
            C::KeySetUnreachable,
        ),
        (
            "WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"The signature key was not found\"",
            "ASP.NET Core",
            C::KeySetStale,
        ),
        (
            "Bearer error=\"invalid_token\", error_description=\"The audience 'api://x' is invalid\"",
            "ASP.NET Core",
            C::AudienceNotConfigured,
        ),
        ("Bearer token is malformed", "Spring", C::WhitespaceInside),
        (
            "An error occurred while attempting to decode the Jwt: Jwt expired at 2026-11-18T10:00:00Z",
            "Spring",
            C::Expired,
        ),
        (
            "An error occurred while attempting to decode the Jwt: Signed JWT rejected: Invalid signature",
            "Nimbus",
            C::SecretEncoding,
        ),
        (
            "Signed JWT rejected: Another algorithm expected, or no matching key(s) found",
            "Nimbus",
            C::KeySetStale,
        ),
        (
            "com.nimbusds.jwt.proc.BadJWTException: JWT iss claim has value https://id.example/, must be https://id.example",
            "Nimbus",
            C::IssuerNearMiss,
        ),
        ("JOSE header typ (type) \"at+jwt\" not allowed", "Nimbus", C::TokenTypeMismatch),
        ("Couldn't retrieve remote JWK set: Connect timed out", "Nimbus", C::KeySetUnreachable),
        (
            "io.jsonwebtoken.ExpiredJwtException: JWT expired at 2026-11-18T10:00:00Z. Current time: 2026-11-18T11:00:00Z",
            "JJWT",
            C::Expired,
        ),
        (
            "The Token's Signature resulted invalid when verified using the Algorithm: HmacSHA256",
            "java-jwt",
            C::SecretEncoding,
        ),
    ]);
}

#[test]
fn javascript_is_told_by_its_words() {
    check(&[
        ("jwt malformed", "jsonwebtoken (Node)", C::TokenOpaque),
        (
            "UnauthorizedError: jwt expired\n    at /app/node_modules/express-jwt/dist/index.js:107:31",
            "jsonwebtoken (Node)",
            C::Expired,
        ),
        ("JsonWebTokenError: invalid signature", "jsonwebtoken (Node)", C::SecretEncoding),
        (
            "JsonWebTokenError: jwt audience invalid. expected: https://api.example",
            "jsonwebtoken (Node)",
            C::AudienceNearMiss,
        ),
        (
            "secretOrPublicKey must be an asymmetric key when using RS256",
            "jsonwebtoken (Node)",
            C::KeyFormat,
        ),
        (
            "\"ES256\" signatures must be \"64\" bytes, saw \"70\"",
            "jsonwebtoken (Node)",
            C::SignatureDerEncoded,
        ),
        (
            "SigningKeyNotFoundError: Unable to find a signing key that matches 'undefined'",
            "jwks-rsa",
            C::KeyIdMissing,
        ),
        ("JWTExpired: \"exp\" claim timestamp check failed", "jose (JavaScript)", C::Expired),
        (
            "{\"code\":\"ERR_JWS_SIGNATURE_VERIFICATION_FAILED\"}",
            "jose (JavaScript)",
            C::SecretEncoding,
        ),
        ("no applicable key found in the JSON Web Key Set", "jose (JavaScript)", C::KeySetStale),
        ("JWSInvalid: Invalid Compact JWS", "jose (JavaScript)", C::TokenOpaque),
        ("ERR_JWKS_TIMEOUT", "jose (JavaScript)", C::KeySetUnreachable),
        ("The token has expired at 2026-11-23T16:47:33.000Z.", "fast-jwt", C::Expired),
        ("The aud claim value is not allowed.", "fast-jwt", C::AudienceNearMiss),
        ("Format is Authorization: Bearer [token]", "express-jwt", C::SchemeWrong),
        (
            "UnauthorizedError: No authorization token was found",
            "express-jwt",
            C::CredentialMissing,
        ),
        ("Unexpected 'iss' value", "express-oauth2-jwt-bearer", C::IssuerNearMiss),
    ]);
}

#[test]
fn python_is_told_by_its_words() {
    check(&[
        ("jwt.exceptions.DecodeError: Not enough segments", "PyJWT", C::TokenOpaque),
        ("Signature verification failed", "PyJWT or python-jose", C::SecretEncoding),
        (
            "jwt.exceptions.InvalidSignatureError: Signature verification failed",
            "PyJWT",
            C::SecretEncoding,
        ),
        ("The token is not yet valid (iat)", "PyJWT", C::ClockSkew),
        ("Invalid crypto padding", "PyJWT", C::WhitespaceAround),
        ("Unable to find a signing key that matches: \"k9\"", "PyJWT", C::KeySetStale),
        ("Unable to find a signing key that matches: \"None\"", "PyJWT", C::KeyIdMissing),
        ("Token is missing the \"aud\" claim", "PyJWT", C::AudienceMissing),
        ("HMAC key must not be empty.", "PyJWT", C::SecretEmpty),
        (
            "jose.exceptions.JWTError: Error decoding token headers.",
            "python-jose",
            C::SchemeDoubled,
        ),
        ("decode_error: Invalid JSON Web Signature", "joserfc", C::TokenOpaque),
        ("unsupported_header: Unsupported {'nonce'} in header", "joserfc", C::ForeignResourceToken),
        ("unsupported_header: Unsupported {'x-n'} in header", "joserfc", C::HeaderMemberRefused),
        ("invalid_key_id: No key for kid: 'k9'", "joserfc", C::KeySetStale),
        (
            "authlib.jose.errors.BadSignatureError: bad_signature: ",
            "joserfc or Authlib",
            C::SecretEncoding,
        ),
        ("Invalid input segments length: ", "Authlib", C::TokenOpaque),
    ]);
}

#[test]
fn go_and_rust_are_told_by_their_words() {
    check(&[
        (
            "token is malformed: token contains an invalid number of segments",
            "golang-jwt",
            C::TokenOpaque,
        ),
        ("token has invalid claims: token is expired by 1h2m3s", "golang-jwt", C::Expired),
        ("token signature is invalid: crypto/rsa: verification error", "golang-jwt", C::KeyIdWrong),
        (
            "token is unverifiable: error while executing keyfunc: no key",
            "golang-jwt",
            C::KeySetStale,
        ),
        ("token used before issued", "golang-jwt", C::ClockSkew),
        ("oidc: expected audience \"api\" got [\"API\"]", "go-oidc", C::AudienceNearMiss),
        ("oidc: expected audience \"orders\" got []", "go-oidc", C::AudienceMissing),
        (
            "oidc: id token issued by a different provider, expected \"https://id.example\" got \"https://id.example/\"",
            "go-oidc",
            C::IssuerNearMiss,
        ),
        ("go-jose/go-jose: compact JWS format must have three parts", "go-jose", C::TokenOpaque),
        ("go-jose/go-jose/jwt: validation failed, token is expired (exp)", "go-jose", C::Expired),
        ("InvalidToken", "jsonwebtoken (Rust)", C::TokenOpaque),
        (
            "called `Result::unwrap()` on an `Err` value: Error(ExpiredSignature)",
            "jsonwebtoken (Rust)",
            C::Expired,
        ),
        ("Missing required claim: exp", "jsonwebtoken (Rust)", C::ClaimType),
        ("Base64 error: Invalid symbol 32, offset 6.", "jsonwebtoken (Rust)", C::SchemeDoubled),
        ("Base64 error: Invalid symbol 34, offset 0.", "jsonwebtoken (Rust)", C::Quoted),
        ("Base64 error: Invalid symbol 46, offset 39.", "jsonwebtoken (Rust)", C::TokenEncrypted),
        (
            "Base64 error: Invalid last symbol 82, offset 341.",
            "jsonwebtoken (Rust)",
            C::Base64TrailingBits,
        ),
        (
            "JSON error: unknown variant `none`, expected one of `HS256`",
            "jsonwebtoken (Rust)",
            C::AlgorithmNone,
        ),
        (
            "invalid type: map, expected a string at line 1 column 52",
            "serde_json",
            C::HeaderMemberRefused,
        ),
    ]);
}

#[test]
fn proxies_clouds_and_the_protocol_are_told_by_their_words() {
    check(&[
        ("Jwt verification fails", "Envoy", C::KeyIdWrong),
        (
            "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            "Envoy",
            C::TokenOpaque,
        ),
        ("Audiences in Jwt are not allowed", "Envoy", C::AudienceNearMiss),
        ("Jwks remote fetch is failed", "Envoy", C::KeySetUnreachable),
        ("{\"message\":\"No mandatory 'iss' in claims\"}", "Kong", C::IssuerMissing),
        ("{\"exp\":\"token expired\"}", "Kong", C::Expired),
        ("jwt_verify: -3", "HAProxy", C::TokenOpaque),
        (
            "[2026/11/18] Error retrieving session from token in Authorization header: [unable to verify bearer token, not implemented]",
            "oauth2-proxy",
            C::Expired,
        ),
        (
            "audience from claim aud with value [orders] does not match with any of allowed audiences map[billing:{}]",
            "oauth2-proxy",
            C::AudienceMismatch,
        ),
        (
            "www-authenticate: Bearer scope=\"\" error=\"invalid_token\" error_description=\"the token does not have a valid audience\"",
            "AWS",
            C::AudienceNotConfigured,
        ),
        ("{\"message\":\"Unauthorized\"}", "AWS", C::CredentialMissing),
        (
            "E1118 Unable to authenticate the request err=\"[invalid bearer token, service account token has expired]\"",
            "Kubernetes",
            C::Expired,
        ),
        (
            "token audiences [\"vault\"] is invalid for the target audiences [\"https://kubernetes.default.svc\"]",
            "Kubernetes",
            C::AudienceMismatch,
        ),
        (
            "error: You must be logged in to the server (Unauthorized)",
            "Kubernetes",
            C::CredentialMissing,
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"api\"",
            "RFC 6750",
            C::CredentialMissing,
        ),
        (
            "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"orders:write\"",
            "RFC 6750",
            C::ScopeInsufficient,
        ),
        ("{\"error\":\"invalid_grant\",\"error_description\":\"x\"}", "RFC 6750", C::RefreshReused),
        ("the gateway says: Invalid Signature!", "several libraries", C::SecretEncoding),
        (
            "my API tells me that the token has been revoked, why?",
            "several libraries",
            C::TokenRevoked,
        ),
    ]);
}

#[test]
fn values_of_a_message_are_evidence() {
    let text = "oidc: expected audience \"https://api.example\" got [\"https://api.example/\"]";
    let found = said(text).candidates(text);
    let first = found.first().expect("a candidate");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(first.certainty, Certainty::Likely);
    assert!(first.detail().contains("a trailing slash"), "{}", first.detail());

    let text = "Error: Base64 error: Invalid symbol 32, offset 6.";
    let notes = said(text).notes(text).join("; ");
    assert!(notes.contains("a space at offset 6"), "{notes}");

    let text = "jwt audience invalid. expected: https://api.example";
    let notes = said(text).notes(text).join("; ");
    assert!(notes.contains("the expected value: `https://api.example`"), "{notes}");

    let text = "Jwks doesn't have key to match kid or alg from Jwt";
    let found = said(text).candidates(text);
    assert!(found.iter().all(|one| one.fault.evidence().is_empty()), "{found:?}");

    let text = "IDX10214: Audiences: '[PII of type 'System.String' is hidden.]'";
    let notes = said(text).notes(text).join("; ");
    assert!(notes.contains("ShowPII"), "{notes}");
}

#[test]
fn other_texts_are_no_messages() {
    for text in [
        "",
        "hello",
        "Dear team, please find the key below.",
        "InvalidTokens",
        "IDX105030",
        "A long letter that says Unauthorized once. ",
    ] {
        let text = if text.starts_with("A long") { text.repeat(8) } else { text.to_owned() };
        assert!(recognise(&text).is_none(), "{text}");
    }
}

#[test]
fn every_row_is_met_by_its_own_wording_and_stands_once() {
    let speakers = KNOWN.iter().copied().flatten().chain(general::SPEAKERS);
    let mut seen = std::collections::BTreeSet::new();
    for speaker in speakers {
        for (wording, cause) in speaker.rows {
            let text = wording.replace('*', "x");
            assert!(find::wording(&text, wording).is_some(), "{wording}");
            assert!(!cause.candidates.is_empty() && !cause.look.ends_with('.'), "{wording}");
            assert!(seen.insert(*wording), "{wording} stands twice");
        }
    }
}

#[test]
fn a_long_text_is_looked_through_in_bounded_time() {
    let text = "oidc: expected audience ".repeat(40_000);
    let _ = recognise(&text);
    let text = "é".repeat(40_000);
    assert!(recognise(&text).is_none());
}

#[test]
fn php_ruby_clouds_and_networks_are_told_by_their_words() {
    check(&[
        ("Wrong number of segments", "php-jwt", C::TokenOpaque),
        (
            "Firebase\\JWT\\BeforeValidException: Cannot handle token with iat prior to 2026-11-18T10:00:00+0000",
            "php-jwt",
            C::ClockSkew,
        ),
        ("Token Signature could not be verified.", "tymon", C::SecretEncoding),
        (
            "RequiredConstraintsViolated: The token violates some mandatory constraints, details:\n- The token is expired",
            "lcobucci",
            C::Expired,
        ),
        ("JWT::DecodeError: Not enough or too many segments", "ruby-jwt", C::TokenOpaque),
        (
            "JWT::InvalidIssuerError (Invalid issuer. Expected [\"https://a/\"], received https://a)",
            "ruby-jwt",
            C::IssuerNearMiss,
        ),
        ("Firebase ID token has no \"kid\" claim.", "Firebase", C::KeyIdMissing),
        (
            "verifyIdToken() expects an ID token, but was given a custom token",
            "Firebase",
            C::TokenTypeMismatch,
        ),
        (
            "Token used too early, 1 < 2. Check that your computer's clock is set correctly.",
            "Google",
            C::ClockSkew,
        ),
        ("AADSTS50013: Assertion failed signature validation.", "Entra", C::KeyIdWrong),
        ("connect ECONNREFUSED 127.0.0.1:8080", "several", C::KeySetUnreachable),
        ("PKIX path building failed: sun.security.x", "several", C::KeySetUnreachable),
        ("Unsigned Claims JWTs are not supported.", "JJWT", C::AlgorithmNone),
    ]);
}

#[test]
fn a_message_inside_a_json_text_is_the_same_message() {
    for (text, first) in [
        (r#"Token is missing the \"aud\" claim"#, C::AudienceMissing),
        (r#"\"exp\" claim timestamp check failed"#, C::Expired),
        (r#"{\"active\":false}"#, C::TokenInactive),
        ("JWT iss claim has value https://a.test/, must be https://a.test\"}", C::IssuerNearMiss),
    ] {
        let found = said(text).candidates(text);
        assert_eq!(found.first().map(|one| one.fault.code), Some(first), "{text}");
    }
}
