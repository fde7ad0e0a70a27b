//! The guard: judges a request's credential by the keys and revocations at hand.
//!
//! Decides whether a request may pass; never what it may do beyond its scopes. A token that was seen before
//! is judged again without network and without waiting for another's.

use std::sync::Arc;
use std::time::Duration;

use claviger_token::challenge::Demand;
use claviger_token::dpop;
use claviger_token::presentation::{self, Scheme};
use claviger_token::revocation::Marks;
use claviger_token::{Code, Fault, Policy, Token, Verified, examine, verify};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::task::AbortHandle;

use crate::asked::Asked;
use crate::builder::GuardBuilder;
use crate::cache::{Cache, Entry};
use crate::clock;
use crate::counters::{Counters, Counts};
use crate::issuer::Issuer;
use crate::refusal::{NONCE, Refusal, Voice};
use crate::reports::Reporter;
use crate::revocations::{LostFeed, State};
use crate::sender::{Objection, Senders};
use crate::session::Session;
use crate::status::{self, Status};

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) issuers: Vec<Arc<Issuer>>,
    /// One per issuer: what is accepted from it.
    pub(crate) policies: Vec<Policy>,
    /// The same with all issuers, to say whom this service trusts.
    pub(crate) everyone: Policy,
    pub(crate) cache: Cache,
    pub(crate) lost_feed: LostFeed,
    pub(crate) voice: Arc<Voice>,
    pub(crate) counters: Counters,
    pub(crate) public_url: Option<String>,
    /// Whether DPoP proofs are judged.
    pub(crate) proofs: bool,
    pub(crate) senders: Senders,
    pub(crate) reporter: Option<Arc<Reporter>>,
    pub(crate) tasks: Vec<AbortHandle>,
}

impl Inner {
    /// The address of a request under this service's own.
    fn url_of(&self, asked: &Asked<'_>) -> Option<String> {
        let base = self.public_url.as_ref().filter(|_| asked.url.is_none())?;
        asked.path.starts_with('/').then(|| format!("{base}{}", asked.path))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Judges tokens. Cheap to clone; when the last one is dropped, its background tasks end.
#[derive(Clone, Debug)]
pub struct Guard {
    inner: Arc<Inner>,
}

impl Guard {
    /// Begins a guard.
    #[must_use]
    pub fn builder() -> GuardBuilder {
        GuardBuilder::default()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Judges a request. `scopes` are needed beside those of the builder.
    ///
    /// # Errors
    /// The refusal, which knows its own answer.
    pub async fn check(
        &self,
        asked: &Asked<'_>,
        scopes: &[&str],
    ) -> Result<Arc<Session>, Box<Refusal>> {
        match self.admit(asked, scopes).await {
            Ok((session, remembered)) => {
                self.inner.counters.allow(remembered);
                Ok(session)
            }
            Err(Objection { fault, demand }) => {
                // Nobody is sent for a proof that nobody here could judge.
                let demand = if self.inner.proofs { demand } else { Demand::Bearer };
                let refusal = self.refuse(*fault, asked, scopes);
                let nonce =
                    (demand == Demand::Nonce || demand == Demand::Dpop).then(|| self.nonce());
                Err(Box::new(refusal.demanding(demand, nonce.flatten())))
            }
        }
    }

    /// Judges a token once more, uncounted: for connections that outlive the request which opened them. What it is
    /// bound to was proven by that request.
    ///
    /// # Errors
    /// The fault that has come up since.
    pub async fn recheck(&self, headers: &HeaderMap, scopes: &[&str]) -> Result<(), Box<Fault>> {
        let (_, token) = self.presented(headers)?;
        let (session, _) = self.judge(token).await?;
        self.demand(&session, scopes)
    }

    /// The nonce that the next proof shall have (RFC 9449 §8.2), for the answer to a request that came with one;
    /// none where none is needed.
    #[must_use]
    pub fn next_nonce(&self, headers: &HeaderMap) -> Option<(HeaderName, HeaderValue)> {
        let nonce = headers.contains_key(dpop::HEADER).then(|| self.nonce()).flatten()?;
        Some((NONCE, nonce))
    }

    fn nonce(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.inner.senders.nonce()?).ok()
    }

    async fn admit(
        &self,
        asked: &Asked<'_>,
        scopes: &[&str],
    ) -> Result<(Arc<Session>, bool), Objection> {
        let (scheme, token) = self.presented(asked.headers).map_err(|fault| {
            let demand = if self.inner.proofs { Demand::Either } else { Demand::Bearer };
            Objection { fault, demand }
        })?;
        let demand = match scheme {
            Scheme::Bearer => Demand::Bearer,
            Scheme::Dpop => Demand::Dpop,
        };
        let under_scheme = |fault| Objection { fault, demand };
        let (session, remembered) = self.judge(token).await.map_err(under_scheme)?;
        let own = (scheme == Scheme::Dpop).then(|| self.inner.url_of(asked)).flatten();
        let url = asked.url.or(own.as_deref());
        self.inner.senders.admit(asked, url, (scheme, token), session.bond())?;
        self.demand(&session, scopes).map_err(under_scheme)?;
        Ok((session, remembered))
    }

    /// The credential of a request, under a scheme that is judged here.
    fn presented<'h>(&self, headers: &'h HeaderMap) -> Result<(Scheme, &'h str), Box<Fault>> {
        let values = headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        if self.inner.proofs {
            return presentation::presented(values);
        }
        Ok((Scheme::Bearer, presentation::bearer(values)?))
    }

    /// Whether the session has the scopes that every request needs, and those of this one.
    fn demand(&self, session: &Session, scopes: &[&str]) -> Result<(), Box<Fault>> {
        let everyone = &self.inner.everyone.scopes;
        if everyone.is_empty() {
            return session.demand(scopes);
        }
        let all: Vec<&str> =
            everyone.iter().map(String::as_str).chain(scopes.iter().copied()).collect();
        session.demand(&all)
    }

    /// A refusal of this guard, counted and reported, for a fault that was found here or elsewhere.
    #[must_use]
    pub fn refuse(&self, fault: Fault, asked: &Asked<'_>, scopes: &[&str]) -> Refusal {
        self.inner.counters.refuse(fault.code);
        let mut refusal = Refusal::new(fault, &self.inner.voice, scopes).for_origin(asked.headers);
        if let Some(reporter) = &self.inner.reporter {
            refusal.diagnosis = reporter.take(asked, &refusal);
        }
        refusal
    }

    /// Sends the reports that still wait, but no longer than `patience`: for the end of a process.
    pub async fn finish(&self, patience: Duration) {
        if let Some(reporter) = &self.inner.reporter
            && tokio::time::timeout(patience, reporter.finish()).await.is_err()
        {
            tracing::warn!("some refusals were not reported before the end");
        }
    }

    /// Judges a token by itself: neither who sends it nor what it is needed for.
    async fn judge(&self, token: &str) -> Result<(Arc<Session>, bool), Box<Fault>> {
        if let Some(entry) = self.inner.cache.find(token)
            && let Some(session) = self.again(token, &entry)?
        {
            return Ok((session, true));
        }
        let index = self.issuer_of(token)?;
        let verified = self.verified(token, index).await?;
        let marks = Marks::of(&verified);
        let issuer = &self.inner.issuers[index];
        issuer.feed.check(&issuer.url, &marks, self.inner.lost_feed)?;
        let now = clock::now();
        let leeway = self.inner.policies[index].leeway_secs();
        let expires = verified.claims().expires().map_or(now, |exp| exp.saturating_add(leeway));
        let session = Arc::new(Session::new(verified, Arc::clone(&self.inner.voice)));
        let entry = Entry { session: Arc::clone(&session), marks, issuer: index, expires };
        self.inner.cache.keep(token, entry, now);
        Ok((session, false))
    }

    /// Judges a remembered token again; none where its key is gone and it has to be verified anew.
    fn again(&self, token: &str, entry: &Entry) -> Result<Option<Arc<Session>>, Box<Fault>> {
        let issuer = &self.inner.issuers[entry.issuer];
        if !issuer.has_key(entry.session.key_thumbprint()) {
            self.inner.cache.drop_token(token);
            return Ok(None);
        }
        if let Err(fault) =
            entry.session.still_valid(&self.inner.policies[entry.issuer], clock::now())
        {
            self.inner.cache.drop_token(token);
            return Err(fault);
        }
        issuer.feed.check(&issuer.url, &entry.marks, self.inner.lost_feed)?;
        Ok(Some(Arc::clone(&entry.session)))
    }

    /// Which trusted issuer the token says it comes from. Its word chooses among the trusted, nothing more:
    /// the signature is then checked by that issuer's keys alone.
    fn issuer_of(&self, token: &str) -> Result<usize, Box<Fault>> {
        let parsed = Token::parse(token).map_err(Box::new)?;
        let claimed = parsed.payload().and_then(|payload| payload.text("iss"));
        let known = claimed
            .as_deref()
            .and_then(|claimed| self.inner.issuers.iter().position(|issuer| issuer.url == claimed));
        if let Some(index) = known {
            return Ok(index);
        }
        // Nobody's keys can be asked; everything else about the token can still be told.
        let examined = examine(token, &self.inner.everyone, None, clock::now());
        let about_issuer = |fault: &&Fault| {
            matches!(fault.code, Code::IssuerMismatch | Code::IssuerNearMiss | Code::IssuerMissing)
        };
        let fault = examined.faults().find(about_issuer).or_else(|| examined.faults().next());
        Err(Box::new(fault.cloned().unwrap_or_else(|| {
            Fault::new(Code::IssuerMismatch)
                .with("found", claimed.as_deref().unwrap_or_default())
                .with("expected", self.inner.everyone.issuers.clone())
        })))
    }

    async fn verified(&self, token: &str, index: usize) -> Result<Verified, Box<Fault>> {
        let (issuer, policy) = (&self.inner.issuers[index], &self.inner.policies[index]);
        let snapshot = issuer.keys().await?;
        let fault = match verify(token, policy, &snapshot.keys, clock::now()) {
            Err(fault) if fault.code == Code::KeyUnknown => fault,
            judged => return judged,
        };
        let kid = Token::parse(token)
            .ok()
            .and_then(|parsed| Some(parsed.header()?.text("kid")?.into_owned()));
        let Some(kid) = kid else { return Err(fault) };
        // The issuer may have a new key since the last fetch.
        let Some(newer) = issuer.newer(&snapshot, &kid).await else { return Err(fault) };
        let judged = verify(token, policy, &newer.keys, clock::now());
        if judged.as_ref().is_err_and(|fault| fault.code == Code::KeyUnknown) {
            issuer.remember_unknown(&kid);
        }
        judged
    }

    /// Waits until every issuer's keys are there and every feed is live, but no longer than `patience`.
    /// Says whether they are.
    pub async fn ready(&self, patience: Duration) -> bool {
        let all = async {
            for issuer in &self.inner.issuers {
                issuer.wait_for_keys().await;
                while issuer.revocations_endpoint().is_some()
                    && !matches!(*issuer.feed.state(), State::Live)
                {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        };
        tokio::time::timeout(patience, all).await.is_ok()
    }

    /// How its issuers stand, for a health page.
    #[must_use]
    pub fn status(&self) -> Status {
        status::of(&self.inner.issuers, self.inner.cache.len())
    }

    /// What it let through and refused.
    #[must_use]
    pub fn counters(&self) -> Counts {
        let reporter = self.inner.reporter.as_ref();
        let (reported, unreported) = reporter.map_or((0, 0), |reporter| reporter.counts());
        Counts { reported, unreported, ..self.inner.counters.counts() }
    }

    /// The trusted issuers.
    #[must_use]
    pub fn issuers(&self) -> &[String] {
        &self.inner.everyone.issuers
    }
}
