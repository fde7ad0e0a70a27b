//! Building a guard from what a service trusts.
//!
//! Decides whether a configuration makes sense; asks nobody, so a guard can be built while the issuer is down.

use std::sync::Arc;
use std::time::Duration;

use claviger_token::challenge::Disclosure;
use claviger_token::dpop::Nonces;
use claviger_token::{Algorithm, Expect, Policy};

use crate::cache::Cache;
use crate::counters::Counters;
use crate::fetch::{FetchError, FetchRules, Fetcher};
use crate::guard::{Guard, Inner};
use crate::issuer::Issuer;
use crate::refusal::Voice;
use crate::reports::{Reporter, Reports};
use crate::revocations::{Feed, LostFeed};
use crate::sender::Senders;

/// Why a guard was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nobody is trusted.
    #[error("no issuer is configured: name the issuer whose tokens are to be let through")]
    NoIssuer,
    /// Any token of the issuer would do, whoever it was made for.
    #[error(
        "no audience is configured, or one is empty: name this service as the issuer writes it into `aud`"
    )]
    NoAudience,
    /// An issuer that cannot be asked.
    #[error("the issuer `{}` cannot be used: {}", .0.url, .0.reason)]
    Issuer(FetchError),
    /// Clients could not mean that address.
    #[error(
        "the public URL `{0}` is none; write the one under which clients reach this service, as https://api.example"
    )]
    PublicUrl(String),
    /// Reports would go to somebody who is not trusted.
    #[error(
        "refusals shall be reported to {0}, which is no trusted issuer: name one of the issuers"
    )]
    ReportTo(String),
    /// Reports could go to several.
    #[error("several issuers are trusted: say which of them refusals are reported to")]
    ReportToWhom,
    /// Nobody could tell who reports.
    #[error("refusals are reported by a client that proves itself: its id or its secret is empty")]
    ReportAsNobody,
    /// Without it, anybody could guess nonces.
    #[error("the system gives no randomness")]
    NoRandomness,
    /// Background tasks need a runtime.
    #[error("a guard is built within a tokio runtime, for it keeps keys fresh in the background")]
    NoRuntime,
}

/// A guard in the making.
#[derive(Clone, Debug)]
pub struct GuardBuilder {
    issuers: Vec<String>,
    policy: Policy,
    voice: Voice,
    lost_feed: LostFeed,
    min_interval: Duration,
    cache_entries: usize,
    rules: FetchRules,
    reports: Option<Reports>,
    public_url: Option<String>,
    proofs: bool,
    nonces: bool,
    bound_only: bool,
}

impl Default for GuardBuilder {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            policy: Policy { expect: Expect::Access, ..Policy::default() },
            voice: Voice::default(),
            lost_feed: LostFeed::default(),
            min_interval: Duration::from_secs(30),
            cache_entries: 10_000,
            rules: FetchRules::default(),
            reports: None,
            public_url: None,
            proofs: false,
            nonces: false,
            bound_only: false,
        }
    }
}

impl GuardBuilder {
    /// Trusts an issuer; its URL exactly as it stands in `iss`. May be given several times.
    #[must_use]
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        let url = url.into();
        if !self.issuers.contains(&url) {
            self.issuers.push(url);
        }
        self
    }
    /// A name of this service; the token must be made for one of them. May be given several times.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.policy.audiences.push(audience.into());
        self
    }
    /// A scope that every request needs. May be given several times; then all are needed.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.policy.scopes.push(scope.into());
        self
    }
    /// An allowed algorithm, may be given several times; none given: whatever the issuer's keys allow, but for
    /// those that [must be named](Algorithm::must_be_named).
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.policy.algorithms.push(algorithm);
        self
    }
    /// Seconds by which clocks may differ (60).
    #[must_use]
    pub const fn leeway(mut self, seconds: u64) -> Self {
        self.policy.leeway = seconds;
        self
    }
    /// How much a refused client is told.
    #[must_use]
    pub const fn disclosure(mut self, disclosure: Disclosure) -> Self {
        self.voice.disclosure = disclosure;
        self
    }
    /// `realm` of the challenge.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.voice.realm = Some(realm.into());
        self
    }
    /// URL of this service's protected-resource metadata (RFC 9728).
    #[must_use]
    pub fn resource_metadata(mut self, url: impl Into<String>) -> Self {
        self.voice.resource_metadata = Some(url.into());
        self
    }
    /// URL prefix of the fault pages, `{prefix}/{code}`.
    #[must_use]
    pub fn faults(mut self, url: impl Into<String>) -> Self {
        self.voice.faults = Some(url.into().trim_end_matches('/').to_owned());
        self
    }
    /// What is done while an issuer's revocation feed is lost.
    #[must_use]
    pub const fn lost_feed(mut self, lost_feed: LostFeed) -> Self {
        self.lost_feed = lost_feed;
        self
    }
    /// The shortest time between two fetches for unknown `kid`s (30 s).
    #[must_use]
    pub const fn min_interval(mut self, interval: Duration) -> Self {
        self.min_interval = interval;
        self
    }
    /// How many verified tokens are remembered (10 000); 0: none. One of more than a KiB counts for as many as it
    /// has KiB, so that memory is bounded: some 30 MiB for 10 000 short ones.
    #[must_use]
    pub const fn cache_entries(mut self, entries: usize) -> Self {
        self.cache_entries = entries;
        self
    }
    /// The address under which clients reach this service, without query: to it and the path of a request their
    /// proofs are made (RFC 9449 §4.2). With it, DPoP proofs are judged.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self.proofs()
    }
    /// Judges DPoP proofs by the address that comes with each request ([`Asked::url`](crate::Asked::url)).
    #[must_use]
    pub const fn proofs(mut self) -> Self {
        self.proofs = true;
        self
    }
    /// Takes only proofs with a nonce of this guard (RFC 9449 §9). Its key lives as long as the guard: what was used
    /// before a restart serves nobody after it.
    #[must_use]
    pub const fn proof_nonces(mut self, required: bool) -> Self {
        self.nonces = required;
        self
    }
    /// Takes no token that is bound to nothing (FAPI 2.0 §5.3.4).
    #[must_use]
    pub const fn bound_tokens_only(mut self, required: bool) -> Self {
        self.bound_only = required;
        self
    }
    /// Tells the journal of an issuer what is refused here, so that its operator finds every diagnosis id.
    #[must_use]
    pub fn reports(mut self, reports: Reports) -> Self {
        self.reports = Some(reports);
        self
    }
    /// Allows issuers over plain http on other machines. Whoever is on the way can then replace the keys.
    #[must_use]
    pub const fn danger_allow_plain_http(mut self, allow: bool) -> Self {
        self.rules.danger_allow_plain_http = allow;
        self
    }

    /// Builds the guard and starts fetching keys. Never waits for the issuer; see [`Guard::ready`].
    ///
    /// # Errors
    /// Where the configuration makes no sense, or outside a tokio runtime.
    pub fn build(mut self) -> Result<Guard, BuildError> {
        if self.issuers.is_empty() {
            return Err(BuildError::NoIssuer);
        }
        // A variable that is not set leaves an empty one.
        let is_empty = |name: &String| name.trim().is_empty();
        if self.policy.audiences.is_empty() || self.policy.audiences.iter().any(is_empty) {
            return Err(BuildError::NoAudience);
        }
        let public_url = self.public_url.map(base).transpose()?;
        let nonces = if self.nonces { Some(nonces()?) } else { None };
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let fetcher = Fetcher::new(self.rules);
        let mut issuers = Vec::with_capacity(self.issuers.len());
        let mut policies = Vec::with_capacity(self.issuers.len());
        for url in &self.issuers {
            fetcher.allows(url).map_err(BuildError::Issuer)?;
            issuers.push(Arc::new(Issuer::new(url.clone(), fetcher.clone(), self.min_interval)));
            // The bond and the scopes are judged behind the rest of the list, by what the request proves.
            let policy = Policy { scopes: Vec::new(), sender_bound: true, ..self.policy.clone() };
            policies.push(Policy { issuers: vec![url.clone()], ..policy });
        }
        let reporter = match &self.reports {
            Some(reports) => Some(Arc::new(Reporter::new(reports, taker(reports, &issuers)?))),
            None => None,
        };
        let mut tasks = Vec::with_capacity(issuers.len() * 2 + 1);
        for issuer in &issuers {
            tasks.push(runtime.spawn(Arc::clone(issuer).keep_fresh()).abort_handle());
            tasks.push(runtime.spawn(Feed::follow(Arc::clone(issuer))).abort_handle());
        }
        if let Some(reporter) = &reporter {
            tasks.push(runtime.spawn(Arc::clone(reporter).report()).abort_handle());
        }
        self.voice.scopes.clone_from(&self.policy.scopes);
        Ok(Guard::new(Inner {
            issuers,
            policies,
            everyone: Policy { issuers: self.issuers, ..self.policy },
            cache: Cache::new(self.cache_entries),
            lost_feed: self.lost_feed,
            voice: Arc::new(self.voice),
            counters: Counters::default(),
            public_url,
            proofs: self.proofs,
            senders: Senders::new(nonces, self.bound_only),
            reporter,
            tasks,
        }))
    }
}

/// An address without its last slash, to which paths are added.
fn base(url: String) -> Result<String, BuildError> {
    let is_base = |url: &url::Url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
    };
    if url::Url::parse(&url).is_ok_and(|url| is_base(&url)) {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(BuildError::PublicUrl(url))
    }
}

fn nonces() -> Result<Nonces, BuildError> {
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| BuildError::NoRandomness)?;
    Ok(Nonces::new(&key))
}

/// The issuer that takes reports.
fn taker(reports: &Reports, issuers: &[Arc<Issuer>]) -> Result<Arc<Issuer>, BuildError> {
    if reports.client.is_empty() || reports.secret.is_empty() {
        return Err(BuildError::ReportAsNobody);
    }
    match (&reports.issuer, issuers) {
        (Some(url), _) => {
            let named = issuers.iter().find(|issuer| issuer.url == *url);
            named.cloned().ok_or_else(|| BuildError::ReportTo(url.clone()))
        }
        (None, [one]) => Ok(Arc::clone(one)),
        (None, _) => Err(BuildError::ReportToWhom),
    }
}
