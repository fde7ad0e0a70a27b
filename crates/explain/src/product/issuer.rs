//! An issuer as the URL that it is: host and path apart.
//!
//! Decides whether a host is, or lies under, a name; compares whole labels and never looks for a name in
//! the raw text.

/// The parts of an issuer's URL.
pub(super) struct Issuer {
    /// In small letters.
    host: String,
    path: String,
}

impl Issuer {
    /// The parts of a text that is an `http` or `https` URL.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        // Who writes a user into an issuer wants to be taken for somebody else.
        let host = authority.split(':').next().filter(|_| !authority.contains('@'))?;
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if !host.split('.').all(is_label) {
            return None;
        }
        let path = path.split(['?', '#', '\\']).next().unwrap_or_default();
        Some(Self { host: host.to_ascii_lowercase(), path: path.to_owned() })
    }

    /// Whether the host is this one.
    pub(super) fn is(&self, host: &str) -> bool {
        self.host == host
    }

    /// Whether the host is this one or lies under it.
    pub(super) fn is_under(&self, domain: &str) -> bool {
        self.is(domain) || self.host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    }

    /// Whether the first label of the host is this one.
    pub(super) fn begins_with_label(&self, label: &str) -> bool {
        self.host.split('.').next() == Some(label)
    }

    /// The parts of the path that are not empty.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).take(16).collect()
    }

    /// Whether these segments follow each other somewhere in the path, with something behind them.
    pub(super) fn leads_through(&self, wanted: &[&str]) -> bool {
        let segments = self.segments();
        let found = segments.windows(wanted.len()).position(|part| part == wanted);
        found.is_some_and(|at| at + wanted.len() < segments.len())
    }

    /// Whether the path ends in these segments.
    pub(super) fn ends_in(&self, wanted: &[&str]) -> bool {
        self.segments().ends_with(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_label_by_label() {
        let under = |text: &str, domain: &str| {
            Issuer::parse(text).is_some_and(|issuer| issuer.is_under(domain))
        };
        assert!(under("https://acme.eu.auth0.com/", "auth0.com"));
        assert!(under("https://AUTH0.com:443", "auth0.com"));
        for text in [
            "https://notauth0.com/",
            "https://auth0.com.evil.example/",
            "https://evil.example/auth0.com",
            "https://evil.example?auth0.com",
            "https://evil.example#.auth0.com",
            "https://evil.example\\.auth0.com",
            "https://auth0.com@evil.example/",
            "https://evil.example:x@acme.auth0.com/",
            "ftp://acme.auth0.com/",
            "acme.auth0.com",
            "https://.auth0.com",
            "https://",
        ] {
            assert!(!under(text, "auth0.com"), "{text}");
        }
    }

    #[test]
    fn paths_are_compared_segment_by_segment() {
        let issuer = Issuer::parse("https://h/auth/realms/shop").unwrap();
        assert!(issuer.leads_through(&["realms"]) && issuer.ends_in(&["shop"]));
        assert!(!issuer.leads_through(&["shop"]) && !issuer.leads_through(&["real"]));
    }
}
