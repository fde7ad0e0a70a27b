//! Specimens of the class `revoked`: what the record of an issuer or a gate says.

use claviger_token::Code;

use super::{Draft, NOW, looks};

pub(super) fn draft(code: Code) -> Option<Draft> {
    Some(match code {
        Code::TokenRevoked => {
            looks("{ \"jti\": \"lza5ZK8i\" }\n↳ revoked 2026-11-18T11:01:40Z").time("at", NOW - 300)
        }
        Code::SessionEnded => looks("{ \"sid\": \"s-4711\" }\n↳ logged out 2026-11-18T11:01:40Z")
            .time("at", NOW - 300),
        Code::SubjectRevoked => looks(
            "{ \"sub\": \"user-1\", \"iat\": 1794996400 }\n\
             ↳ password changed 2026-11-18T11:01:40Z",
        )
        .time("until", NOW - 300),
        Code::ClientRevoked => {
            looks("{ \"client_id\": \"reports\" }\n↳ client disabled").time("until", NOW - 300)
        }
        Code::RefreshSuperseded => looks(
            "tab 1   refresh_token=…3  → 200, the new one is …4\n\
             tab 2   refresh_token=…3  → 400 invalid_grant",
        )
        .count("found", 3)
        .count("expected", 4),
        Code::RefreshReused => looks(
            "11:02:10  refresh_token=…3  → 200\n\
             14:40:55  refresh_token=…3  → 400 invalid_grant, family ended",
        )
        .lasting("ago", 13_125),
        Code::KeyRetired => looks(
            "{ \"alg\": \"ES256\", \"kid\": \"es-2026-08\" }\n↳ withdrawn 2026-11-18T11:01:40Z",
        )
        .text("kid", "es-2026-08")
        .time("at", NOW - 300),
        Code::TokenInactive => {
            looks("{ \"active\": false }").text("url", "https://id.example/introspect")
        }
        Code::IntrospectionIssuerMismatch => looks(
            "{ \"iss\": \"http://localhost:8080/realms/shop\" }\n\
             POST http://keycloak:8080/realms/shop/…/introspect\n\
             ↳ { \"active\": false }",
        )
        .text("found", "http://localhost:8080/realms/shop")
        .text("expected", "http://keycloak:8080/realms/shop"),
        Code::BoundObjectDeleted => looks(
            "{ \"kubernetes.io\": { \"namespace\": \"shop\",\n\
             \x20                    \"pod\": { \"name\": \"orders-7d9f\", \"uid\": \"5c1…\" } } }",
        )
        .words("found", "the pod `orders-7d9f`"),
        _ => return None,
    })
}
