//! How a report is written down for a person. JSON is the report's own (`report`).

mod attempt;
mod diff;
mod markdown;
mod page;
pub(crate) mod paint;
mod text;
mod together;
mod wrap;

pub(crate) use page::{Page, actor};
pub(crate) use wrap::wrapped;

pub use attempt::attempt_text;
pub use diff::diff_text;
pub use markdown::{MARKDOWN_BEGIN, markdown};
pub use text::{TextStyle, text};
pub use together::together_text;
