//! `/faults/{code}`: one cause, for the person who was sent here by a refusal.
//!
//! What to do stands first; then what it means, what it looks like, how to confirm it, how to mend it in
//! each language or product, and what the server said.

use askama::Template;
use claviger_explain::{Remedy, confirm, remedies, stacks};
use claviger_token::Code;
use claviger_token::challenge::{Challenge, Disclosure};

use super::{Entry, Frame, Piece, Unrenderable, pieces, render};
use crate::clause::source_url;
use crate::{Site, legend, specimen};

/// The diagnosis id of the specimens.
const DIAGNOSIS: &str = "dg_7k3mq9x2";

/// The page of one cause.
#[derive(Clone, Copy, Debug)]
pub struct FaultPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// Which cause.
    pub code: Code,
}

#[derive(Template)]
#[template(path = "fault.html")]
struct View<'v> {
    frame: Frame,
    code: &'static str,
    title: &'static str,
    class: &'static str,
    class_title: &'static str,
    class_href: String,
    fix: Vec<Piece<'v>>,
    explanation: Vec<Piece<'v>>,
    who: &'static str,
    who_meaning: &'static str,
    looks: &'static str,
    detail: Vec<Piece<'v>>,
    proof: &'static str,
    proof_meaning: &'static str,
    status: &'static str,
    error: Option<&'static str>,
    confirm: Vec<Line<'v>>,
    mends: Vec<Mend<'v>>,
    answer_meaning: &'static str,
    answer: &'v str,
    clause: &'static str,
    clause_url: Option<String>,
    siblings: Vec<Entry>,
}

/// A sentence, and what to copy below it.
struct Line<'v> {
    text: Vec<Piece<'v>>,
    code: Option<&'static str>,
}

/// How it is mended in one language or product.
struct Mend<'v> {
    id: &'static str,
    title: &'static str,
    lines: Vec<Line<'v>>,
}

/// The remedies under their languages and products.
fn mends<'v>(code: Code) -> Vec<Mend<'v>> {
    let line = |remedy: &&'static Remedy| Line {
        text: pieces(remedy.text),
        code: remedy.snippet.map(|lines| lines.text),
    };
    let remedies = remedies(code);
    stacks(code)
        .into_iter()
        .map(|stack| Mend {
            id: stack.as_str(),
            title: stack.title(),
            lines: remedies.iter().filter(|remedy| remedy.stack == stack).map(line).collect(),
        })
        .collect()
}

impl FaultPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let (site, code) = (self.site, self.code);
        let row = code.row();
        let specimen = specimen(code);
        let detail = specimen.fault.detail();
        let answer = answer(site, &specimen.fault);
        render(&View {
            frame: Frame::new(
                site,
                "faults",
                format!("{} ({})", row.title, row.code),
                plain(row.explanation),
            ),
            code: row.code,
            title: row.title,
            class: row.class.as_str(),
            class_title: legend::class_title(row.class),
            class_href: site.class(row.class),
            fix: pieces(row.fix),
            explanation: pieces(row.explanation),
            who: legend::who_title(row.who),
            who_meaning: legend::who_meaning(row.who),
            looks: specimen.looks,
            detail: pieces(&detail),
            proof: legend::proof_title(row.proof),
            proof_meaning: legend::proof_meaning(row.proof),
            status: legend::status_line(row.status),
            error: row.error.map(|error| error.as_str()),
            confirm: confirm(code)
                .iter()
                .map(|step| Line { text: pieces(step.text), code: step.command })
                .collect(),
            mends: mends(code),
            answer_meaning: legend::answer_meaning(code),
            answer: &answer,
            clause: row.clause,
            clause_url: source_url(row.clause),
            siblings: legend::causes(row.class)
                .filter(|other| *other != code)
                .map(|other| Entry::new(site, other))
                .collect(),
        })
    }
}

/// The answer of a guard to the specimen, made by the very code that answers.
pub(crate) fn answer(site: &Site, fault: &claviger_token::Fault) -> String {
    // Links in an answer name their host; a site below a bare path stands in for one.
    let faults = if site.base().contains("://") {
        format!("{}/faults", site.base())
    } else {
        format!("https://id.example{}/faults", site.base())
    };
    let challenge = Challenge {
        faults: Some(&faults),
        disclosure: Disclosure::Code,
        diagnosis: DIAGNOSIS,
        ..Challenge::default()
    };
    let mut answer = format!("HTTP/1.1 {}\n", legend::status_line(fault.code.status()));
    if let Some(value) = challenge.www_authenticate(fault) {
        answer.push_str(&format!("WWW-Authenticate: {value}\n"));
    }
    answer.push_str("Content-Type: application/problem+json\n\n");
    answer.push_str(&format!("{:#}", challenge.problem(fault)));
    answer
}

/// The text without its backticks, for places that know no markup.
fn plain(text: &str) -> String {
    text.replace('`', "")
}
