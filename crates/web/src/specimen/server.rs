//! Specimens of the class `server`: keys, algorithms, configuration and network of the other side.

use claviger_token::Code;

use super::{Draft, looks};

pub(super) fn draft(code: Code) -> Option<Draft> {
    keys(code).or_else(|| signatures(code)).or_else(|| configuration(code))
}

fn keys(code: Code) -> Option<Draft> {
    Some(match code {
        Code::KeyUnknown => {
            looks("{ \"alg\": \"ES256\", \"kid\": \"es-3\" }   key set: es-1, es-2")
                .text("kid", "es-3")
                .list("keys", &["es-1", "es-2"])
        }
        Code::KeySetStale => {
            looks("{ \"kid\": \"es-2\" }\nin use: es-1   at the issuer: es-1, es-2")
                .text("kid", "es-2")
                .lasting("age", 86_400)
        }
        Code::KeyIdMissing => looks("{ \"alg\": \"ES256\" }   key set: es-1, es-2")
            .list("keys", &["es-1", "es-2"])
            .text("kid", "es-2"),
        Code::KeyIdWrong => looks("{ \"kid\": \"es-1\" }   verifies with: es-2")
            .text("kid", "es-1")
            .text("found", "es-2"),
        Code::KeyIdAmbiguous => looks(
            "{ \"keys\": [ { \"kid\": \"1\", \"use\": \"enc\", … },\n\
             \x20           { \"kid\": \"1\", \"use\": \"sig\", … } ] }",
        )
        .text("kid", "1")
        .count("count", 2),
        Code::KeyIdReused => looks(
            "yesterday   { \"kid\": \"default\", \"x\": \"bHKcp47y…\" }\n\
             today       { \"kid\": \"default\", \"x\": \"Q-KYmkY0…\" }",
        )
        .text("kid", "default"),
        Code::KeySetUnreachable => looks(
            "GET https://id.example/jwks\n\
             ↳ connection refused (127.0.0.1:443)",
        )
        .text("url", "https://id.example/jwks")
        .words("cause", "connection refused"),
        Code::KeySetInvalid => {
            looks("GET https://id.example/jwks\n↳ <!doctype html><title>Log in</title>…")
                .text("url", "https://id.example/jwks")
                .words("reason", "HTML, and no JSON")
        }
        Code::KeySetThrottled => {
            looks("{ \"kid\": \"es-3\" }   last fetch: 4 s ago, next: in 26 s")
                .text("url", "https://id.example/jwks")
                .lasting("ahead", 26)
                .text("kid", "es-3")
        }
        Code::KeySetInconsistent => {
            looks("GET /jwks  → es-1\nGET /jwks  → es-9\nGET /jwks  → es-1")
                .text("url", "https://id.example/jwks")
                .count("count", 3)
        }
        Code::DiscoveryMismatch => looks(
            "GET https://id.example/.well-known/openid-configuration\n\
             ↳ { \"issuer\": \"http://keycloak:8080/realms/shop\", … }",
        )
        .text("url", "https://id.example/.well-known/openid-configuration")
        .text("found", "http://keycloak:8080/realms/shop")
        .text("expected", "https://id.example"),
        Code::KeyUseMismatch => {
            looks("{ \"kid\": \"rsa-1\", \"kty\": \"RSA\", \"use\": \"enc\", … }")
                .text("kid", "rsa-1")
                .words("reason", "its `use` is `enc`")
        }
        Code::KeyTypeMismatch => looks("{ \"alg\": \"ES256\" }   configured: an RSA key")
            .text("alg", "ES256")
            .words("key_type", "an RSA key"),
        Code::KeyTooWeak => looks("{ \"kid\": \"old\", \"kty\": \"RSA\", … }   1024 bits")
            .text("kid", "old")
            .count("bits", 1_024)
            .count("minimum", 2_048),
        _ => return None,
    })
}

fn signatures(code: Code) -> Option<Draft> {
    Some(match code {
        Code::AlgorithmNotAllowed => looks("{ \"alg\": \"RS512\" }   allowed: RS256, ES256")
            .text("alg", "RS512")
            .list("allowed", &["RS256", "ES256"]),
        Code::AlgorithmMislabelled => looks("{ \"alg\": \"RS256\" }   verifies as: PS256")
            .text("alg", "RS256")
            .text("found", "PS256"),
        Code::SignatureDerEncoded => {
            looks("30 45 02 21 00 c7 1d … 02 20 4e 9a …").count("bytes", 71)
        }
        Code::SignatureUnpadded => looks("63 bytes: the first byte of R was 00 and was left out")
            .count("found", 63)
            .text("alg", "ES256")
            .count("expected", 64),
        Code::SignatureHexEncoded => looks("eyJhbGci….eyJpc3Mi….a31f09c44be27d0e…")
            .words("reason", "64 hex digits, 32 bytes"),
        Code::PssSaltLength => looks("{ \"alg\": \"PS256\" }   salt: 222 bytes")
            .count("found", 222)
            .text("alg", "PS256")
            .count("expected", 32),
        Code::SigningInput => looks(
            "sent     eyJhbGci….eyJpc3Mi…\n\
             signed   {\"alg\":\"ES256\"}.{\"iss\":\"https://id.example\"}",
        )
        .words("reason", "the decoded JSON"),
        Code::CriticalHeader => {
            looks("{ \"alg\": \"ES256\", \"crit\": [\"b64\"], \"b64\": false }").text("name", "b64")
        }
        Code::HeaderMemberRefused => {
            looks("{ \"alg\": \"ES256\", \"kid\": \"es-1\", \"env\": { \"stage\": 2 } }")
                .text("member", "env")
                .words("reason", "the library takes texts only")
        }
        _ => return None,
    })
}

fn configuration(code: Code) -> Option<Draft> {
    Some(match code {
        Code::SecretEncoding => looks(
            "secret.txt   c2VjcmV0LXNlY3JldC1zZWNyZXQ…\nissuer       decodes it, the API does not",
        )
        .words("reason", "decoded from base64"),
        Code::SecretMangled => {
            looks("in the file      JWT_SECRET=pa$$word#1\nin the process   pa4711word")
                .words("reason", "`$$` was expanded, and `#` taken for a comment")
        }
        Code::SecretEmpty => looks("JWT_SECRET=").words("reason", "the variable is not set"),
        Code::KeyFormat => looks("-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----")
            .text("source", "issuer.pem")
            .words("reason", "a private key, where the public one is due"),
        Code::IntrospectionUnreachable => looks(
            "POST https://id.example/introspect\n↳ HTTP/1.1 401, { \"error\": \"invalid_client\" }",
        )
        .text("url", "https://id.example/introspect")
        .words("cause", "it refuses this API's own credentials (401)"),
        Code::PolicyEmpty => looks("issuers = []\nkeys = []").words("missing", "a key"),
        _ => return None,
    })
}
