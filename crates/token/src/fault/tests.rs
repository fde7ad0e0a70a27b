use super::*;
use std::collections::HashSet;

#[test]
fn codes_are_unique_and_read_back() {
    let mut seen = HashSet::new();
    for code in Code::ALL {
        assert!(seen.insert(code.as_str()), "{code} stands twice");
        assert_eq!(code.as_str().parse(), Ok(*code));
    }
    assert_eq!("no-such".parse::<Code>(), Err(UnknownCode));
}

/// The names in a template, and whether each is in a part that may be dropped.
fn placeholders(template: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut name: Option<String> = None;
    for c in template.chars() {
        match (c, name.as_mut()) {
            ('[', None) => depth += 1,
            (']', None) => depth -= 1,
            ('{', None) => name = Some(String::new()),
            ('}', Some(text)) => {
                found.push((text.clone(), depth > 0));
                name = None;
            }
            (c, Some(text)) => text.push(c),
            _ => {}
        }
        assert!((0..=1).contains(&depth), "brackets do not nest: {template}");
    }
    assert!(depth == 0 && name.is_none(), "unbalanced: {template}");
    found
}

#[test]
fn every_row_is_well_formed() {
    for code in Code::ALL {
        let row = code.row();
        assert!(!row.title.ends_with('.'), "{code}: a title is no paragraph");
        assert!(row.title.chars().next().is_some_and(char::is_uppercase), "{code}: {}", row.title);
        assert!(row.fix.ends_with('.'), "{code}: a fix is a sentence");
        assert!(row.explanation.len() > 60, "{code}: explain it");
        assert!(!row.sentence.ends_with('.'), "{code}: {}", row.sentence);
        assert!(
            row.clause.starts_with("RFC ") || row.clause.contains('§') || row.clause.len() > 5,
            "{code}"
        );
        for (name, _) in placeholders(row.sentence) {
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{code}: {{{name}}}"
            );
        }
        let expected_error = match row.status {
            403 => row.error == Some(OauthError::InsufficientScope),
            400 => row.error == Some(OauthError::InvalidRequest),
            401 => !matches!(
                row.error,
                Some(OauthError::InsufficientScope | OauthError::InvalidRequest)
            ),
            431 | 503 => row.error.is_none(),
            _ => false,
        };
        assert!(expected_error, "{code}: status {} with {:?}", row.status, row.error);
    }
}

#[test]
fn a_sentence_drops_what_it_has_no_evidence_for() {
    let fault = Fault::new(Code::Expired)
        .with("exp", Fact::Time(0))
        .with("now", Fact::Time(192))
        .with("ago", Fact::Lasting(192));
    let detail = fault.detail();
    assert!(detail.contains("1970-01-01T00:00:00Z") && detail.contains("3 min 12 s"), "{detail}");
    assert!(!detail.contains(['[', ']', '{', '}', '?']), "{detail}");
    let longer = fault.with("leeway", Fact::Lasting(60)).detail();
    assert!(longer.len() > detail.len() && longer.contains("1 min"), "{longer}");
}

#[test]
fn evidence_cannot_reach_a_terminal_as_control_characters() {
    let fault = Fault::new(Code::IssuerMismatch)
        .with("found", "\u{1b}[31mred\n")
        .with("expected", vec!["a".repeat(500)]);
    let detail = fault.detail();
    assert!(!detail.contains('\u{1b}') && !detail.contains('\n'), "{detail}");
    assert!(detail.len() < 400, "{}", detail.len());
}

#[test]
fn evidence_is_numbers_in_json() {
    let fault = Fault::new(Code::Expired).with("exp", Fact::Time(17)).with("ago", Fact::Lasting(3));
    assert_eq!(fault.evidence_json(), json!({"exp": 17, "ago": 3}));
}
