//! Which `sub` a client knows a person by (OpenID Connect Core §8).
//!
//! Decides whether everybody sees the same one, and which clients see a common one of their own; the
//! derivation needs a key and is the caller's.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::Client;
use crate::error::Invalid;

const LONGEST_SECTOR: usize = 253;

/// Who sees which `sub`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same one as every client.
    #[default]
    Public,
    /// One of its sector's own, by which nobody else recognises the person.
    Pairwise,
}

/// The sector in which a client knows people by names of their own; none where it sees the public ones.
///
/// # Errors
/// Where it is pairwise and nothing says which sector it belongs to.
pub fn sector(client: &Client) -> Result<Option<String>, Invalid> {
    if client.subject_type == SubjectType::Public {
        return match client.sector {
            None => Ok(None),
            Some(_) => Err(Invalid::new(
                "sector",
                "a client with public subjects has no sector",
                "leave it out, or set `subject_type` to `pairwise`",
            )),
        };
    }
    if let Some(sector) = &client.sector {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        if sector.is_empty() || sector.len() > LONGEST_SECTOR || !sector.bytes().all(plain) {
            let problem = "it is empty, too long, or no host name in lower case";
            return Err(Invalid::new("sector", problem, "use a host name, like `example.org`"));
        }
        return Ok(Some(sector.clone()));
    }
    let host = |uri: &str| {
        Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    };
    if let Some(uri) = &client.sector_identifier_uri {
        // That the addresses are in the list was seen when it was registered.
        return match host(uri) {
            host if host.is_empty() => {
                let fix = "give an https address";
                Err(Invalid::new("sector_identifier_uri", "it has no host", fix))
            }
            host => Ok(Some(host)),
        };
    }
    let mut hosts = client.redirect_uris.iter().map(|uri| host(uri));
    // OpenID Connect Core §8.1: one host, or a sector that somebody has chosen.
    match hosts.next() {
        Some(first) if !first.is_empty() && hosts.all(|host| host == first) => Ok(Some(first)),
        _ => Err(Invalid::new(
            "sector",
            "the redirect addresses do not have one host in common",
            "give a `sector_identifier_uri` that lists them all, or set `sector` to the host name that stands for them",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(sector: Option<&str>, uris: &[&str]) -> Client {
        Client {
            subject_type: SubjectType::Pairwise,
            sector: sector.map(str::to_owned),
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..Client::new("app", 0)
        }
    }

    #[test]
    fn one_host_is_a_sector_and_several_need_one_to_be_chosen() {
        let found = |sector_of: Client| sector(&sector_of).unwrap();
        let one = ["https://app.example/a", "https://app.example:444/b"];
        assert_eq!(found(client(None, &one)).as_deref(), Some("app.example"));
        assert_eq!(found(client(Some("acme.example"), &[])).as_deref(), Some("acme.example"));
        for (sector_set, uris) in [
            (None, &["https://a.example/", "https://b.example/"][..]),
            (None, &["com.example.app:/cb"]),
            (None, &[]),
            (Some(""), &[]),
            (Some("https://a.example"), &[]),
            (Some("A.example"), &[]),
        ] {
            assert_eq!(sector(&client(sector_set, uris)).unwrap_err().field, "sector");
        }
        let listed = |sector_set, uris| Client {
            sector_identifier_uri: Some("https://list.example:444/uris.json".into()),
            ..client(sector_set, uris)
        };
        let two = ["https://a.example/", "com.example.app:/cb"];
        assert_eq!(found(listed(None, &two)).as_deref(), Some("list.example"));
        assert_eq!(found(listed(Some("acme.example"), &two)).as_deref(), Some("acme.example"));
        let nowhere = Client { sector_identifier_uri: Some("x".into()), ..client(None, &two) };
        assert_eq!(sector(&nowhere).unwrap_err().field, "sector_identifier_uri");
        let public = Client { subject_type: SubjectType::Public, ..listed(None, &two) };
        assert_eq!(sector(&public), Ok(None));
        assert_eq!(sector(&Client::new("a", 0)), Ok(None));
        let public = Client { sector: Some("x.example".into()), ..Client::new("a", 0) };
        assert_eq!(sector(&public).unwrap_err().field, "sector");
    }
}
