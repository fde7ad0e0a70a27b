//! How a report is written down for a person. JSON is the report's own (`report`).

mod text;
mod wrap;

pub use text::{TextStyle, text};
