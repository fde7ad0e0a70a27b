//! What the checks found about the claims, said more exactly: near misses, rights in another place, odd times.
//!
//! Replaces a fault of the checks by a more telling one; never takes one away without putting another in
//! its place, except where two say the same.

use claviger_token::{Code, Fact, Fault, Policy, Token};

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
    time::refine(faults, token, policy, now)
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
    let Some(difference) = difference else { return fault };
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
