//! Specimens of the class `tampered`: tokens whose signature speaks against them.

use claviger_token::Code;

use super::{Draft, looks};

pub(super) fn draft(code: Code) -> Option<Draft> {
    Some(match code {
        Code::SignatureMismatch => looks(
            "header     { \"alg\": \"ES256\", \"kid\": \"es-1\" }\n\
             key set    es-1: a key on P-256\n\
             signature  does not verify",
        )
        .text("alg", "ES256")
        .text("kid", "es-1"),
        Code::PayloadAltered => looks(
            "issued     { \"sub\": \"user-1\", \"scope\": \"read\" }\n\
             presented  { \"sub\": \"user-1\", \"scope\": \"read admin\" }",
        )
        .words("difference", "`scope` was `read` and is `read admin`"),
        Code::SignatureStripped => looks("eyJhbGci….eyJpc3Mi….").text("alg", "ES256"),
        Code::AlgorithmNone => looks("{ \"alg\": \"none\", \"typ\": \"JWT\" }").text("found", "none"),
        Code::AlgorithmConfusion => looks(
            "header   { \"alg\": \"HS256\" }\n\
             secret   -----BEGIN PUBLIC KEY----- …",
        )
        .text("source", "issuer.pem")
        .words("reason", "HS256, with the PEM text as the secret"),
        Code::KeyEmbedded => looks(
            "{ \"alg\": \"ES256\",\n  \"jwk\": { \"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"…\", \"y\": \"…\" } }",
        )
        .text("member", "jwk")
        .words("reason", "the signature verifies with it and with none of the issuer's keys"),
        Code::KeyIdInjection => looks("{ \"alg\": \"HS256\", \"kid\": \"../../../dev/null\" }")
            .text("kid", "../../../dev/null")
            .words("reason", "a path"),
        _ => return None,
    })
}
