//! What an operator can choose, and whether the choice can be served safely.
//!
//! Every field has a unit in its name, a default that is safe, and says what more and less of it
//! costs. Unknown fields are refused. Never reads a file (but those of TLS, to check
//! them) or the environment: the command line does.

mod issuer;
mod registration;
mod signing;
mod telemetry;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use claviger_protocol::metadata;
use serde::{Deserialize, Serialize};

use crate::tls::{self, TlsSettings};
pub(crate) use issuer::Issuer;
pub use registration::{Registration, RegistrationMode};
pub use signing::{Signing, SigningAlgorithm};
pub use telemetry::Telemetry;

/// The configuration of an authority. `Config::default()` serves on loopback out of
/// `./claviger-data`; [`Config::EXAMPLE`] shows every field with its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where database, keys and the administrator's credential live. Created with mode 0700 on first
    /// start. Must be on a local disk: SQLite's write-ahead log does not work over a network share.
    pub data_dir: PathBuf,
    /// The address to serve on. Anything but loopback needs `tls` or `trusted_proxy`, because tokens
    /// and secrets must not cross a network in the clear (RFC 6749 §1.6).
    pub listen: SocketAddr,
    /// The issuer identifier, exactly as tokens shall carry it: `https`, no query, no fragment. When
    /// absent it follows from `listen`, which only works on loopback. Never taken from a request.
    pub issuer: Option<String>,
    /// A reverse proxy in front terminates TLS and sets `X-Forwarded-For`. Switching this on without
    /// such a proxy lets anybody read secrets on the wire and choose the address they are limited by.
    pub trusted_proxy: bool,
    /// A file with the 32 bytes (raw, or as 64 hex digits) that private keys are sealed under. When
    /// absent, `master.key` in `data_dir` is used and created. A file elsewhere keeps a stolen
    /// backup of `data_dir` useless.
    pub master_key_file: Option<PathBuf>,
    /// Makes the example client and the example API on first start, so that there is something to try.
    pub example: bool,
    /// Whether `/metrics` answers without the administrator's credential. The figures name no client
    /// and no user; they do tell how much is going on.
    pub metrics_open: bool,
    /// How tokens are signed, and how long keys live.
    pub signing: Signing,
    /// What issued tokens look like.
    pub tokens: Tokens,
    /// Whether clients may register themselves, and for what.
    pub registration: Registration,
    /// TLS built in, and client certificates.
    pub tls: TlsSettings,
    /// What is remembered of what happened.
    pub journal: Journal,
    /// Where traces go.
    pub telemetry: Telemetry,
    /// What one peer, and all of them together, may cost.
    pub limits: Limits,
}

/// The address `claviger serve` listens on when nothing else is said.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8600);

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("claviger-data"),
            listen: DEFAULT_LISTEN,
            issuer: None,
            trusted_proxy: false,
            master_key_file: None,
            example: true,
            metrics_open: true,
            signing: Signing::default(),
            tokens: Tokens::default(),
            registration: Registration::default(),
            tls: TlsSettings::default(),
            journal: Journal::default(),
            telemetry: Telemetry::default(),
            limits: Limits::default(),
        }
    }
}

/// The journal: refusals, log-ins, grants, revocations, keys and administration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// How long an entry is kept, in days. Who asks about a refusal asks soon; an audit may ask late.
    pub keep_days: u64,
    /// Entries kept at most; the oldest are forgotten first. An entry is about half a kilobyte. 0 keeps
    /// none, and `claviger why` finds nothing.
    pub max_entries: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self { keep_days: 30, max_entries: 100_000 }
    }
}

/// Issued tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// How long an access token lives, in seconds, where neither the client nor the API says
    /// otherwise (5 minutes). Longer spares requests to `/token`; shorter limits what a stolen one
    /// is worth.
    pub access_ttl_seconds: u64,
    /// The most that a client's or an API's own setting may ask for, in seconds (1 day). Keys stay
    /// published, and revocations remembered, for at least this long.
    pub access_ttl_max_seconds: u64,
    /// How long a user's grant can be refreshed at most, in seconds (90 days).
    pub refresh_ttl_seconds: u64,
    /// How long a refresh token may lie unused, in seconds (14 days).
    pub refresh_idle_seconds: u64,
    /// How long the refresh token before the newest still gets the newest one's answer, in seconds (60; 0 to
    /// 600): for answers that were lost and tabs that refresh at once. Whoever stole a token is not seen within it.
    pub refresh_replay_seconds: u64,
    /// How long a log-in lasts, in seconds (12 hours).
    pub session_ttl_seconds: u64,
    /// Whether a DPoP proof must carry a nonce of this authority (RFC 9449 §8): a proof that was made ahead, on a
    /// machine whose key one cannot take away, then serves nobody. A client's first request costs a second one;
    /// libraries send it by themselves.
    pub dpop_nonce_required: bool,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            access_ttl_seconds: 300,
            access_ttl_max_seconds: 86_400,
            refresh_ttl_seconds: 90 * 86_400,
            refresh_idle_seconds: 14 * 86_400,
            refresh_replay_seconds: 60,
            session_ttl_seconds: 12 * 3600,
            dpop_nonce_required: true,
        }
    }
}

/// Limits on what comes from outside. Each is generous for honest use and small against abuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest request body, in bytes. A token to introspect may have 64 KiB by itself; the form
    /// around it needs some more.
    pub body_bytes: usize,
    /// Largest request head, in bytes; more is answered 431.
    pub head_bytes: usize,
    /// How long a peer may take to send a request head, in seconds; also how long an idle connection
    /// is kept.
    pub head_read_seconds: u64,
    /// How long a peer may take to send a body, in seconds.
    pub body_read_seconds: u64,
    /// How long a peer may leave an answer unread, in seconds, before the connection is dropped.
    pub write_stall_seconds: u64,
    /// Connections served at once; further ones wait in the system's queue. Each costs a file
    /// descriptor: keep it below `ulimit -n`.
    pub connections: usize,
    /// Readers of the revocation feed at once; each holds a connection.
    pub feed_readers: usize,
    /// Silence in the revocation feed is broken every so many seconds. Guards take a longer silence
    /// for a broken line, and proxies cut silent connections; less than 10 only makes traffic.
    pub feed_ping_seconds: u64,
    /// Argon2id runs at once. Each takes 19 MiB and one core for some 20 ms.
    pub argon2_runs: usize,
    /// Argon2id runs that may wait for their turn; beyond that whoever presents a secret that is not
    /// remembered, or makes one, is answered 503.
    pub argon2_queue: usize,
    /// Wrong secrets per minute from one address for one client before it is answered 429. A client
    /// whose secret was verified since the start is never touched by this.
    pub wrong_secrets_per_minute: u32,
    /// Secrets remembered as verified (a keyed hash of 32 bytes each, in memory only).
    pub remembered_secrets: usize,
    /// How long running requests may take to end after a shutdown was asked for, in seconds.
    pub shutdown_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 80 * 1024,
            head_bytes: 32 * 1024,
            head_read_seconds: 10,
            body_read_seconds: 10,
            write_stall_seconds: 30,
            connections: 800,
            feed_readers: 200,
            feed_ping_seconds: 10,
            argon2_runs: 2,
            argon2_queue: 64,
            wrong_secrets_per_minute: 10,
            remembered_secrets: 10_000,
            shutdown_seconds: 10,
        }
    }
}

/// A choice that cannot be served: which field, what is wrong with it, what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}; {fix}")]
pub struct ConfigError {
    /// The field as written in the configuration file.
    pub field: &'static str,
    /// Other fields that the first does not go with.
    pub beside: &'static [&'static str],
    /// What is wrong with its value.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

fn wrong(field: &'static str, problem: impl Into<String>, fix: impl Into<String>) -> ConfigError {
    ConfigError::new(field, problem, fix)
}

impl ConfigError {
    pub(crate) fn new(
        field: &'static str,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { field, beside: &[], problem: problem.into(), fix: fix.into() }
    }

    /// The value is only wrong because of those others.
    pub(crate) const fn beside(mut self, fields: &'static [&'static str]) -> Self {
        self.beside = fields;
        self
    }
}

impl Config {
    /// A configuration file with every field at its default.
    pub const EXAMPLE: &'static str = include_str!("../claviger.example.toml");

    /// Judges the configuration as a whole; `Authority::open` does this first.
    ///
    /// # Errors
    /// The first field that cannot be served.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.problems().into_iter().next().map_or(Ok(()), Err)
    }

    /// What the files that are named for TLS would be refused for at `now` (unix seconds). The files
    /// are read; nothing else is.
    #[must_use]
    pub fn file_problems(&self, now: i64) -> Vec<ConfigError> {
        tls::check(self, now)
    }

    /// What cannot be served.
    #[must_use]
    pub fn problems(&self) -> Vec<ConfigError> {
        let mut found = wrongs([self.check_listen(), self.issuer().map(drop)]);
        found.extend(self.signing.check());
        found.extend(self.tokens.check());
        found.extend(self.registration.check());
        // The sum of what is out of range says nothing more.
        let summed = [PUBLISHED, PUBLISHED_FOR, "signing.publish_ahead_seconds"];
        if !found.iter().any(|error| summed.contains(&error.field)) {
            found.extend(self.published_keys().err());
        }
        found.extend(self.tls.check(self.trusted_proxy));
        found.extend(self.journal.check());
        found.extend(self.telemetry.check());
        found.extend(self.limits.check());
        found
    }

    fn check_listen(&self) -> Result<(), ConfigError> {
        if !self.listen.ip().is_loopback() && !self.trusted_proxy && !self.tls.is_on() {
            return Err(wrong(
                "listen",
                format!(
                    "{} is not a loopback address, and plain HTTP would carry secrets and tokens \
                     in the clear",
                    self.listen
                ),
                "listen on 127.0.0.1, or set `tls.cert_file` and `tls.key_file`, or put a proxy that \
                 terminates TLS in front and set `trusted_proxy = true`",
            )
            .beside(&["trusted_proxy", "tls.cert_file"]));
        }
        Ok(())
    }

    /// What is served by choice, for the metadata.
    pub(crate) fn offers(&self) -> metadata::Offers {
        metadata::Offers {
            client_certificates: self.tls.sees_clients(),
            registration: self.registration.is_open(),
            client_id_documents: self.registration.client_id_documents,
        }
    }
}

/// The mistakes among what was judged.
pub(crate) fn wrongs(
    judged: impl IntoIterator<Item = Result<(), ConfigError>>,
) -> Vec<ConfigError> {
    judged.into_iter().filter_map(Result::err).collect()
}

/// Ten years: beyond it a number of seconds is a mistake, and sums could leave the range of times.
const LONGEST_SECONDS: u64 = 10 * 366 * 86_400;

pub(crate) fn within(
    field: &'static str,
    value: u64,
    least: u64,
    most: u64,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(wrong(
        field,
        format!("{value} is out of range"),
        format!("choose a value from {least} to {most}"),
    ))
}

/// Verifiers refuse key sets with more keys than anybody publishes: our own guard those beyond 256.
const MOST_PUBLISHED: u64 = 100;
/// What they follow from.
const PUBLISHED: &str = "signing.rotate_after_seconds";
const PUBLISHED_FOR: &str = "tokens.access_ttl_max_seconds";

impl Config {
    /// Rotating often while keys are kept long makes a key set that verifiers do not take.
    fn published_keys(&self) -> Result<(), ConfigError> {
        let every = self.signing.rotate_after_seconds.max(self.signing.publish_ahead_seconds);
        let kept = self.tokens.access_ttl_max_seconds / every.max(1) + 3;
        let keys = kept.saturating_mul(self.signing.also.len() as u64 + 1);
        if keys <= MOST_PUBLISHED {
            return Ok(());
        }
        Err(wrong(
            PUBLISHED,
            format!("some {keys} keys would be published at once"),
            "rotate less often, or lower `tokens.access_ttl_max_seconds`, for which keys are kept",
        )
        .beside(&[PUBLISHED_FOR]))
    }
}

impl Tokens {
    fn check(&self) -> Vec<ConfigError> {
        let longest = within(PUBLISHED_FOR, self.access_ttl_max_seconds, 1, 366 * 86_400);
        let most = if longest.is_ok() { self.access_ttl_max_seconds } else { 366 * 86_400 };
        wrongs([
            longest,
            within("tokens.refresh_ttl_seconds", self.refresh_ttl_seconds, 60, 3660 * 86_400),
            within("tokens.refresh_idle_seconds", self.refresh_idle_seconds, 60, 3660 * 86_400),
            within("tokens.refresh_replay_seconds", self.refresh_replay_seconds, 0, 600),
            within("tokens.session_ttl_seconds", self.session_ttl_seconds, 60, 366 * 86_400),
            within("tokens.access_ttl_seconds", self.access_ttl_seconds, 1, most)
                .map_err(|error| error.beside(&[PUBLISHED_FOR])),
        ])
    }
}

impl Journal {
    fn check(&self) -> Vec<ConfigError> {
        wrongs([
            within("journal.keep_days", self.keep_days, 1, 3660),
            within("journal.max_entries", self.max_entries, 0, 10_000_000),
        ])
    }
}

impl Limits {
    fn check(&self) -> Vec<ConfigError> {
        let guesses = u64::from(self.wrong_secrets_per_minute);
        wrongs([
            within("limits.body_bytes", self.body_bytes as u64, 1024, 16 << 20),
            within("limits.head_bytes", self.head_bytes as u64, 8192, 1 << 20),
            within("limits.connections", self.connections as u64, 1, 1 << 20),
            within("limits.feed_readers", self.feed_readers as u64, 0, 1 << 20),
            within("limits.argon2_runs", self.argon2_runs as u64, 1, 64),
            within("limits.argon2_queue", self.argon2_queue as u64, 0, 10_000),
            within("limits.remembered_secrets", self.remembered_secrets as u64, 0, 10_000_000),
            within("limits.wrong_secrets_per_minute", guesses, 1, 1_000_000),
            within("limits.feed_ping_seconds", self.feed_ping_seconds, 1, 60),
            within("limits.head_read_seconds", self.head_read_seconds, 1, 3600),
            within("limits.body_read_seconds", self.body_read_seconds, 1, 3600),
            within("limits.write_stall_seconds", self.write_stall_seconds, 1, 3600),
            within("limits.shutdown_seconds", self.shutdown_seconds, 1, 3600),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(config: &Config) -> ConfigError {
        config.check().unwrap_err()
    }

    #[test]
    fn the_example_is_the_default_and_says_every_field() {
        let read: Config = toml::from_str(Config::EXAMPLE).unwrap();
        assert_eq!(read, Config::default());
        assert_eq!(read.check(), Ok(()));
        let written = serde_json::to_value(Config::default()).unwrap();
        let mut names = Vec::new();
        for (name, value) in written.as_object().unwrap() {
            names.push(name.clone());
            names.extend(value.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        }
        for name in names {
            assert!(Config::EXAMPLE.contains(&name), "the example does not mention {name}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let error = toml::from_str::<Config>("lisen = '127.0.0.1:1'").unwrap_err().to_string();
        assert!(error.contains("lisen") && error.contains("listen"), "{error}");
        let error = toml::from_str::<Config>("[tokens]\nttl = 5").unwrap_err().to_string();
        assert!(error.contains("ttl") && error.contains("access_ttl_seconds"), "{error}");
    }

    #[test]
    fn plain_http_stays_on_loopback() {
        let open = Config { listen: "0.0.0.0:80".parse().unwrap(), ..Config::default() };
        assert_eq!(refused(&open).field, "listen");
        let behind = Config { trusted_proxy: true, ..open };
        assert_eq!(refused(&behind).field, "issuer");
        let named = Config { issuer: Some("https://id.example".to_owned()), ..behind };
        assert_eq!(named.check(), Ok(()));
        let plain = Config { issuer: Some("http://id.example".to_owned()), ..named };
        assert_eq!(refused(&plain).field, "issuer");
    }

    #[test]
    fn settings_that_would_break_rotation_are_refused() {
        let signing = |publish_ahead_seconds, jwks_max_age_seconds| Config {
            signing: Signing { publish_ahead_seconds, jwks_max_age_seconds, ..Signing::default() },
            ..Config::default()
        };
        assert_eq!(signing(300, 300).check(), Ok(()));
        assert_eq!(refused(&signing(299, 300)).field, "signing.publish_ahead_seconds");
        let hasty = Config {
            signing: Signing {
                rotate_after_seconds: 60,
                publish_ahead_seconds: 60,
                jwks_max_age_seconds: 30,
                ..Signing::default()
            },
            ..Config::default()
        };
        assert_eq!(refused(&hasty).field, "signing.rotate_after_seconds");
        let twice = Signing { also: vec![SigningAlgorithm::Es256], ..Signing::default() };
        assert_eq!(refused(&Config { signing: twice, ..Config::default() }).field, "signing.also");
        let long = Config {
            tokens: Tokens { access_ttl_seconds: 90_000, ..Tokens::default() },
            ..Config::default()
        };
        assert_eq!(refused(&long).field, "tokens.access_ttl_seconds");
    }
}
