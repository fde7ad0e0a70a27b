//! What a service accepts. Built once; judged by on every request.

use crate::algorithm::Algorithm;

/// Which kind of token is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Expect {
    /// An access token: `exp` and `sub` are due (RFC 9068 §2.2), ID tokens and the like are refused.
    Access,
    /// An ID token (OpenID Connect Core §2).
    Id,
    /// Any kind; only what is named elsewhere in the policy is due.
    #[default]
    Any,
}

/// The leeway in seconds that a policy starts with.
const DEFAULT_LEEWAY: u64 = 60;

/// What a service accepts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Trusted issuers, compared exactly; none: any issuer, and none is due.
    pub issuers: Vec<String>,
    /// This service's names; the token must name one. None: the audience is not looked at.
    pub audiences: Vec<String>,
    /// Allowed algorithms; none: whatever the key's type allows, but for those that
    /// [must be named](Algorithm::must_be_named).
    pub algorithms: Vec<Algorithm>,
    /// Scopes that are all needed.
    pub scopes: Vec<String>,
    /// Which kind of token.
    pub expect: Expect,
    /// Claims that must be there, whatever their value.
    pub required: Vec<String>,
    /// Claims that must have this value (as text; numbers and booleans as JSON writes them). For a
    /// claim that is a list, one of its members. A name that is no claim's own is a path into one:
    /// `realm_access.roles`.
    pub pinned: Vec<(String, String)>,
    /// Seconds by which clocks may differ.
    pub leeway: u64,
    /// The longest life (`exp - iat`) and age (`now - iat`), in seconds.
    pub max_age: Option<u64>,
    /// Whether the caller has itself checked the proof of a sender-constrained token (RFC 9449, RFC 8705).
    /// Unset, a token with `cnf` is refused: it must not pass as a plain bearer token.
    pub sender_bound: bool,
    /// Accepted authentication contexts (`acr`, RFC 9470); none: not looked at.
    pub acr: Vec<String>,
    /// The longest time since the log-in (`auth_time`), in seconds (RFC 9470).
    pub max_auth_age: Option<u64>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            audiences: Vec::new(),
            algorithms: Vec::new(),
            scopes: Vec::new(),
            expect: Expect::Any,
            required: Vec::new(),
            pinned: Vec::new(),
            leeway: DEFAULT_LEEWAY,
            max_age: None,
            sender_bound: false,
            acr: Vec::new(),
            max_auth_age: None,
        }
    }
}

impl Policy {
    /// The policy of an API: access tokens of this issuer for this audience.
    #[must_use]
    pub fn access(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuers: vec![issuer.into()],
            audiences: vec![audience.into()],
            expect: Expect::Access,
            ..Self::default()
        }
    }

    /// Whether tokens of an algorithm are accepted.
    #[must_use]
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        match self.algorithms.as_slice() {
            [] => !algorithm.must_be_named(),
            named => named.contains(&algorithm),
        }
    }

    /// Whether nothing but the signature and the times would be judged.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.issuers.is_empty() && self.audiences.is_empty() && self.expect == Expect::Any
    }

    /// The leeway as signed seconds.
    #[must_use]
    pub fn leeway_secs(&self) -> i64 {
        i64::try_from(self.leeway).unwrap_or(i64::MAX)
    }
}
