//! Specimens of the class `expired`: claims about time, judged at one fixed moment.

use claviger_token::Code;

use super::{Draft, NOW, looks};

pub(super) fn draft(code: Code) -> Option<Draft> {
    Some(match code {
        Code::Expired => looks("{ \"iat\": 1794999508, \"exp\": 1794999808 }   now: 1795000000")
            .time("exp", NOW - 192)
            .time("now", NOW)
            .lasting("ago", 192)
            .lasting("leeway", 60)
            .lasting("lifetime", 300),
        Code::NotYetValid => looks("{ \"nbf\": 1795003600 }   now: 1795000000")
            .time("nbf", NOW + 3_600)
            .time("now", NOW)
            .lasting("ahead", 3_600)
            .lasting("leeway", 60),
        Code::IssuedInFuture => looks("{ \"iat\": 1795000125 }   now: 1795000000")
            .time("iat", NOW + 125)
            .time("now", NOW)
            .lasting("ahead", 125)
            .lasting("leeway", 60),
        Code::ClockSkew => looks(
            "here:    11:06:40\n\
             issuer:  Date: Wed, 18 Nov 2026 11:09:52 GMT",
        )
        .lasting("skew", 192)
        .words("reason", "the issuer's answer carries another `Date`"),
        Code::TimeInMilliseconds => looks("{ \"iat\": 1794999940000, \"exp\": 1795000240000 }")
            .text("claim", "exp")
            .text("found", "1795000240000")
            .words("unit", "milliseconds")
            .time("meant", NOW + 240),
        Code::TimeInLocalZone => looks(
            "{ \"iat\": 1795003600, \"exp\": 1795003900 }   now: 1795000000\n\
             ↳ exactly 1 h ahead, the distance of UTC+1",
        )
        .text("claim", "iat")
        .lasting("offset", 3_600),
        Code::ExpiryMissing => looks("{ \"iss\": \"https://id.example\", \"sub\": \"user-1\" }"),
        Code::LifetimeExcessive => looks("{ \"iat\": 1794999940, \"exp\": 1795086340 }")
            .lasting("lifetime", 86_400)
            .lasting("limit", 600),
        _ => return None,
    })
}
