//! What happens, as it is told to the journal, and who does it.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::call::Call;

/// Which kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A request was refused, here or by a guard.
    Refusal,
    /// Somebody logged in, or could not.
    LogIn,
    /// A log-in was ended by its owner, or an application was told of an end, or could not be.
    LogOut,
    /// Somebody allowed something, or got something that can be used later.
    Grant,
    /// Tokens were taken back.
    Revocation,
    /// A signing key began, ceased or left.
    Rotation,
    /// A credential was used again that was over.
    Alarm,
    /// Somebody changed something about their own account.
    Account,
    /// A record was changed.
    Administration,
}

/// The kinds of entries in the journal, by name.
pub const JOURNAL_KINDS: [&str; Kind::ALL.len()] = {
    let mut names = [""; Kind::ALL.len()];
    let mut nth = 0;
    while nth < names.len() {
        names[nth] = Kind::ALL[nth].as_str();
        nth += 1;
    }
    names
};

impl Kind {
    const ALL: [Self; 9] = [
        Self::Refusal,
        Self::LogIn,
        Self::LogOut,
        Self::Grant,
        Self::Revocation,
        Self::Rotation,
        Self::Alarm,
        Self::Account,
        Self::Administration,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Refusal => "refusal",
            Self::LogIn => "log-in",
            Self::LogOut => "log-out",
            Self::Grant => "grant",
            Self::Revocation => "revocation",
            Self::Rotation => "rotation",
            Self::Alarm => "alarm",
            Self::Account => "account",
            Self::Administration => "administration",
        }
    }

    /// Whether anybody but the administrator and the authority itself can make as many as they like.
    pub(super) const fn floods(self) -> bool {
        !matches!(self, Self::Rotation | Self::Administration)
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(super) kind: Kind,
    pub(super) code: Cow<'static, str>,
    pub(super) id: Option<String>,
    pub(super) at: Option<i64>,
    pub(super) count: u64,
    pub(super) client: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) address: Option<IpAddr>,
    pub(super) reporter: Option<String>,
    /// Whether it is something that was asked for in vain: anybody can do that.
    pub(super) refused: bool,
    pub(super) record: Map<String, Value>,
}

impl Event {
    pub(crate) fn new(kind: Kind, code: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code: code.into(),
            id: None,
            at: None,
            count: 1,
            client: None,
            subject: None,
            address: None,
            reporter: None,
            refused: false,
            record: Map::new(),
        }
    }

    /// Under an id that somebody was told already.
    pub(crate) fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Not now, but then; and so often.
    pub(crate) const fn times(mut self, count: u64, at: i64) -> Self {
        self.count = count;
        self.at = Some(at);
        self
    }

    pub(crate) fn client(mut self, id: impl Into<String>) -> Self {
        self.client = Some(id.into());
        self
    }

    /// A `sub` in the clear; it is hashed before it is kept.
    pub(crate) fn subject(mut self, sub: impl Into<String>) -> Self {
        self.subject = Some(sub.into());
        self
    }

    /// An address in the clear; it is hashed before it is kept.
    pub(crate) const fn address(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    /// Who did it, in a word.
    pub(crate) fn by(self, who: impl Into<String>) -> Self {
        self.with("by", who.into())
    }

    /// Who tells of it. What they tell is counted apart from what happened here, and from what others tell.
    pub(crate) fn told_by(mut self, who: &str) -> Self {
        self.reporter = Some(who.to_owned());
        self.refused = true;
        self.by(who)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.record.insert(name.to_owned(), value.into());
        self
    }
}

/// Who does something, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By {
    who: &'static str,
    address: Option<IpAddr>,
}

impl By {
    /// The authority itself.
    pub(crate) const AUTHORITY: Self = Self { who: "authority", address: None };

    /// A person, what is theirs.
    pub(crate) fn user(call: &Call) -> Self {
        Self { who: "user", address: call.peer() }
    }

    /// A client, what is its own.
    pub(crate) fn client(call: &Call) -> Self {
        Self { who: "client", address: call.peer() }
    }

    pub(crate) fn administrator(call: &Call) -> Self {
        Self { who: "administrator", address: call.peer() }
    }

    /// An event that this is behind.
    pub(crate) fn event(self, kind: Kind, code: &'static str) -> Event {
        Event::new(kind, code).by(self.who).address(self.address)
    }
}
