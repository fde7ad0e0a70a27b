//! Where the pages live: every link on a page is made here, so that an authority below a path works
//! like one at the root. Never looks at a request.

use claviger_token::{Class, Code};

use crate::assets;

/// The place that a page's links point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    base: String,
}

impl Site {
    /// `base` is the URL, or the path, below which the authority answers: `https://id.example`,
    /// `/auth` or nothing for the root. A text that is none of these (`javascript:…`) is taken for
    /// nothing, for it would end up in `href`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let base = base.trim_end_matches('/');
        let is_place = base.starts_with("https://")
            || base.starts_with("http://")
            // `//host` would lead to another host.
            || (base.starts_with('/') && !base.starts_with("//"));
        Self { base: if is_place { base.to_owned() } else { String::new() } }
    }

    /// What stands in front of every path; empty for the root.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn front(&self) -> String {
        self.to("/")
    }

    pub(crate) fn faults(&self) -> String {
        self.to("/faults")
    }

    pub(crate) fn class(&self, class: Class) -> String {
        format!("{}/faults#{class}", self.base)
    }

    pub(crate) fn fault(&self, code: Code) -> String {
        format!("{}/faults/{code}", self.base)
    }

    pub(crate) fn stylesheet(&self) -> String {
        self.to(assets::STYLESHEET.path)
    }

    pub(crate) fn icon(&self) -> String {
        self.to(assets::ICON.path)
    }

    pub(crate) fn script(&self) -> String {
        self.to(assets::SCRIPT.path)
    }

    /// A path below the base; an address that names its host itself stays as it is.
    pub(crate) fn to(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else if path.starts_with("https://") || path.starts_with("http://") {
            path.to_owned()
        } else {
            format!("{}/{path}", self.base)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_below_the_base() {
        for (base, link) in [
            ("", "/faults/expired"),
            ("/", "/faults/expired"),
            ("/auth/", "/auth/faults/expired"),
            ("https://id.example", "https://id.example/faults/expired"),
            ("https://id.example/auth/", "https://id.example/auth/faults/expired"),
            ("javascript:alert(1)//", "/faults/expired"),
            ("//evil.example", "/faults/expired"),
            ("data:text/html,x", "/faults/expired"),
        ] {
            assert_eq!(Site::new(base).fault(Code::Expired), link, "{base}");
        }
    }

    #[test]
    fn no_path_leads_into_a_scheme() {
        let site = Site::new("/auth");
        assert_eq!(site.to("javascript:alert(1)"), "/auth/javascript:alert(1)");
        assert_eq!(site.to("https://other.example/x"), "https://other.example/x");
    }
}
