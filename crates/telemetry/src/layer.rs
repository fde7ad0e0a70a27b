//! The layer of `tracing` that turns our spans into those of OpenTelemetry.
//!
//! Of a span's fields, `otel.name`, `otel.kind` and `traceparent` say what it is (the first two as
//! tracing-opentelemetry knows them); all others become attributes. Events within spans are the log's.

use std::fmt;
use std::sync::OnceLock;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Metadata, Subscriber};
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::TARGET;
use crate::context::{Parent, SpanId, TraceId};
use crate::exporter::Queue;
use crate::sampling::Sampling;
use crate::span::{Kind, Span, Value};

/// The most attributes of one span; ours have a handful.
const MOST_ATTRIBUTES: usize = 32;

/// Where spans go, once that is known.
static RECORDER: OnceLock<Recorder> = OnceLock::new();

pub(crate) struct Recorder {
    pub(crate) queue: Queue,
    pub(crate) sampling: Sampling,
}

/// Has spans recorded from now on. False where that was said before.
pub(crate) fn record_into(recorder: Recorder) -> bool {
    let first = RECORDER.set(recorder).is_ok();
    // Who asked before was told that nobody listens.
    tracing::callsite::rebuild_interest_cache();
    first
}

/// A layer that records the spans of our target as soon as [`start`](crate::start) was called, and nothing
/// before; it costs nothing until then.
pub fn layer<S>() -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let wanted = |metadata: &Metadata<'_>| metadata.target() == TARGET && RECORDER.get().is_some();
    Recording.with_filter(FilterFn::new(wanted).with_max_level_hint(LevelFilter::INFO))
}

/// What a request that is sent within the current span carries as `traceparent`; none where it is not recorded.
#[must_use]
pub fn traceparent() -> Option<String> {
    let of_span = |(id, dispatch): (&Id, &Dispatch)| {
        let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
        let Fate::Recorded(trace, id) = *span.extensions().get::<Fate>()? else { return None };
        Some(format!("00-{trace}-{id}-01"))
    };
    tracing::Span::current().with_subscriber(of_span).flatten()
}

struct Recording;

/// A span that goes on. `None` inside: of a trace that is not recorded.
struct Open {
    trace: TraceId,
    id: SpanId,
    parent: Option<SpanId>,
    start: SystemTime,
    fields: Fields,
}

/// What the trace of a span came to, for the spans below it.
#[derive(Clone, Copy)]
enum Fate {
    Recorded(TraceId, SpanId),
    LeftOut,
}

impl Fate {
    /// Of a span that begins a trace here, or goes on with a caller's.
    fn of_root(traceparent: Option<&str>, sampling: Sampling) -> (Self, Option<SpanId>) {
        let caller = traceparent.and_then(Parent::read);
        let trace = caller.map_or_else(|| random().map(TraceId), |caller| Some(caller.trace));
        let trace = trace.filter(|trace| sampling.takes(*trace, caller));
        match trace.and_then(|trace| Some((trace, random().map(SpanId)?))) {
            Some((trace, id)) => (Self::Recorded(trace, id), caller.map(|caller| caller.span)),
            None => (Self::LeftOut, None),
        }
    }
}

/// Random bytes that are not all zero; none where the system has none.
fn random<const LENGTH: usize>() -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    (bytes != [0; LENGTH]).then_some(bytes)
}

impl<S> Layer<S> for Recording
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let (Some(span), Some(recorder)) = (context.span(id), RECORDER.get()) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let above = span.parent().and_then(|parent| parent.extensions().get::<Fate>().copied());
        let (fate, parent) = match above {
            Some(Fate::Recorded(trace, parent)) => match random().map(SpanId) {
                Some(id) => (Fate::Recorded(trace, id), Some(parent)),
                None => (Fate::LeftOut, None),
            },
            Some(Fate::LeftOut) => (Fate::LeftOut, None),
            // Work that no request asked for is no trace: the journal writes every second.
            None if fields.kind != Kind::Server => (Fate::LeftOut, None),
            None => Fate::of_root(fields.traceparent.as_deref(), recorder.sampling),
        };
        let mut extensions = span.extensions_mut();
        extensions.insert(fate);
        if let Fate::Recorded(trace, id) = fate {
            extensions.insert(Open { trace, id, parent, start: SystemTime::now(), fields });
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let Some(recorder) = RECORDER.get() else { return };
        let Fields { name, kind, attributes, .. } = open.fields;
        // Semantic conventions of HTTP: what the client did wrong is no error of the server.
        let failed = attributes.iter().any(|(name, value)| match (*name, value) {
            ("http.response.status_code", Value::Whole(status)) => *status >= 500,
            _ => false,
        });
        recorder.queue.offer(Span {
            trace: open.trace,
            id: open.id,
            parent: open.parent,
            name: name.unwrap_or_else(|| span.name().to_owned()),
            kind,
            start: open.start,
            end: SystemTime::now(),
            attributes,
            failed,
        });
    }
}

/// What a span's fields say.
#[derive(Debug, Default)]
struct Fields {
    name: Option<String>,
    kind: Kind,
    traceparent: Option<String>,
    attributes: Vec<(&'static str, Value)>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("otel.name", Value::Text(name)) => self.name = Some(name),
            ("otel.kind", Value::Text(kind)) => {
                self.kind = match kind.as_str() {
                    "server" => Kind::Server,
                    "client" => Kind::Client,
                    _ => Kind::Internal,
                }
            }
            ("traceparent", Value::Text(header)) => self.traceparent = Some(header),
            (name, value) => {
                self.attributes.retain(|(known, _)| *known != name);
                if self.attributes.len() < MOST_ATTRIBUTES {
                    self.attributes.push((name, value));
                }
            }
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::Text(value.to_owned()));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::Whole(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::Whole(i64::try_from(value).unwrap_or(i64::MAX)));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::Yes(value));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::Text(format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn sampled(ratio: f64) -> Sampling {
        Sampling { follows_caller: true, ratio }
    }

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0";

    #[test]
    fn a_trace_is_taken_over_and_the_caller_says_whether_it_is_recorded() {
        let (fate, parent) = Fate::of_root(Some(&format!("{PARENT}1")), sampled(0.0));
        assert_eq!(parent.unwrap().to_string(), "00f067aa0ba902b7");
        let Fate::Recorded(trace, id) = fate else { panic!("it is sampled") };
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(Some(id), parent);
        assert!(matches!(
            Fate::of_root(Some(&format!("{PARENT}0")), sampled(1.0)).0,
            Fate::LeftOut
        ));
    }

    #[test]
    fn a_trace_that_begins_here_is_recorded_by_the_ratio() {
        for header in [None, Some("nonsense")] {
            assert!(matches!(Fate::of_root(header, sampled(1.0)), (Fate::Recorded(..), None)));
            assert!(matches!(Fate::of_root(header, sampled(0.0)), (Fate::LeftOut, None)));
        }
        let taken = (0..2000)
            .filter(|_| matches!(Fate::of_root(None, sampled(0.5)).0, Fate::Recorded(..)))
            .count();
        assert!((800..1200).contains(&taken), "{taken} of 2000");
    }
}
