//! Reads `WWW-Authenticate`: the challenges that a server makes (RFC 9110 §11.6.1, RFC 6750 §3).
//!
//! Reads what servers send, not only what the grammar allows: a value without quotes, a comma too many. Never
//! decides what a challenge means. Bounded: at most [`MOST_CHALLENGES`] challenges and [`MOST_PARAMETERS`]
//! parameters each are kept.

/// More challenges than any server makes.
pub const MOST_CHALLENGES: usize = 16;
/// More parameters than any challenge has.
pub const MOST_PARAMETERS: usize = 32;

/// One challenge: a scheme with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthChallenge {
    /// `Bearer`, `DPoP`, `Basic`, as it was written.
    pub scheme: String,
    /// Names in lower case (they are case-insensitive) and values without their quotes, in order.
    pub parameters: Vec<(String, String)>,
}

impl AuthChallenge {
    /// Whether it is of this scheme, whatever the case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The first parameter of this name, given in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges of one field value; several fields are read one by one.
#[must_use]
pub fn auth_challenges(value: &str) -> Vec<AuthChallenge> {
    let mut found: Vec<AuthChallenge> = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let word = rest.split(|c| !is_token_character(c)).next().unwrap_or_default();
        if word.is_empty() {
            // What is no word belongs to nothing: on to the next comma.
            match rest.find(',') {
                Some(at) => rest = &rest[at..],
                None => return found,
            }
            continue;
        }
        let behind = &rest[word.len()..];
        let trimmed = behind.trim_start_matches([' ', '\t']);
        if let Some(text) = trimmed.strip_prefix('=').filter(|_| !found.is_empty()) {
            let (value, left) = parameter_value(text.trim_start_matches([' ', '\t']));
            if let Some(challenge) =
                found.last_mut().filter(|one| one.parameters.len() < MOST_PARAMETERS)
            {
                challenge.parameters.push((word.to_ascii_lowercase(), value));
            }
            rest = left;
            continue;
        }
        if found.len() == MOST_CHALLENGES {
            return found;
        }
        found.push(AuthChallenge { scheme: word.to_owned(), parameters: Vec::new() });
        // `Negotiate oYG2…==`: one value that is no parameter (token68). Nobody needs it.
        rest = token68(trimmed).map_or(trimmed, |length| &trimmed[length..]);
    }
}

/// The length of a token68, where one stands there and not a parameter's name.
fn token68(text: &str) -> Option<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let body = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let pads = text[body..].len() - text[body..].trim_start_matches('=').len();
    let behind = text[body + pads..].trim_start_matches([' ', '\t']);
    let ends = behind.is_empty() || behind.starts_with(',');
    (body > 0 && ends).then_some(body + pads)
}

/// A quoted string or a bare value, and what stands behind it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// RFC 9110 §5.6.2.
fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::Challenge;
    use crate::{Code, Fault};
    use proptest::prelude::*;

    fn shown(value: &str) -> Vec<String> {
        auth_challenges(value)
            .into_iter()
            .map(|one| {
                let parameters: Vec<String> =
                    one.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{} [{}]", one.scheme, parameters.join("; "))
            })
            .collect()
    }

    #[test]
    fn challenges_are_read_as_servers_write_them() {
        for (value, expected) in [
            ("Bearer", vec!["Bearer []"]),
            (
                r#"Bearer realm="a, b", error="invalid_token""#,
                vec!["Bearer [realm=a, b; error=invalid_token]"],
            ),
            (
                r#"Basic realm="x", Bearer error = "e" , Scope=a"#,
                vec!["Basic [realm=x]", "Bearer [error=e; scope=a]"],
            ),
            (r#"Negotiate, Bearer realm="r""#, vec!["Negotiate []", "Bearer [realm=r]"]),
            (
                r#"Negotiate oYG2MIG=, DPoP algs="ES256 PS256""#,
                vec!["Negotiate []", "DPoP [algs=ES256 PS256]"],
            ),
            (r#",, Bearer  error="a \"quoted\" word","#, vec![r#"Bearer [error=a "quoted" word]"#]),
            (r#"Bearer error="unclosed"#, vec!["Bearer [error=unclosed]"]),
            (
                "Bearer error=\"a\" error_description=\"no comma\"",
                vec!["Bearer [error=a; error_description=no comma]"],
            ),
            ("", vec![]),
            ("\"\"", vec![]),
        ] {
            assert_eq!(shown(value), expected, "{value}");
        }
    }

    #[test]
    fn our_own_challenge_comes_back() {
        let fault = Fault::new(Code::Expired);
        let challenge =
            Challenge { realm: Some("orders"), scope: Some("a b"), ..Challenge::default() };
        let value = challenge.www_authenticate(&fault).unwrap();
        let read = auth_challenges(&value);
        assert_eq!(read.len(), 1, "{value}");
        assert!(read[0].is("bearer"));
        assert_eq!(read[0].parameter("error"), Some("invalid_token"));
        assert_eq!(read[0].parameter("scope"), Some("a b"));
        assert_eq!(read[0].parameter("realm"), Some("orders"));
    }

    proptest! {
        #[test]
        fn any_value_is_read_and_bounded(value in "[ ,=\"\\\\A-Za-zé0-9/+\t-]{0,200}") {
            let read = auth_challenges(&value);
            prop_assert!(read.len() <= MOST_CHALLENGES);
            for one in read {
                prop_assert!(!one.scheme.is_empty() && one.parameters.len() <= MOST_PARAMETERS);
            }
        }

        #[test]
        fn what_is_quoted_comes_back(values in prop::collection::vec("[ -~]{0,20}", 1..6)) {
            let written: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(nth, value)| format!("p{nth}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect();
            let read = auth_challenges(&format!("Bearer {}", written.join(", ")));
            let found: Vec<&str> = read[0].parameters.iter().map(|(_, value)| value.as_str()).collect();
            prop_assert_eq!(found, values);
        }
    }
}
