//! Why a bearer token is refused: the one cause on top, proven where a proof is possible, and all others.
//!
//! Bytes go in: a bare token, a header line, a raw request, a curl command, a HAR file, a token response, a
//! log line, an error message alone. Out comes a [`Report`]: what a server would have been sent, whether the given policy and
//! keys take it, and if not, every [`Diagnosed`] fault with its place in the input, its evidence, who must act and how.
//!
//! ```
//! use claviger_explain::{Surroundings, TextStyle, explain, text};
//! use claviger_token::{Policy, Verdict};
//! let surroundings =
//!     Surroundings::new(Policy::access("https://id.example", "https://api.example"), 1_795_000_000);
//! let report = explain(b"Authorization: Bearer ${TOKEN}", &surroundings);
//! assert_eq!(report.verdict, Verdict::Refused);
//! assert_eq!(report.faults[0].fault.code.as_str(), "credential-placeholder");
//! println!("{}", text(&report, &TextStyle::default()));
//! ```
//!
//! How it works, and where to start reading:
//!
//! 1. `recognise` tells what the input is and what in it is the credential; `carrier` where in a request it rides.
//! 2. `peel` takes off, one at a time, what it was wrapped in: each layer is a fault with its place.
//! 3. `judge` hands the token to the verifier of `claviger_token`, the very same that a guard uses.
//! 4. `repair` holds the hypotheses: where the signature does not hold, each changes one thing and lets
//!    the same verifier judge again. What verifies is *proven*; nothing here ever makes a token good.
//! 5. `claims`, `compare`, `rights` and `time` say mismatches more exactly; `rank` puts them in order.
//! 6. `message` takes over where there is only an error message: it names the speaker and what can be behind it.
//! 7. [`batch`] reads whole logs: it asks the same of every line that was refused, and counts the answers.
//!
//! Pure: no clock, file, network, environment or randomness. No signature, secret or whole token leaves it,
//! but for the repaired credential, which is handed out only to those who ask: it works.

mod attempt;
pub mod batch;
mod bench;
mod carrier;
mod claims;
mod clip;
mod compare;
mod der;
mod diff;
mod explain;
mod judge;
mod key_text;
mod kid_text;
mod message;
mod online;
mod opaque;
mod outgoing;
mod passage;
mod peel;
mod picture;
mod product;
mod rank;
mod recognise;
mod remedy;
mod render;
mod repair;
mod report;
mod ride;
mod rights;
mod rsa_block;
mod sender;
mod several;
mod shape;
mod signer;
mod structure;
mod surroundings;
mod time;
mod together;
mod unexplained;
mod view;
mod warnings;

pub use attempt::{Answer, Attempt, Exchange, Stopped};
pub use diff::{About, Diff, Difference, Side, diff};
pub use explain::explain;
pub use online::Introspection;
pub use outgoing::Outgoing;
pub use recognise::{InputKind, MAX_INPUT_BYTES};
pub use remedy::{Remedy, Snippet, Stack, Step, confirm, remedies, stacks};
pub use render::{
    MARKDOWN_BEGIN, TextStyle, attempt_text, diff_text, markdown, text, together_text,
};
pub use report::{Certainty, CheckLine, Diagnosed, Report, TokenView};
pub use ride::Ride;
pub use several::{InputPart, MAX_PARTS, parts};
pub use signer::Signer;
pub use surroundings::{DEFAULT_BUDGET, Surroundings};
pub use together::{Common, Finding, Observation, Together, together};
pub use warnings::Warning;
