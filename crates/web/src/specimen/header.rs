//! Specimens of the class `header`: requests as they come over the wire.

use claviger_token::Code;

use super::{Draft, looks};

pub(super) fn draft(code: Code) -> Option<Draft> {
    Some(match code {
        Code::CredentialMissing => looks("GET /orders HTTP/1.1\nHost: api.example\nAccept: */*")
            .words("reason", "there is no `Authorization` header"),
        Code::CredentialEmpty => looks("Authorization: Bearer").text("scheme", "Bearer"),
        Code::CredentialPlaceholder => {
            looks("Authorization: Bearer undefined\nAuthorization: Bearer {{token}}")
                .text("found", "undefined")
                .words("reason", "JavaScript's word for a variable that was never set")
        }
        Code::SchemeMissing => looks("Authorization: eyJhbGci….eyJpc3Mi….Qx7ZrV…"),
        Code::SchemeWrong => {
            looks("Authorization: Token eyJhbGci….eyJpc3Mi….Qx7ZrV…").text("scheme", "Token")
        }
        Code::SchemeDoubled => looks("Authorization: Bearer Bearer eyJhbGci….eyJpc3Mi….Qx7ZrV…")
            .text("scheme", "Bearer"),
        Code::SchemeSeparator => {
            looks("Authorization: Bearer:eyJhbGci…\nAuthorization: Bearer%20eyJhbGci…")
                .words("found", "`:`")
        }
        Code::HeaderNameWrong => {
            looks("X-Auth-Token: eyJhbGci….eyJpc3Mi….Qx7ZrV…").text("header", "X-Auth-Token")
        }
        Code::HeaderDuplicated => looks(
            "Authorization: Basic dXNlcjpwYXNz\nAuthorization: Bearer eyJhbGci….eyJpc3Mi….Qx7ZrV…",
        )
        .count("count", 2),
        Code::HeaderStripped => looks(
            "> GET /orders HTTP/1.1\n> Host: example.com\n> Authorization: Bearer eyJhbGci…\n\
             < HTTP/1.1 301 Moved Permanently\n< Location: https://api.example/orders\n\
             > GET /orders HTTP/1.1\n> Host: api.example",
        )
        .words("reason", "the redirect led to another host"),
        Code::HeaderTooLarge => looks("Authorization: Bearer eyJhbGci… (9412 bytes)")
            .count("bytes", 9_412)
            .count("limit_bytes", 8_192),
        Code::TokenInQuery => {
            looks("GET /orders?access_token=eyJhbGci….eyJpc3Mi….Qx7ZrV… HTTP/1.1")
                .text("name", "access_token")
        }
        Code::TokenInCookie => {
            looks("Cookie: access_token=eyJhbGci….eyJpc3Mi….Qx7ZrV…").text("name", "access_token")
        }
        Code::TokenInBody => looks(
            "POST /orders HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\n\
             access_token=eyJhbGci….eyJpc3Mi….Qx7ZrV…",
        )
        .text("name", "access_token"),
        Code::SchemeCase => {
            looks("Authorization: bearer eyJhbGci….eyJpc3Mi….Qx7ZrV…").text("scheme", "bearer")
        }
        Code::HeaderRewritten => looks(
            "sent:     Authorization: Bearer eyJhbGci….eyJpc3Mi….Qx7ZrV…\n\
             received: Authorization: Bearer eyJ0eXAi….eyJzdWIi….a81LmC…",
        )
        .text("found", "https://platform.example"),
        Code::HeaderContended => looks(
            "GET /  → 401, WWW-Authenticate: Basic realm=\"staging\"\n\
             with Basic:  401, WWW-Authenticate: Bearer",
        )
        .text("found", "Basic")
        .text("expected", "Bearer"),
        Code::CredentialShadowed => looks(
            "in the program: Authorization: Bearer eyJhbGci….eyJpc3Mi….Qx7ZrV…\n\
             on the wire:    Authorization: Basic ZGVwbG95Om…",
        )
        .text("found", "Basic")
        .text("expected", "Bearer")
        .words("reason", "`~/.netrc` has an entry for this host"),
        Code::PreflightUnauthenticated => looks(
            "OPTIONS /orders HTTP/1.1\nOrigin: https://app.example\n\
             Access-Control-Request-Method: GET\nAccess-Control-Request-Headers: authorization",
        )
        .words("reason", "the real request was never sent"),
        Code::OptionalTokenRefused => looks(
            "GET /catalogue                                 → 200\n\
             GET /catalogue + Authorization: Bearer eyJh…  → 401",
        )
        .count("status", 200)
        .words("reason", "the token has expired"),
        _ => return None,
    })
}
