//! One line of a log, read: what it says of a request, in the words of no particular format.
//!
//! Decides nothing. What a line does not say is absent, not guessed.

use std::borrow::Cow;

use claviger_token::Code;

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event<'l> {
    /// When, unix seconds.
    pub(crate) time: Option<i64>,
    /// What the server answered.
    pub(crate) status: Option<u16>,
    /// Path or address, with its query as the log has it: whoever shows it takes the query off.
    pub(crate) target: Option<Cow<'l, str>>,
    /// Where the request came from.
    pub(crate) address: Option<Cow<'l, str>>,
    /// The client, where the log names one.
    pub(crate) client: Option<Cow<'l, str>>,
    /// The issuer, where the log names one.
    pub(crate) issuer: Option<Cow<'l, str>>,
    /// The cause, where a guard, a gate or an authority of ours wrote the line.
    pub(crate) code: Option<Code>,
    /// The id of the refusal, from the same.
    pub(crate) diagnosis: Option<Cow<'l, str>>,
    /// The log has a field for the `Authorization` header, and the field is empty.
    pub(crate) without_credential: bool,
    /// What the server or a program said beside it: a challenge, the text of an error.
    pub(crate) text: Option<Cow<'l, str>>,
}

impl Event<'_> {
    /// Whether the line tells of a request at all.
    pub(crate) const fn is_request(&self) -> bool {
        self.status.is_some() || self.code.is_some()
    }
}
