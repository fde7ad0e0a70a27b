//! Sending spans: a bounded queue, batches, time limits, and an end that nobody waits for too long.
//!
//! Decides what is lost where a collector is slow or gone: the newest, counted and said. A request never waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use claviger_guard::fetch::{AnyConnector, FetchError, connector};
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::layer::{self, Recorder};
use crate::otlp;
use crate::settings::Settings;
use crate::span::Span;

/// Spans that wait. A span is about half a kilobyte, so a megabyte at most.
const WAITING: usize = 2048;
/// Spans in one request.
const BATCH: usize = 512;
/// How long a span waits for others to go with it.
const GATHER: Duration = Duration::from_secs(1);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// For one request, up to the head of its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// For what still waits when the process ends.
const END_WITHIN: Duration = Duration::from_secs(3);
/// A collector that stays away is mentioned this often.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// Where finished spans go. Never waits.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    spans: mpsc::Sender<Span>,
    lost: Arc<AtomicU64>,
}

impl Queue {
    fn new() -> (Self, mpsc::Receiver<Span>) {
        let (spans, waiting) = mpsc::channel(WAITING);
        (Self { spans, lost: Arc::default() }, waiting)
    }

    pub(crate) fn offer(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Traces on their way. Dropped, nothing more is sent; [`Exporting::finish`] sends what waits first.
#[derive(Debug)]
pub struct Exporting {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Exporting {
    /// Sends what still waits, for at most three seconds.
    pub async fn finish(mut self) {
        // It may have ended by itself.
        let _ = self.stop.send(());
        if timeout(END_WITHIN, &mut self.task).await.is_err() {
            self.task.abort();
            tracing::warn!("the last traces could not be sent in time");
        }
    }
}

/// Records spans from now on and sends them. Needs a tokio runtime, and the [`layer`](crate::layer()) in the
/// process's subscriber. None where it was called before: a process has one collector.
pub fn start(settings: Settings) -> Option<Exporting> {
    let (queue, waiting) = Queue::new();
    let lost = Arc::clone(&queue.lost);
    let recorder = Recorder { queue, sampling: settings.sampling };
    if !layer::record_into(recorder) {
        return None;
    }
    let (stop, stopped) = oneshot::channel();
    let sender = Sender {
        client: Client::builder(TokioExecutor::new()).build(connector(CONNECT_WITHIN)),
        settings,
        lost,
        silent_until: None,
    };
    Some(Exporting { stop, task: tokio::spawn(send(sender, waiting, stopped)) })
}

async fn send(mut sender: Sender, mut waiting: mpsc::Receiver<Span>, stop: oneshot::Receiver<()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let mut batch = Vec::new();
        tokio::select! {
            read = waiting.recv_many(&mut batch, BATCH) => if read == 0 { return },
            _ = &mut stop => break,
        }
        let until = Instant::now() + GATHER;
        let mut ends = false;
        while batch.len() < BATCH && !ends {
            let room = BATCH - batch.len();
            tokio::select! {
                read = timeout_at(until, waiting.recv_many(&mut batch, room)) => {
                    ends = !matches!(read, Ok(1..));
                }
                _ = &mut stop => {
                    sender.tell(&batch).await;
                    return last(sender, waiting).await;
                }
            }
        }
        sender.tell(&batch).await;
    }
    last(sender, waiting).await;
}

/// What waits when the end is near.
async fn last(mut sender: Sender, mut waiting: mpsc::Receiver<Span>) {
    waiting.close();
    loop {
        let mut batch = Vec::new();
        if waiting.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        sender.tell(&batch).await;
    }
}

struct Sender {
    client: Client<AnyConnector, Full<Bytes>>,
    settings: Settings,
    lost: Arc<AtomicU64>,
    /// Since the collector is gone: until when that is not said again.
    silent_until: Option<Instant>,
}

impl Sender {
    /// Sends a batch once. What a collector did not take is lost: it is told of the next one soon enough, and
    /// keeping more would only fill memory while it is away.
    async fn tell(&mut self, batch: &[Span]) {
        let outcome = self.post(batch).await;
        let now = Instant::now();
        match outcome {
            Ok(()) => {
                if self.silent_until.take().is_some() {
                    let lost = self.lost.swap(0, Ordering::Relaxed);
                    tracing::warn!(lost, "traces are taken again");
                }
            }
            Err(reason) => {
                let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                let lost = self.lost.fetch_add(count, Ordering::Relaxed).saturating_add(count);
                if self.silent_until.is_none_or(|until| until <= now) {
                    let collector = self.settings.endpoint();
                    tracing::warn!(
                        collector,
                        reason,
                        lost,
                        "traces are not taken; requests go on as ever"
                    );
                    self.silent_until = Some(now + SAY_EVERY);
                }
            }
        }
    }

    async fn post(&self, batch: &[Span]) -> Result<(), String> {
        let body = otlp::request(&self.settings.service_name, batch).to_string();
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        request.uri_mut().clone_from(&self.settings.endpoint);
        let headers = request.headers_mut();
        headers.clone_from(&self.settings.headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let agent = concat!("claviger/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        let collector = self.settings.endpoint();
        match timeout(ANSWER_WITHIN, self.client.request(request)).await {
            Err(_) => Err(format!("no answer within {} s", ANSWER_WITHIN.as_secs())),
            Ok(Err(error)) => Err(FetchError::of_client(&collector, &error).reason),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!(
                "status {}; it has to take OTLP over HTTP in JSON, which is usually at port 4318",
                answer.status().as_u16()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::context::{SpanId, TraceId};
    use crate::span::Kind;

    #[test]
    fn a_full_queue_loses_and_counts_and_never_waits() {
        let (queue, _waiting) = Queue::new();
        let now = SystemTime::now();
        for _ in 0..WAITING + 3 {
            queue.offer(Span {
                trace: TraceId([1; 16]),
                id: SpanId([1; 8]),
                parent: None,
                name: "x".to_owned(),
                kind: Kind::Internal,
                start: now,
                end: now,
                attributes: Vec::new(),
                failed: false,
            });
        }
        assert_eq!(queue.lost.load(Ordering::Relaxed), 3);
    }
}
