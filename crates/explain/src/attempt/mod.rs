//! What a server answered to the very request, weighed against what is found in it: is it the token, or the
//! application?
//!
//! Takes a report and an exchange that somebody else had over the network, and gives a conclusion. The server's
//! word is believed where it names a cause; where it only says no, what was found in the request decides. Sends
//! nothing. Whatever a server says is shown without signatures: it may echo the token.

mod answer;
mod weigh;

use claviger_token::{Verdict, Who};
use serde_json::{Value, json};

pub use answer::Answer;
pub(crate) use answer::Words;

use crate::report::{Certainty, Diagnosed, Report, without_tokens};

/// Why a redirect was not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// It leads to another origin: clients do not take `Authorization` there.
    OtherOrigin(String),
    /// It would send an unsafe method a second time (307, 308).
    Unsafe,
    /// There were too many.
    TooMany,
    /// `Location` is missing or no address.
    NoAddress,
}

/// What went over the network: the answers in order, the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// One answer for each request.
    pub answers: Vec<Answer>,
    /// Why the last redirect was not followed.
    pub stopped: Option<Stopped>,
    /// Why nothing was sent at all: no HTTP client sends such a thing.
    pub unsent: Option<String>,
    /// This machine's clock when the last answer came, unix seconds.
    pub clock: Option<i64>,
}

/// What became of a request.
#[derive(Debug)]
pub struct Attempt {
    /// Whether the server took the credential; undetermined where its answer does not tell.
    pub verdict: Verdict,
    /// What the server said and what was found, the one to fix first on top.
    pub faults: Vec<Diagnosed>,
    /// Who has to act; none where nobody has to, or where it is not known.
    pub whose: Option<Who>,
    /// The conclusion in sentences.
    pub conclusion: String,
    /// One line for each request.
    pub(crate) steps: Vec<Step>,
    /// What the last answer says.
    pub(crate) words: Words,
    pub(crate) notes: Vec<String>,
    /// What the server said to the corrected request.
    pub(crate) second: Option<Second>,
}

/// The one correction, tried at the server.
#[derive(Debug)]
pub(crate) struct Second {
    pub(crate) step: Step,
    pub(crate) verdict: Verdict,
    pub(crate) said: String,
}

/// One request with its answer.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) said: String,
}

impl Attempt {
    /// Weighs what a server answered against what was found in the request.
    #[must_use]
    pub fn weigh(report: &Report, exchange: &Exchange) -> Self {
        weigh::weigh(report, exchange)
    }

    /// Adds what the server answered to the request with the one correction. Where it takes that, the first fault
    /// is proven by the server itself.
    #[must_use]
    pub fn with_correction(mut self, exchange: &Exchange) -> Self {
        weigh::corrected(&mut self, exchange);
        self
    }

    /// As JSON, for programs. Holds no signature and no whole token.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|step| json!({"request": step.request, "status": step.status, "said": step.said}))
            .collect();
        without_tokens(json!({
            "verdict": self.verdict.as_str(),
            "faults": self.faults.iter().map(|one| one.to_json(false)).collect::<Vec<_>>(),
            "whose": self.whose.map(Who::as_str),
            "conclusion": self.conclusion,
            "exchange": steps,
            "server": self.words.to_json(),
            "notes": self.notes,
            "corrected": self.second.as_ref().map(|second| json!({
                "verdict": second.verdict.as_str(),
                "request": second.step.request,
                "status": second.step.status,
                "said": second.said,
            })),
        }))
    }

    /// Puts a fault on top; where it was found already, it moves there.
    fn put_first(&mut self, fault: Diagnosed) {
        let code = fault.fault.code;
        let known = self.faults.iter().position(|one| one.fault.code == code);
        let first = match known {
            Some(at) => {
                let mut known = self.faults.remove(at);
                if fault.certainty == Certainty::Proven {
                    known.certainty = Certainty::Proven;
                }
                known
            }
            None => fault,
        };
        self.faults.insert(0, first);
    }
}
