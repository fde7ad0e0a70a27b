//! Redirect addresses: which may be registered, and which asked-for one is the registered one.
//!
//! Decides by exact comparison (RFC 9700 §4.1.3); the one freedom is the port of a loopback address
//! (RFC 8252 §7.3). Never decodes, resolves or repairs an address: what two readers could read
//! differently cannot be registered.

use url::{Host, Url};

use crate::error::{Invalid, quoted};

const LONGEST: usize = 2000;
/// As many as any application has.
const MOST: usize = 50;

/// Whether these may be registered.
pub(crate) fn check_redirect_uris(uris: &[String]) -> Result<(), Invalid> {
    check_uris("redirect_uris", uris)
}

/// Whether these may be registered as addresses that browsers are sent to.
pub(crate) fn check_uris(field: &'static str, uris: &[String]) -> Result<(), Invalid> {
    if uris.len() > MOST {
        let problem = format!("there are more than {MOST} addresses");
        return Err(Invalid::new(field, problem, "split the client"));
    }
    for (place, uri) in uris.iter().enumerate() {
        check(uri).map_err(|problem| {
            Invalid::new(
                field,
                format!("{} {problem}", quoted(uri)),
                "register the exact https address that the application listens at, or http://127.0.0.1 for a program on the user's machine",
            )
        })?;
        if uris[..place].contains(uri) {
            let problem = format!("{} stands twice", quoted(uri));
            return Err(Invalid::new(field, problem, "leave it out once"));
        }
    }
    Ok(())
}

/// Whether an address may be registered that this authority itself sends something to: https, or this machine.
pub(crate) fn check_notified(field: &'static str, uri: &str) -> Result<(), Invalid> {
    let problem = match check(uri) {
        Ok(()) if uri.starts_with("https://") || uri.starts_with("http://") => return Ok(()),
        Ok(()) => "is no web address",
        Err(problem) => problem,
    };
    let fix = "register an https address without fragment, or http://127.0.0.1 for a program on this machine";
    Err(Invalid::new(field, format!("{} {problem}", quoted(uri)), fix))
}

fn check(uri: &str) -> Result<(), &'static str> {
    if uri.len() > LONGEST {
        return Err("is too long");
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic())
        || uri.contains(['\\', '*', '"', '<', '>', '`'])
    {
        return Err("holds a character that browsers read in different ways, or a wildcard");
    }
    let url = Url::parse(uri).map_err(|_| "is no address")?;
    if uri.contains('#') {
        return Err("has a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() || authority(uri).contains('@') {
        return Err("has a user in it");
    }
    match url.scheme() {
        "https" if url.has_host() => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("is plain http, and leads to another machine"),
        // RFC 8252 §7.1: a private-use scheme is a domain name backwards, so it has a dot.
        scheme if scheme.contains('.') => {}
        _ => return Err("has a scheme that cannot be registered"),
    }
    Ok(())
}

fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether an asked-for address is a registered one.
pub(crate) fn is_registered(registered: &[String], asked: &str) -> bool {
    registered.iter().any(|one| one == asked || same_but_for_the_port(one, asked))
}

/// RFC 8252 §7.3: a program listens on whatever loopback port is free.
fn same_but_for_the_port(registered: &str, asked: &str) -> bool {
    let (Some(one), Some(other)) = (loopback_parts(registered), loopback_parts(asked)) else {
        return false;
    };
    one == other
}

/// Host and rest of a plain http address of a loopback IP, without the port.
fn loopback_parts(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| rest.starts_with(host))?;
    let behind = &rest[host.len()..];
    let path = match behind.strip_prefix(':') {
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            let number: u32 = port[..digits].parse().ok()?;
            if !(1..=65_535).contains(&number) {
                return None;
            }
            &port[digits..]
        }
        None => behind,
    };
    (path.is_empty() || path.starts_with(['/', '?'])).then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(uris: &[&str]) -> Vec<String> {
        uris.iter().map(|uri| (*uri).to_owned()).collect()
    }

    #[test]
    fn what_may_be_registered() {
        for good in [
            "https://app.example/cb",
            "https://app.example/cb?x=1",
            "http://127.0.0.1/cb",
            "http://[::1]:8000/cb",
            "http://localhost:3000/cb",
            "com.example.app:/cb",
        ] {
            check_redirect_uris(&list(&[good])).unwrap();
        }
        for bad in [
            "http://app.example/cb",
            "https://app.example/cb#x",
            "https://user@app.example/cb",
            "https://app.example\\@evil.example/",
            "https://*.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/cb",
            "/cb",
            "https://app.example/ cb",
            "https://app.example/\u{202e}cb",
            "http://127.0.0.1.evil.example/cb",
        ] {
            check_redirect_uris(&list(&[bad])).unwrap_err();
        }
        check_redirect_uris(&list(&["https://a.example/", "https://a.example/"])).unwrap_err();
    }

    #[test]
    fn only_the_exact_address_is_the_registered_one() {
        let known =
            list(&["https://app.example/cb", "http://127.0.0.1/cb", "http://localhost:3000/cb"]);
        for good in ["https://app.example/cb", "http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"] {
            assert!(is_registered(&known, good), "{good}");
        }
        for bad in [
            "https://app.example/cb/",
            "https://app.example/cb?x",
            "https://app.example/cb/../x",
            "https://app.example:443/cb",
            "https://APP.example/cb",
            "https://app.example.evil.example/cb",
            "https://app.example@evil.example/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:1/other",
            "http://localhost:3001/cb",
            "http://[::1]/cb",
        ] {
            assert!(!is_registered(&known, bad), "{bad}");
        }
    }

    proptest! {
        /// No address that is not the registered one, but for a port, is ever taken.
        #[test]
        fn nothing_else_is_taken(asked in "(https?://)?[a-z0-9.@:/\\\\%#?]{0,40}") {
            let known = list(&["https://app.example/cb", "http://127.0.0.1/cb"]);
            if is_registered(&known, &asked) && !known.contains(&asked) {
                let url = Url::parse(&asked).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!(url.path(), "/cb");
                prop_assert!(url.username().is_empty() && url.query().is_none());
            }
        }
    }
}
