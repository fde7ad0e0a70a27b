//! Specimens of the class `audience-scope`: good tokens for something else.

use claviger_token::Code;

use super::{Draft, looks};

pub(super) fn draft(code: Code) -> Option<Draft> {
    Some(match code {
        Code::AudienceMismatch => looks("{ \"aud\": \"https://billing.example\" }")
            .list("found", &["https://billing.example"])
            .list("expected", &["https://orders.example"]),
        Code::AudienceNearMiss => looks("{ \"aud\": \"https://orders.example/\" }")
            .list("found", &["https://orders.example/"])
            .list("expected", &["https://orders.example"])
            .words("difference", "a slash at the end"),
        Code::AudienceMissing => looks("{ \"client_id\": \"3n4b5…\", \"token_use\": \"access\" }")
            .list("expected", &["https://orders.example"])
            .words("reason", "its `client_id` is the expected audience"),
        Code::IssuerMismatch => looks("{ \"iss\": \"https://id.staging.example\" }")
            .text("found", "https://id.staging.example")
            .list("expected", &["https://id.example"]),
        Code::IssuerNearMiss => looks("{ \"iss\": \"http://id.example\" }")
            .text("found", "http://id.example")
            .list("expected", &["https://id.example"])
            .words("difference", "`http` for `https`"),
        Code::IssuerMissing => looks("{ \"sub\": \"user-1\", \"exp\": 1795000300 }")
            .list("expected", &["https://id.example"]),
        Code::ScopeInsufficient => looks("{ \"scope\": \"orders:read profile\" }")
            .list("missing", &["orders:write"])
            .list("found", &["orders:read", "profile"]),
        Code::ScopeShape => looks("{ \"scp\": [\"orders:read\", \"orders:write\"] }")
            .list("missing", &["orders:write"])
            .text("claim", "scp"),
        Code::IdTokenAsAccessToken => {
            looks("{ \"aud\": \"web-client\", \"nonce\": \"n-0S6…\", \"at_hash\": \"77Qm…\" }")
                .words("reason", "it has the claim `at_hash`")
        }
        Code::RefreshTokenAsAccessToken => looks("{ \"typ\": \"Refresh\", \"scope\": \"openid\" }")
            .words("reason", "its claim `typ` is `Refresh`"),
        Code::TokenTypeMismatch => looks("{ \"alg\": \"ES256\", \"typ\": \"logout+jwt\" }")
            .words("found", "logout token")
            .words("expected", "access token")
            .words("reason", "its header says `typ: logout+jwt`"),
        Code::SubjectMissing => {
            looks("{ \"iss\": \"https://id.example\", \"client_id\": \"reports\" }")
        }
        Code::ClaimMismatch => looks("{ \"tid\": \"11111111-…\" }   pinned: tid=22222222-…")
            .text("claim", "tid")
            .text("found", "11111111-…")
            .text("expected", "22222222-…"),
        Code::ForeignResourceToken => looks(
            "header   { \"typ\": \"JWT\", \"nonce\": \"AQABAA…\", \"alg\": \"RS256\" }\n\
             claims   { \"aud\": \"00000003-0000-0000-c000-000000000000\" }",
        )
        .words("product", "Microsoft Graph")
        .words("reason", "it verifies once the header's `nonce` is hashed"),
        Code::SenderProofMissing => {
            looks("{ \"cnf\": { \"jkt\": \"0ZcOCORZ…\" } }   sent as: Bearer, without proof")
                .words("reason", "a DPoP key (`cnf.jkt`)")
        }
        Code::SenderProofInvalid => looks(
            "proof     { \"htm\": \"GET\", \"htu\": \"https://api.example/orders\" }\n\
             request   GET http://10.0.0.7:8080/orders",
        )
        .text("member", "htu")
        .text("found", "https://api.example/orders")
        .text("expected", "http://10.0.0.7:8080/orders"),
        Code::AuthenticationTooWeak => {
            looks("{ \"acr\": \"password\", \"auth_time\": 1794990000 }")
                .text("found", "password")
                .list("expected", &["phishing-resistant"])
        }
        Code::AudienceNotConfigured => {
            looks("{ \"aud\": \"https://orders.example\" }   expected: not configured")
                .list("found", &["https://orders.example"])
        }
        Code::SubjectUnmapped => {
            looks("{ \"email\": \"ada@example.com\", \"email_verified\": false }")
                .text("claim", "email_verified")
                .text("found", "false")
        }
        _ => return None,
    })
}
