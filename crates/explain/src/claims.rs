//! What the checks found about the claims, said more exactly: near misses, rights in another place, odd times.
//!
//! Replaces a fault of the checks by a more telling one; never takes one away without putting another in
//! its place, except where two say the same.

use claviger_token::{Code, Expect, Fact, Fault, Policy, Token};

use crate::compare::{self, Names};
use crate::rights;
use crate::time;

/// The faults of an examination, each as exactly as it can be said.
pub(crate) fn refine(
    faults: Vec<Fault>,
    token: &Token<'_>,
    policy: &Policy,
    now: i64,
) -> Vec<Fault> {
    let faults = faults
        .into_iter()
        .map(|fault| match fault.code {
            Code::IssuerMismatch => near(fault, Code::IssuerNearMiss, Names::Issuers),
            Code::AudienceMismatch => near(fault, Code::AudienceNearMiss, Names::Audiences),
            Code::AudienceMissing => audience_elsewhere(fault, token, policy),
            Code::ScopeInsufficient => rights::elsewhere(fault, token, policy),
            _ => fault,
        })
        .collect();
    let faults = with_kind(faults, token, policy);
    time::refine(faults, token, policy, now)
}

/// What a log-in tells of a person (OpenID Connect Core §5.1).
const PERSONAL: &[&str] = &[
    "name",
    "given_name",
    "family_name",
    "nickname",
    "preferred_username",
    "picture",
    "email",
    "email_verified",
    "updated_at",
    "auth_time",
    "firebase",
];

/// A token for somebody else that tells of a person and holds no right was made for a client to read: an ID token
/// without the marks that the specification gives one. One for the issuer, to ask for more with, is a refresh
/// token. Only the audience shows it, so the checks cannot.
fn with_kind(mut faults: Vec<Fault>, token: &Token<'_>, policy: &Policy) -> Vec<Fault> {
    let place = faults.iter().position(|fault| fault.code == Code::AudienceMismatch);
    let told = faults.iter().any(|fault| {
        matches!(
            fault.code,
            Code::IdTokenAsAccessToken
                | Code::RefreshTokenAsAccessToken
                | Code::TokenTypeMismatch
                | Code::ForeignResourceToken
        )
    });
    let (Some(place), Some(header), Some(payload)) = (place, token.header(), token.payload())
    else {
        return faults;
    };
    let marked = header.text("typ").is_some_and(|typ| typ.to_ascii_lowercase().contains("at+jwt"));
    if told || marked || policy.expect != Expect::Access {
        return faults;
    }
    let personal = PERSONAL.iter().filter(|name| payload.contains(name)).count();
    let rights = ["scope", "scp", "roles", "permissions", "appid", "azpacr", "client_id", "cid"];
    let for_client = personal >= 2 && !rights.iter().any(|name| payload.contains(name));
    let issuer = payload.text("iss").unwrap_or_default();
    let to_issuer = texts(faults[place].fact("found")).iter().any(|one| *one == issuer)
        && payload.text("scope").is_some_and(|scope| scope == "offline_access");
    let (code, reason) = if to_issuer {
        (
            Code::RefreshTokenAsAccessToken,
            "its audience is its own issuer, and `offline_access` its only scope",
        )
    } else if for_client {
        (Code::IdTokenAsAccessToken, "it is for a client, tells of a person and holds no right")
    } else {
        return faults;
    };
    faults.insert(place, Fault::new(code).with("reason", Fact::Words(reason.to_owned())));
    faults
}

fn texts(fact: Option<&Fact>) -> Vec<String> {
    match fact {
        Some(Fact::List(list)) => list.clone(),
        Some(Fact::Text(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// A mismatch that was meant to be a match.
fn near(mut fault: Fault, code: Code, names: Names) -> Fault {
    let (found, expected) = (texts(fault.fact("found")), texts(fault.fact("expected")));
    let difference = found
        .iter()
        .find_map(|one| expected.iter().find_map(|wanted| compare::near(one, wanted, names)))
        .or_else(|| {
            let several = found.iter().any(|one| {
                one.split([' ', ',', ';', '[', ']', '"'])
                    .any(|part| expected.iter().any(|w| w == part))
            });
            several.then(|| "several names in one text, where a list is due".to_owned())
        });
    let Some(difference) = difference else {
        let question = compare::mistyped(&found, &expected).filter(|_| names == Names::Audiences);
        return fault.with_some("reason", question.map(Fact::Words));
    };
    fault.code = code;
    fault.with("difference", Fact::Words(difference))
}

/// No `aud`, but another claim names this API: Cognito's access tokens have `client_id` only.
fn audience_elsewhere(fault: Fault, token: &Token<'_>, policy: &Policy) -> Fault {
    let Some(payload) = token.payload() else { return fault };
    let claim = ["client_id", "azp", "appid", "cid", "resource"].into_iter().find(|claim| {
        payload.text(claim).is_some_and(|value| policy.audiences.iter().any(|one| *one == value))
    });
    match claim {
        Some(claim) => {
            fault.with("reason", Fact::Words(format!("its claim `{claim}` names this API")))
        }
        None => fault,
    }
}
