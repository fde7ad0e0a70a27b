//! The revocation view: what was revoked, as every guard holds it in memory.
//!
//! Decides whether a verified token was revoked; never fetches anything. Entries carry hashes, not
//! identifiers: the feed that spreads them can be read by anyone, and names nobody.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_lc_rs::digest;

use crate::base64url;
use crate::catalogue::Code;
use crate::fault::{Fact, Fault};
use crate::verdict::Verified;

/// What an entry revokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One token, by `jti`.
    Token,
    /// All tokens of a grant, by `grant_id`: those of a code and of every refresh after it.
    Grant,
    /// All tokens of a session, by `sid`.
    Session,
    /// All tokens of a subject issued up to an instant, by `sub`.
    Subject,
    /// All tokens of a client issued up to an instant, by `client_id`.
    Client,
    /// All tokens under a key, by `kid`.
    Key,
    /// All tokens issued up to an instant, whoever's they are.
    All,
}

/// The value of an entry of [`Kind::All`].
pub const EVERYTHING: &str = "*";

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Token,
        Self::Grant,
        Self::Session,
        Self::Subject,
        Self::Client,
        Self::Key,
        Self::All,
    ];

    /// As the feed writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Grant => "grant",
            Self::Session => "session",
            Self::Subject => "subject",
            Self::Client => "client",
            Self::Key => "key",
            Self::All => "all",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The fault of a token that such an entry touches.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Token | Self::Grant | Self::All => Code::TokenRevoked,
            Self::Session => Code::SessionEnded,
            Self::Subject => Code::SubjectRevoked,
            Self::Client => Code::ClientRevoked,
            Self::Key => Code::KeyRetired,
        }
    }
}

/// The first 16 bytes of SHA-256 over kind, colon and value.
pub type Hash = [u8; 16];

/// What stands in an entry for a value: enough to recognise it, too little to learn it.
#[must_use]
pub fn hash(kind: Kind, value: &str) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(kind.as_str().as_bytes());
    context.update(b":");
    context.update(value.as_bytes());
    let mut hash = Hash::default();
    hash.copy_from_slice(&context.finish().as_ref()[..16]);
    hash
}

/// One entry of the sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the issuer's sequence, from 1.
    pub seq: u64,
    /// What it revokes.
    pub kind: Kind,
    /// Which one.
    pub hash: Hash,
    /// Tokens with `iat` up to this instant are revoked; none: all of them. Unix seconds.
    pub until: Option<i64>,
    /// When the last token that it can touch has expired, and it is forgotten. Unix seconds.
    pub expires: i64,
}

impl Entry {
    /// The `data` of the feed's event.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "kind": self.kind.as_str(),
            "hash": base64url::encode(self.hash),
            "until": self.until,
            "expires": self.expires,
        })
        .to_string()
    }

    /// An entry from the feed; none where the data is not understood.
    #[must_use]
    pub fn from_json(seq: u64, data: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(data).ok()?;
        let kind = Kind::from_name(value.get("kind")?.as_str()?)?;
        let hash = base64url::decode(value.get("hash")?.as_str()?).ok()?.try_into().ok()?;
        let until = match value.get("until") {
            None | Some(serde_json::Value::Null) => None,
            Some(until) => Some(until.as_i64()?),
        };
        Some(Self { seq, kind, hash, until, expires: value.get("expires")?.as_i64()? })
    }
}

/// What of a verified token can be revoked: computed once, kept beside a remembered token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    of: Vec<(Kind, Hash)>,
    issued_at: Option<i64>,
}

impl Marks {
    /// The marks of a verified token.
    #[must_use]
    pub fn of(verified: &Verified) -> Self {
        let claims = verified.claims();
        let values = [
            (Kind::Token, claims.id()),
            (Kind::Grant, claims.grant()),
            (Kind::Session, claims.session()),
            (Kind::Subject, claims.subject()),
            (Kind::Client, claims.client()),
            (Kind::Key, verified.kid().map(Cow::Borrowed)),
            (Kind::All, Some(Cow::Borrowed(EVERYTHING))),
        ];
        let of = values
            .into_iter()
            .filter_map(|(kind, value)| Some((kind, hash(kind, &value?))))
            .collect();
        Self { of, issued_at: claims.issued_at() }
    }
}

/// All living entries of one issuer.
#[derive(Clone, Debug, Default)]
pub struct View {
    entries: HashMap<(Kind, Hash), (Option<i64>, i64)>,
    seq: u64,
}

impl View {
    /// Takes an entry in. Of two for the same value the one that touches more holds.
    pub fn insert(&mut self, entry: &Entry) {
        self.seq = self.seq.max(entry.seq);
        self.entries
            .entry((entry.kind, entry.hash))
            .and_modify(|(until, expires)| {
                *until = match (*until, entry.until) {
                    (Some(old), Some(new)) => Some(old.max(new)),
                    _ => None,
                };
                *expires = (*expires).max(entry.expires);
            })
            .or_insert((entry.until, entry.expires));
    }

    /// Forgets what no living token can be touched by.
    pub fn forget_expired(&mut self, now: i64) {
        self.entries.retain(|_, (_, expires)| *expires > now);
    }

    /// The last place of the sequence that was taken in.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }
    /// How many entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// Whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The fault of a token with these marks, if an entry touches it. A token without `iat` is touched
    /// by every entry for its subject or client, and by one for everything: it cannot show that it is younger.
    #[must_use]
    pub fn check(&self, marks: &Marks) -> Option<Box<Fault>> {
        if self.entries.is_empty() {
            return None;
        }
        marks.of.iter().find_map(|mark| {
            let (until, _) = self.entries.get(mark)?;
            let touched = match (until, marks.issued_at) {
                (Some(until), Some(issued_at)) => issued_at <= *until,
                _ => true,
            };
            touched.then(|| {
                let fault = Fault::new(mark.0.code());
                Box::new(fault.with_some("until", until.map(Fact::Time)))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_feed() {
        for until in [None, Some(17)] {
            let entry = Entry {
                seq: 3,
                kind: Kind::Subject,
                hash: hash(Kind::Subject, "u"),
                until,
                expires: 99,
            };
            assert_eq!(Entry::from_json(3, &entry.to_json()), Some(entry));
        }
        for bad in [
            "",
            "{}",
            r#"{"kind":"x","hash":"","expires":1}"#,
            r#"{"kind":"key","hash":"AA","expires":1}"#,
        ] {
            assert_eq!(Entry::from_json(1, bad), None, "{bad}");
        }
    }

    #[test]
    fn the_instant_decides_who_is_touched() {
        let mut view = View::default();
        let mark = hash(Kind::Subject, "user-1");
        view.insert(&Entry {
            seq: 1,
            kind: Kind::Subject,
            hash: mark,
            until: Some(100),
            expires: 500,
        });
        let marks = |issued_at| Marks { of: vec![(Kind::Subject, mark)], issued_at };
        assert!(view.check(&marks(Some(100))).is_some());
        assert!(view.check(&marks(Some(101))).is_none());
        assert!(view.check(&marks(None)).is_some());
        view.forget_expired(499);
        assert_eq!(view.len(), 1);
        view.forget_expired(500);
        assert!(view.is_empty());
    }

    #[test]
    fn everything_before_an_instant_is_everybody_s() {
        let mut view = View::default();
        let everything = hash(Kind::All, EVERYTHING);
        view.insert(&Entry {
            seq: 1,
            kind: Kind::All,
            hash: everything,
            until: Some(100),
            expires: 500,
        });
        let marks = |issued_at| Marks { of: vec![(Kind::All, everything)], issued_at };
        assert_eq!(view.check(&marks(Some(100))).unwrap().code, Code::TokenRevoked);
        assert!(view.check(&marks(Some(101))).is_none());
        assert!(view.check(&marks(None)).is_some());
    }

    #[test]
    fn kinds_do_not_stand_for_each_other() {
        assert_ne!(hash(Kind::Token, "x"), hash(Kind::Session, "x"));
    }
}
