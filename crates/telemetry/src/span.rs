//! A span that has ended, as it waits to be sent.

use std::time::SystemTime;

use crate::context::{SpanId, TraceId};

/// What an attribute says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Yes(bool),
}

/// What stands at which end of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Work of our own.
    #[default]
    Internal,
    /// We answer.
    Server,
    /// We ask.
    Client,
}

/// A finished span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) trace: TraceId,
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
    pub(crate) attributes: Vec<(&'static str, Value)>,
    /// Whether it failed by our own fault.
    pub(crate) failed: bool,
}
