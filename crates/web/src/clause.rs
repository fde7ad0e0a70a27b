//! From the clause that a row names to the page where it can be read.

/// Documents that are no RFC: how a clause begins, the page, and what stands in front of a section's number.
const OTHERS: &[(&str, &str, &str)] = &[
    (
        "OpenID Connect Core",
        "https://openid.net/specs/openid-connect-core-1_0.html",
        "rfc.section.",
    ),
    (
        "OpenID Connect Back-Channel Logout",
        "https://openid.net/specs/openid-connect-backchannel-1_0.html",
        "rfc.section.",
    ),
    ("Fetch Standard", "https://fetch.spec.whatwg.org/#cors-preflight-fetch", ""),
    (
        "Kubernetes",
        "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/",
        "",
    ),
];

/// Where a clause is published: `RFC 7519 §4.1.4` is
/// `https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4`. None for a document that is not known.
#[must_use]
pub fn source_url(clause: &str) -> Option<String> {
    let (document, section) = match clause.split_once('§') {
        Some((document, section)) => (document.trim(), Some(section.trim())),
        None => (clause.trim(), None),
    };
    let section = section.filter(|section| is_number(section));
    if let Some(number) = document.strip_prefix("RFC ") {
        let is_rfc = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        return is_rfc.then(|| match section {
            Some(section) => {
                format!("https://www.rfc-editor.org/rfc/rfc{number}#section-{section}")
            }
            None => format!("https://www.rfc-editor.org/rfc/rfc{number}"),
        });
    }
    let (_, page, prefix) = OTHERS.iter().find(|(name, ..)| document.starts_with(name))?;
    Some(match section {
        Some(section) => format!("{page}#{prefix}{section}"),
        None => (*page).to_owned(),
    })
}

/// `4.1.11`; nothing else may get into a link.
fn is_number(section: &str) -> bool {
    section.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_token::Code;

    #[test]
    fn every_clause_of_the_catalogue_can_be_looked_up() {
        for code in Code::ALL {
            let url = source_url(code.clause()).unwrap_or_else(|| panic!("{}", code.clause()));
            assert!(url.starts_with("https://"), "{url}");
            let has_section = code.clause().contains('§');
            assert_eq!(has_section, url.contains("section"), "{}: {url}", code.clause());
        }
    }

    #[test]
    fn clauses_become_links_into_their_section() {
        for (clause, url) in [
            ("RFC 7519 §4.1.4", "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4"),
            ("RFC 7519", "https://www.rfc-editor.org/rfc/rfc7519"),
            (
                "OpenID Connect Core §10.1.1",
                "https://openid.net/specs/openid-connect-core-1_0.html#rfc.section.10.1.1",
            ),
            ("RFC 7519 §\"><script>", "https://www.rfc-editor.org/rfc/rfc7519"),
        ] {
            assert_eq!(source_url(clause).as_deref(), Some(url));
        }
        assert_eq!(source_url("RFC x/../../ §1"), None);
        assert_eq!(source_url("somewhere"), None);
    }
}
