//! Opening a WebSocket from a browser, which can set no header, without a token in the URL.

use super::{Remedy, Stack};

pub(crate) const TICKET: &[Remedy] = &[Remedy {
    stack: Stack::JavaScript,
    text: "Fetch a ticket that works once and for seconds, and let the server trade it \
            for the session.",
    snippet: lines!("ticket/javascript.js"),
}];
