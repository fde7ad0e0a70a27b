//! The issuer: as the operator writes it, or as it follows from the address.

use claviger_guard::fetch::is_loopback;
use url::Url;

use super::{Config, ConfigError, wrong};

/// The issuer, judged: the text tokens carry and the places derived from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issuer {
    /// Exactly as configured: `iss` is compared byte by byte.
    pub(crate) text: String,
    /// `text` without a slash at the end: what endpoint paths are appended to.
    pub(crate) base: String,
    /// The path of `base`: empty, or `/something`.
    pub(crate) path: String,
    /// Whether answers go out under TLS (a proxy's, here).
    pub(crate) secure: bool,
}

impl Config {
    /// The issuer that is served, or why none can be.
    pub(crate) fn issuer(&self) -> Result<Issuer, ConfigError> {
        let Some(text) = &self.issuer else {
            if !self.listen.ip().is_loopback() {
                return Err(wrong(
                    "issuer",
                    "is missing, and cannot be derived from an address that is not loopback",
                    "write the https URL under which clients reach this authority",
                )
                .beside(&["listen"]));
            }
            if self.listen.port() == 0 {
                return Err(wrong(
                    "issuer",
                    "is missing, and `listen` names no port yet",
                    "name a port, or bind first (`claviger_authority::bind` fills it in)",
                ));
            }
            let secure = self.tls.is_on();
            let text = format!("{}://{}", if secure { "https" } else { "http" }, self.listen);
            return Ok(Issuer { base: text.clone(), text, path: String::new(), secure });
        };
        let fix = "write an absolute URL such as `https://id.example.com`";
        let url = Url::parse(text)
            .map_err(|error| wrong("issuer", format!("`{text}` is no URL ({error})"), fix))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" if self.tls.is_on() => {
                return Err(wrong(
                    "issuer",
                    format!(
                        "`{text}` is plain http, and `tls.cert_file` has this address speak TLS"
                    ),
                    "write https",
                )
                .beside(&["tls.cert_file"]));
            }
            "http" if is_loopback(&url) => false,
            "http" => {
                return Err(wrong(
                    "issuer",
                    format!("`{text}` is plain http outside loopback (RFC 8414 §2 wants https)"),
                    "write https; a proxy in front may terminate TLS",
                ));
            }
            other => {
                return Err(wrong("issuer", format!("`{text}` has the scheme `{other}`"), fix));
            }
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong(
                "issuer",
                format!("`{text}` has a query or a fragment, which RFC 8414 §2 forbids"),
                "leave off everything from `?` or `#`",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                "issuer",
                "carries user information",
                "leave off everything before and with the `@`",
            ));
        }
        // What a strict client would rebuild from the URL must be what we say: no upper-case host, no
        // default port, no dot segments.
        let normal = url.as_str();
        let base = text.trim_end_matches('/');
        if normal.trim_end_matches('/') != base {
            return Err(wrong(
                "issuer",
                format!("`{text}` is not in normal form"),
                format!("write `{}`", normal.trim_end_matches('/')),
            ));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        if path.contains(['{', '}', '%']) {
            return Err(wrong(
                "issuer",
                format!("the path `{path}` holds braces or percent escapes"),
                "use letters, digits, `-` and `/` in the path",
            ));
        }
        Ok(Issuer { text: text.clone(), base: base.to_owned(), path, secure })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_taken_as_written_or_refused() {
        let issuer =
            |text: &str| Config { issuer: Some(text.to_owned()), ..Config::default() }.issuer();
        for (text, base, path) in [
            ("https://id.example", "https://id.example", ""),
            ("https://id.example/", "https://id.example", ""),
            ("https://id.example/acme", "https://id.example/acme", "/acme"),
            ("http://127.0.0.1:8600", "http://127.0.0.1:8600", ""),
            ("http://localhost:8600", "http://localhost:8600", ""),
            ("http://[::1]:8600", "http://[::1]:8600", ""),
        ] {
            let issuer = issuer(text).unwrap();
            assert_eq!((issuer.text.as_str(), issuer.base.as_str()), (text, base));
            assert_eq!(issuer.path, path);
        }
        for text in [
            "",
            "id.example",
            "ftp://id.example",
            "http://10.0.0.1",
            "https://id.example?x",
            "https://id.example#x",
            "https://u:p@id.example",
            "https://ID.example",
            "https://id.example:443",
            "https://id.example/a/../b",
            "https://id.example/{x}",
        ] {
            let error = issuer(text).unwrap_err();
            assert_eq!(error.field, "issuer", "{text}");
            assert!(!error.fix.is_empty());
        }
    }

    #[test]
    fn the_default_issuer_follows_the_address() {
        let config = Config { listen: "127.0.0.1:9999".parse().unwrap(), ..Config::default() };
        assert_eq!(config.issuer().unwrap().text, "http://127.0.0.1:9999");
        let unbound = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() };
        assert_eq!(unbound.issuer().unwrap_err().field, "issuer");
    }
}
