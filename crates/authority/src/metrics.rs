//! What is counted, and how it is written for Prometheus. No label holds anything a client sent:
//! every set of labels is small and known beforehand.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    endpoint: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AtEndpoint {
    endpoint: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    endpoint: &'static str,
    error: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Issued {
    grant: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Load {
    outcome: &'static str,
}

/// From a quarter of a millisecond, which is a token, to seconds, which is trouble.
#[derive(Clone, Debug)]
struct Durations;

impl MetricConstructor<Histogram> for Durations {
    fn new_metric(&self) -> Histogram {
        Histogram::new([
            0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
        ])
    }
}

/// The figures of one authority.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<AtEndpoint, Histogram, Durations>,
    refusals: Family<Refusal, Counter>,
    issued: Family<Issued, Counter>,
    argon2: Counter,
    remembered: Counter,
    feed_readers: Gauge,
    feed_sequence: Gauge,
    keys: Gauge,
    connections: Gauge,
    journal_dropped: Counter,
    certificate_expires: Gauge,
    tls_loads: Family<Load, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("claviger");
        let requests = Family::<Request, Counter>::default();
        registry.register(
            "requests",
            "Requests answered, by endpoint and status",
            requests.clone(),
        );
        let durations = Family::<AtEndpoint, Histogram, Durations>::new_with_constructor(Durations);
        registry.register(
            "request_duration_seconds",
            "Time from request head to answer head",
            durations.clone(),
        );
        let refusals = Family::<Refusal, Counter>::default();
        registry.register(
            "refusals",
            "Requests refused, by OAuth error and cause",
            refusals.clone(),
        );
        let issued = Family::<Issued, Counter>::default();
        registry.register("tokens_issued", "Access tokens issued, by grant", issued.clone());
        let argon2 = Counter::default();
        registry.register("argon2_runs", "Runs of Argon2id", argon2.clone());
        let remembered = Counter::default();
        registry.register(
            "secrets_remembered",
            "Client secrets recognised without a run of Argon2id",
            remembered.clone(),
        );
        let feed_readers = Gauge::default();
        registry.register("feed_readers", "Readers of the revocation feed", feed_readers.clone());
        let feed_sequence = Gauge::default();
        registry.register("feed_sequence", "Number of the last revocation", feed_sequence.clone());
        let keys = Gauge::default();
        registry.register("published_keys", "Keys in the published key set", keys.clone());
        let connections = Gauge::default();
        registry.register("connections", "Open connections", connections.clone());
        let journal_dropped = Counter::default();
        registry.register(
            "journal_dropped",
            "Events that were not written down because the journal was behind",
            journal_dropped.clone(),
        );
        let certificate_expires = Gauge::default();
        registry.register(
            "tls_certificate_expiry_timestamp_seconds",
            "When the TLS certificate expires, in unix seconds; 0 without TLS",
            certificate_expires.clone(),
        );
        let tls_loads = Family::<Load, Counter>::default();
        registry.register("tls_reloads", "TLS files read again, by outcome", tls_loads.clone());
        Self {
            registry,
            requests,
            durations,
            refusals,
            issued,
            argon2,
            remembered,
            feed_readers,
            feed_sequence,
            keys,
            connections,
            journal_dropped,
            certificate_expires,
            tls_loads,
        }
    }

    pub(crate) fn request(&self, endpoint: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { endpoint, status }).inc();
        self.durations.get_or_create(&AtEndpoint { endpoint }).observe(took.as_secs_f64());
    }

    pub(crate) fn refusal(&self, endpoint: &'static str, error: &'static str, code: &'static str) {
        self.refusals.get_or_create(&Refusal { endpoint, error, code }).inc();
    }

    pub(crate) fn token_issued(&self, grant: &'static str) {
        self.issued.get_or_create(&Issued { grant }).inc();
    }

    pub(crate) fn argon2_run(&self) {
        self.argon2.inc();
    }

    #[cfg(test)]
    pub(crate) fn argon2_runs(&self) -> u64 {
        self.argon2.get()
    }

    pub(crate) fn secret_remembered(&self) {
        self.remembered.inc();
    }

    pub(crate) fn feed_reader_came(&self) {
        self.feed_readers.inc();
    }

    pub(crate) fn feed_reader_left(&self) {
        self.feed_readers.dec();
    }

    pub(crate) fn feed_at(&self, sequence: i64) {
        self.feed_sequence.set(sequence);
    }

    pub(crate) fn keys_published(&self, count: usize) {
        self.keys.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(crate) fn connection_opened(&self) {
        self.connections.inc();
    }

    pub(crate) fn connection_closed(&self) {
        self.connections.dec();
    }

    pub(crate) fn journal_dropped(&self) {
        self.journal_dropped.inc();
    }

    pub(crate) fn certificate_expires(&self, at: i64) {
        self.certificate_expires.set(at);
    }

    pub(crate) fn tls_loaded(&self, good: bool) {
        let outcome = if good { "served" } else { "refused" };
        self.tls_loads.get_or_create(&Load { outcome }).inc();
    }

    /// The text that `/metrics` answers with.
    pub(crate) fn text(&self) -> Option<String> {
        let mut out = String::with_capacity(8 * 1024);
        text::encode(&mut out, &self.registry).ok()?;
        Some(out)
    }
}
