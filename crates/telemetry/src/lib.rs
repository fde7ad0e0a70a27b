//! Traces for OpenTelemetry: the spans of our crates, sent to a collector by OTLP over HTTP in JSON.
//!
//! Decides which spans are sent (those of [`TARGET`], sampled) and that sending never holds a request up: what
//! does not fit into the queue is dropped and counted. Never decides what a span says: the crates that make them
//! do, with `tracing` alone, and put nothing secret in. Without [`start`] nothing is recorded.

mod context;
mod exporter;
mod layer;
mod otlp;
mod sampling;
mod settings;
mod span;

pub use claviger_guard::trace::TARGET;
pub use exporter::{Exporting, start};
pub use layer::{layer, traceparent};
pub use settings::{Settings, SettingsError, Wanted};
