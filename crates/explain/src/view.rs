//! What of a token is shown: its header and claims without anything that works, and the lines of its checks.
//!
//! Decides nothing about the token.

use claviger_token::{Examination, Finding, Outcome, Proof, SignatureState, Span, Token};
use serde_json::Value;

use crate::passage::Passage;
use crate::report::{self, CheckLine, Diagnosed, TokenView, without_tokens};
use crate::shape;

/// The lines of the examination; what a repair explained is told in its words.
pub(crate) fn lines(examination: &Examination<'_>, faults: &[Diagnosed]) -> Vec<CheckLine> {
    let mut lines: Vec<CheckLine> = Vec::new();
    for Finding { check, outcome } in &examination.findings {
        let (outcome, detail) = match outcome {
            Outcome::Passed(detail) => ("passed", detail.clone()),
            Outcome::Skipped(why) => ("skipped", why.clone()),
            Outcome::Failed(fault) => {
                let fault = report::redacted(fault.clone());
                ("failed", fault.detail())
            }
        };
        lines.push(CheckLine { check, outcome, detail: report::without_signature(&detail) });
    }
    // One line for what was found by repair and by no check of its own.
    for one in faults {
        let known = examination.faults().any(|fault| fault.code == one.fault.code);
        if !known && one.fault.code.proof() == Proof::Repair {
            lines.push(CheckLine {
                check: "repair",
                outcome: "failed",
                detail: one.fault.detail(),
            });
        }
    }
    lines
}

pub(crate) fn view(token: &Token<'_>, signature: SignatureState, passage: &Passage) -> TokenView {
    let value = |members: Option<&claviger_token::Members>| {
        without_tokens(members.map_or(Value::Null, claviger_token::Members::to_value))
    };
    TokenView {
        kind: "jws",
        header: value(token.header()),
        claims: value(token.payload()),
        signature,
        product: None,
        advice: None,
        advice_fits: false,
        signature_bytes: token.signature().len(),
        segments: segments(passage),
    }
}

/// What can be shown of a text that is no token: its header, if it has one.
pub(crate) fn view_of_text(passage: &Passage, kind: &'static str) -> Option<TokenView> {
    Some(TokenView {
        kind,
        header: without_tokens(shape::header(passage.text()).unwrap_or(Value::Null)),
        claims: Value::Null,
        signature: SignatureState::Unchecked,
        product: None,
        advice: None,
        advice_fits: false,
        signature_bytes: 0,
        segments: if kind == "opaque" {
            vec![segments(passage).concat()]
        } else {
            segments(passage)
        },
    })
}

/// Where the characters of each segment stand in the input.
pub(crate) fn segments(passage: &Passage) -> Vec<Vec<Span>> {
    let mut at = 0;
    passage
        .text()
        .split('.')
        .take(6)
        .map(|segment| {
            let length = segment.chars().count();
            let places = (at..at + length).map(|nth| passage.span(nth..nth + 1)).collect();
            at += length + 1;
            places
        })
        .collect()
}
