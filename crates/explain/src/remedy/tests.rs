use std::collections::BTreeSet;

use claviger_token::Code;

use super::*;

/// What switches a check off, in any of the languages.
const UNSAFE: &[&str] = &[
    "verify=False",
    "verify_signature",
    "verify_aud",
    "ignoreExpiration",
    "ValidateAudience = false",
    "ValidateIssuer = false",
    "ValidateLifetime = false",
    "RequireHttpsMetadata = false",
    "ssl_verify=false",
    "InsecureSkipVerify",
    "UnsafeAllowNone",
    "rejectUnauthorized",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "curl -k",
    "--insecure",
    "\"none\"",
    "alg none",
    "validateTypes(false)",
];

fn texts(code: Code) -> Vec<&'static str> {
    let steps = confirm(code).iter().flat_map(|step| [Some(step.text), step.command]);
    let lines = remedies(code);
    let lines = lines.iter().flat_map(|r| [Some(r.text), r.snippet.map(|lines| lines.text)]);
    steps.chain(lines).flatten().collect()
}

#[test]
fn every_cause_can_be_confirmed_and_mended_somewhere() {
    for code in Code::ALL {
        let steps = confirm(*code);
        assert!((1..=3).contains(&steps.len()), "{code}: {} steps", steps.len());
        let named = stacks(*code);
        assert!(!named.is_empty(), "{code}");
        assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "{code}");
        assert!(remedies(*code).iter().any(|remedy| remedy.snippet.is_some()), "{code}");
    }
}

#[test]
fn no_line_switches_a_check_off() {
    for code in Code::ALL {
        for text in texts(*code) {
            for word in UNSAFE {
                assert!(!text.contains(word), "{code}: {word} in {text}");
            }
        }
    }
}

#[test]
fn lines_fit_a_page_and_have_a_language() {
    for code in Code::ALL {
        for text in texts(*code) {
            assert!(!text.contains('\t') && !text.ends_with('\n'), "{code}: {text:?}");
        }
        for remedy in remedies(*code) {
            assert!(remedy.text.ends_with('.'), "{code}: {}", remedy.text);
            assert_eq!(remedy.text.matches('`').count() % 2, 0, "{code}: {}", remedy.text);
            let Some(snippet) = remedy.snippet else { continue };
            assert_ne!(snippet.language(), "text", "{}", snippet.file);
            for line in snippet.text.lines() {
                assert!(line.chars().count() <= 100, "{}: {line}", snippet.file);
                assert_eq!(line.trim_end(), line, "{}: {line:?}", snippet.file);
            }
        }
        for line in confirm(*code).iter().filter_map(|step| step.command).flat_map(str::lines) {
            assert!(line.chars().count() <= 100, "{code}: {line}");
        }
    }
}

#[test]
fn stacks_are_named_once() {
    let names: BTreeSet<_> = Stack::ALL.iter().map(|stack| stack.as_str()).collect();
    assert_eq!(names.len(), Stack::ALL.len());
    assert!(Stack::ALL.is_sorted());
}
