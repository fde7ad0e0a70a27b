//! Scopes: how one is written, and which of those asked for can be had.
//!
//! Decides over lists of names; never what a scope means.

use crate::error::{Invalid, OauthCode, OauthFault, quoted};

const LONGEST: usize = 200;
const MOST: usize = 100;

/// Whether one scope can stand: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3).
pub fn check_scope(scope: &str) -> Result<(), Invalid> {
    let fix = "use printable ASCII without space, quote and backslash, like `orders:read`";
    if scope.is_empty() {
        return Err(Invalid::new("scopes", "a scope is empty", fix));
    }
    if scope.len() > LONGEST {
        let problem = format!("a scope is longer than {LONGEST} characters");
        return Err(Invalid::new("scopes", problem, "choose a shorter name"));
    }
    if !scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)) {
        let problem = format!("the scope {} has a character that no scope can have", quoted(scope));
        return Err(Invalid::new("scopes", problem, fix));
    }
    Ok(())
}

/// Whether a record's list of scopes can stand.
pub(crate) fn check_scopes(scopes: &[String]) -> Result<(), Invalid> {
    if scopes.len() > MOST {
        let problem = format!("there are {} scopes, {MOST} is the most", scopes.len());
        return Err(Invalid::new("scopes", problem, "split the client or the API"));
    }
    for (place, scope) in scopes.iter().enumerate() {
        check_scope(scope)?;
        if scopes[..place].contains(scope) {
            let problem = format!("the scope {} stands twice", quoted(scope));
            return Err(Invalid::new("scopes", problem, "leave it out once"));
        }
    }
    Ok(())
}

/// The scopes of a `scope` parameter, each once, in the order they came.
pub fn scope_list(text: &str) -> Result<Vec<String>, OauthFault> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        check_scope(scope).map_err(|invalid| {
            OauthFault::new(OauthCode::InvalidScope, "scope-malformed", invalid.problem)
                .fix("separate scopes by one space")
        })?;
        if scopes.iter().any(|known| known == scope) {
            continue;
        }
        if scopes.len() == MOST {
            let description = format!("more than {MOST} scopes are asked for");
            return Err(OauthFault::new(OauthCode::InvalidScope, "scope-too-many", description)
                .fix("ask for the scopes that are needed"));
        }
        scopes.push(scope.to_owned());
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scopes_are_read_as_the_rfc_writes_them() {
        assert_eq!(scope_list("a b  a c").unwrap(), ["a", "b", "c"]);
        assert!(scope_list("").unwrap().is_empty());
        for bad in ["a\"b", "a\\b", "a\tb", "ü", "a,b\u{7f}"] {
            assert_eq!(scope_list(bad).unwrap_err().error, OauthCode::InvalidScope, "{bad}");
        }
        let many: String = (0..=MOST).map(|n| format!("s{n} ")).collect();
        assert_eq!(scope_list(&many).unwrap_err().code, "scope-too-many");
    }

    #[test]
    fn a_list_with_one_twice_cannot_stand() {
        let twice = ["a".to_owned(), "a".to_owned()];
        assert!(check_scopes(&twice).unwrap_err().problem.contains("`a`"));
        assert!(check_scope(&"a".repeat(LONGEST + 1)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_survives_being_written_again(text in "\\PC{0,80}") {
            if let Ok(scopes) = scope_list(&text) {
                prop_assert_eq!(scope_list(&scopes.join(" ")).unwrap(), scopes);
            }
        }
    }
}
