//! What a token was judged by, for others: the policy, the keys by their names, and the command that does
//! it again. Never shows a key, a secret, or the folder that a file stands in.

use claviger_token::{Expect, KeyKind, lasting, rfc3339};

use super::claims::is_shown;
use super::hide::{Hide, MASK, short_name};
use super::safe::{LONGEST, code, plain};
use crate::surroundings::{GivenAs, Surroundings};

/// More keys than this are counted.
const MOST_KEYS: usize = 40;

/// The lines of the policy: what is not demanded is said as well.
pub(super) fn policy(surroundings: &Surroundings, hide: &Hide) -> Vec<String> {
    let policy = &surroundings.policy;
    let list = |texts: &[String], none: &str| {
        if texts.is_empty() {
            return none.to_owned();
        }
        let said: Vec<String> = texts.iter().map(|text| code(&hide.blot(text))).collect();
        said.join(", ")
    };
    let algorithms: Vec<String> =
        policy.algorithms.iter().map(|algorithm| algorithm.name().to_owned()).collect();
    let mut lines = vec![
        format!("time: {} (`{}`)", rfc3339(surroundings.now), surroundings.now),
        format!("issuers: {}", list(&policy.issuers, "any")),
        format!("audiences: {}", list(&policy.audiences, "not looked at")),
        format!("algorithms: {}", list(&algorithms, "whatever the key allows")),
        format!("scopes: {}", list(&policy.scopes, "none demanded")),
        format!("expected kind: {}", kind(policy.expect)),
        format!("leeway: {}", lasting(policy.leeway_secs())),
    ];
    if let Some(age) = policy.max_age {
        lines.push(format!(
            "longest life and age: {}",
            lasting(i64::try_from(age).unwrap_or(i64::MAX))
        ));
    }
    for (name, value) in &policy.pinned {
        let value = if is_shown(name) { code(&hide.blot(value)) } else { MASK.to_owned() };
        lines.push(format!("claim {} must be {value}", code(&hide.blot(name))));
    }
    if !policy.required.is_empty() {
        lines.push(format!("claims that must be there: {}", list(&policy.required, "")));
    }
    lines
}

const fn kind(expect: Expect) -> &'static str {
    match expect {
        Expect::Access => "access",
        Expect::Id => "id",
        Expect::Any => "any",
    }
}

/// The lines of the keys that were at hand: names, kinds, strengths, where they came from.
pub(super) fn keys(surroundings: &Surroundings, hide: &Hide) -> Vec<String> {
    let all = surroundings.keys.keys();
    let mut lines: Vec<String> = all
        .iter()
        .enumerate()
        .take(MOST_KEYS)
        .map(|(nth, key)| {
            let secret = key.kind() == KeyKind::Secret;
            let mut said = match key.kid() {
                Some(kid) => format!("key {}", code(&hide.blot(kid))),
                None => "a key without a name".to_owned(),
            };
            said.push_str(&format!(", {}", key.kind().as_str()));
            if !secret {
                said.push_str(&format!(", {} bits", key.bits()));
            }
            if let Some(algorithm) = key.algorithm_name() {
                said.push_str(&format!(", `alg` {}", code(&hide.blot(algorithm))));
            }
            if let Some(usage) = key.usage() {
                said.push_str(&format!(", `use` {}", code(&hide.blot(usage))));
            }
            if !secret {
                said.push_str(&format!(", thumbprint `{}`", key.thumbprint()));
            }
            if let Some((source, _)) = surroundings.source_of(nth) {
                said.push_str(&format!(", of {}", code(&hide.blot(&short_name(source)))));
            }
            said
        })
        .collect();
    if all.len() > MOST_KEYS {
        lines.push(format!("and {} more", all.len() - MOST_KEYS));
    }
    let unusable = surroundings.unusable.iter().take(MOST_KEYS);
    lines.extend(unusable.map(|(kid, why)| {
        format!("key {} cannot be used: {}", code(&hide.blot(kid)), code(&hide.blot(why)))
    }));
    if lines.is_empty() {
        lines.push("none was given: the signature was not checked".to_owned());
    }
    lines
}

/// The command that judges the same again, an option a line.
pub(super) fn command(surroundings: &Surroundings, hide: &Hide) -> Vec<String> {
    let policy = &surroundings.policy;
    let mut options = vec!["claviger explain --file INPUT".to_owned()];
    let mut option = |name: &str, value: &str| {
        options.push(format!("{name} {}", quoted(&hide.blot(value))));
    };
    for issuer in &policy.issuers {
        option("--issuer", issuer);
    }
    for audience in &policy.audiences {
        option("--audience", audience);
    }
    for algorithm in &policy.algorithms {
        option("--algorithm", algorithm.name());
    }
    if !policy.scopes.is_empty() {
        option("--scope", &policy.scopes.join(" "));
    }
    option("--expect", kind(policy.expect));
    for (name, value) in &policy.pinned {
        let value = if is_shown(name) { value.as_str() } else { MASK };
        option("--claim", &format!("{name}={value}"));
    }
    if let Some(age) = policy.max_age {
        option("--max-age", &age.to_string());
    }
    option("--leeway", &policy.leeway.to_string());
    option("--now", &surroundings.now.to_string());
    for given in surroundings.given.iter().filter(|given| !given.name.is_empty()) {
        let name = match given.given_as {
            GivenAs::Set => "--jwks",
            GivenAs::Key => "--key",
            GivenAs::Secret => "--secret-file",
        };
        option(name, &short_name(&given.name));
    }
    let last = options.len().saturating_sub(1);
    let lines = options.into_iter().enumerate();
    lines
        .map(|(nth, line)| {
            let indent = if nth == 0 { "" } else { "  " };
            let more = if nth == last { "" } else { " \\" };
            format!("{indent}{line}{more}")
        })
        .collect()
}

/// A value as a POSIX shell takes it, in one line.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    let text = plain(&short);
    let bare = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@,+".contains(&byte));
    if bare { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_token::Policy;

    #[test]
    fn the_command_holds_no_folder_no_secret_and_no_person() {
        let policy = Policy {
            pinned: vec![("email".to_owned(), "ada@corp.example".to_owned())],
            scopes: vec!["a".to_owned(), "b's".to_owned()],
            ..Policy::access("https://id.example", "https://api.example")
        };
        let around = Surroundings::new(policy, 1_795_000_000)
            .with_secret("/srv/ada/secret.txt", b"a-very-secret-secret-of-32-bytes");
        let said = command(&around, &Hide::default());
        assert_eq!(
            said,
            [
                "claviger explain --file INPUT \\",
                "  --issuer https://id.example \\",
                "  --audience https://api.example \\",
                "  --scope 'a b'\\''s' \\",
                "  --expect access \\",
                "  --claim 'email=(masked)' \\",
                "  --leeway 60 \\",
                "  --now 1795000000 \\",
                "  --secret-file secret.txt",
            ]
        );
        let keys = keys(&around, &Hide::default()).join("\n");
        assert!(keys.contains("of `secret.txt`") && !keys.contains("bits"), "{keys}");
        assert!(super::policy(&around, &Hide::default()).join("\n").contains("must be (masked)"));
    }
}
