//! The report for a person at a terminal: the verdict first, the place to blame, the fix.
//!
//! Readable without colour; safe to share, for neither a signature nor a secret is in it, unless the
//! repaired credential was asked for.

use claviger_token::{Class, Proof, SignatureState, Span, Verdict, Who, lasting, rfc3339};
use serde_json::Value;

use super::page::{Page, actor};
use super::paint::{self, BOLD, DIM, GREEN, RED, YELLOW};
use super::wrap::wrapped;
use crate::clip::clip;
use crate::picture::Role;
use crate::recognise::InputKind;
use crate::report::{Certainty, Diagnosed, Report, TokenView};

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// With colours (ANSI escapes).
    pub color: bool,
    /// Columns of the terminal; under 40 it is taken as 40.
    pub width: usize,
    /// With the repaired credential: a working secret.
    pub show_repaired: bool,
}

impl Default for TextStyle {
    fn default() -> Self {
        Self { color: false, width: 80, show_repaired: false }
    }
}

const PART_HEADER: &str = "31";
const PART_PAYLOAD: &str = "35";
const PART_SIGNATURE: &str = "36";

/// The width of the labels on the left.
const LABEL: usize = 11;

/// Writes a report for a person.
#[must_use]
pub fn text(report: &Report, style: &TextStyle) -> String {
    let mut page = Page::new(style);
    page.headline(report);
    page.picture(report);
    match report.first() {
        Some(first) => page.fault(first, report),
        None => page.good(report),
    }
    page.facts(report);
    page.others(report);
    page.warnings(report);
    page.checks(report);
    page.out
}

impl Page {
    /// `label     text`, the text wrapped beside the label.
    pub(super) fn entry(&mut self, label: &str, text: &str) {
        let room = self.width.saturating_sub(LABEL + 2);
        for (nth, line) in wrapped(text, room).into_iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            let padded = format!("  {label:<LABEL$}", LABEL = LABEL);
            let padded = if nth == 0 { self.paint(&padded, DIM) } else { padded };
            self.line(&format!("{padded}{line}"));
        }
    }

    fn headline(&mut self, report: &Report) {
        let (word, code) = paint::verdict(report.verdict);
        let alone = report.input == InputKind::Message;
        let said = match (report.verdict, report.first()) {
            (_, Some(first)) if alone => {
                // Without the token nothing is known to be wrong, and the headline does not say so.
                let most = self.paint(first.fault.code.title(), BOLD);
                let word = self.paint(word, code);
                self.line(&format!("{word} ({}): {most}", first.certainty.as_str()));
                self.out.push('\n');
                return;
            }
            (_, Some(first)) => first.fault.code.title(),
            (Verdict::Accepted, None) => "The token is good",
            (_, None) => "Nothing speaks against it; the signature was not checked",
        };
        let later = match (report.verdict, report.warnings.len()) {
            (_, 0) => "",
            // That line is long enough.
            (Verdict::Undetermined, _) => "",
            (_, 1) => "; one warning stands below",
            _ => "; the warnings stand below",
        };
        let word = self.paint(word, code);
        let said = self.paint(said, BOLD);
        self.line(&format!("{word}: {said}{later}"));
        self.out.push('\n');
    }

    /// The credential with a caret under the place to blame.
    fn picture(&mut self, report: &Report) {
        let blame = report.first().and_then(|first| first.fault.span);
        let glyphs = report.picture.glyphs(blame, self.width.saturating_sub(4));
        if glyphs.is_empty() {
            return;
        }
        let mut line = String::from("  ");
        for run in glyphs.chunk_by(|one, next| one.role == next.role) {
            let code = match run.first().map(|glyph| glyph.role) {
                Some(Role::Header) => PART_HEADER,
                Some(Role::Payload) => PART_PAYLOAD,
                Some(Role::Signature | Role::Opaque) => PART_SIGNATURE,
                Some(Role::Around) => BOLD,
                Some(Role::Dot) | None => DIM,
            };
            let part: String = run.iter().map(|glyph| glyph.c).collect();
            line.push_str(&self.paint(&part, code));
        }
        self.line(&line);
        if let Some(blame) = blame {
            let marks: String = glyphs
                .iter()
                .map(|glyph| if is_blamed(glyph.span, blame) { '^' } else { ' ' })
                .collect();
            let behind = glyphs.last().is_some_and(|last| {
                blame.start == blame.end && last.span.end == blame.start && !marks.contains('^')
            });
            let marks = if behind { format!("{marks}^") } else { marks };
            if marks.contains('^') {
                let marks = self.paint(marks.trim_end(), RED);
                self.line(&format!("  {marks}"));
            }
        }
        self.out.push('\n');
    }

    fn fault(&mut self, first: &Diagnosed, report: &Report) {
        let fault = &first.fault;
        self.entry("fault", &format!("{} ({})", fault.code, fault.code.class()));
        self.entry("what", &first.detail());
        self.entry("proof", proof(first, report));
        self.entry("fix", fault.code.fix());
        let about_rights = matches!(fault.code.class(), Class::AudienceScope | Class::Server);
        let fitting = |token: &&TokenView| token.advice_fits || about_rights;
        if let Some(advice) = report.token.as_ref().filter(fitting).and_then(|token| token.advice) {
            let opaque = report.token.as_ref().is_some_and(|token| token.kind == "opaque");
            self.entry(if opaque { "try it" } else { "hint" }, advice);
        }
        self.entry("who", who(fault.code.who()));
        self.entry("rests on", fault.code.clause());
        if self.style.show_repaired
            && let Some(repaired) = first.repaired()
        {
            self.entry("repaired", "a working credential follows; keep it secret");
            self.line(&format!("  {repaired}"));
        }
    }

    fn good(&mut self, report: &Report) {
        if report.verdict == Verdict::Undetermined {
            self.entry(
                "missing",
                "no key was given: name a key set, a key or a secret to have it judged",
            );
        }
    }

    /// The token in one line, its times in another.
    fn facts(&mut self, report: &Report) {
        if let Some(token) = &report.token {
            self.entry("token", &described(token));
        }
        if let Some(times) =
            report.token.as_ref().and_then(|token| time_line(&token.claims, report.now))
        {
            self.entry("time", &times);
        }
        for note in &report.notes {
            self.entry("note", note);
        }
        self.out.push('\n');
    }

    fn others(&mut self, report: &Report) {
        if report.faults.len() < 2 {
            return;
        }
        let others =
            if report.input == InputKind::Message { "also possible" } else { "also wrong" };
        let title = self.paint(others, BOLD);
        self.line(&title);
        for (nth, one) in report.faults.iter().enumerate().skip(1) {
            let label = format!("{}.", nth + 1);
            let code = one.fault.code;
            self.entry(&label, &format!("{code} ({}): {}", one.certainty.as_str(), one.detail()));
            self.entry("", &format!("fix, by the {}: {}", actor(code), code.fix()));
        }
        self.out.push('\n');
    }

    /// What will hurt later.
    fn warnings(&mut self, report: &Report) {
        if report.warnings.is_empty() {
            return;
        }
        let title = self.paint("before it hurts", YELLOW);
        self.line(&title);
        for (nth, warning) in report.warnings.iter().enumerate() {
            let label = format!("{}.", nth + 1);
            let becomes = warning.code.map(|code| format!(" (later `{code}`)")).unwrap_or_default();
            self.entry(&label, &format!("{}: {}{becomes}", warning.title, warning.detail));
            self.entry("", &format!("fix: {}", warning.fix));
        }
        self.out.push('\n');
    }

    /// What failed, what passed and on what grounds, what passed without a word, what was not looked at.
    fn checks(&mut self, report: &Report) {
        let title = self.paint("checks", BOLD);
        self.line(&title);
        for (outcome, word, code) in
            [("failed", "FAILED", RED), ("passed", "passed", GREEN), ("skipped", "skipped", DIM)]
        {
            let of_it = || report.checks.iter().filter(|line| line.outcome == outcome);
            for line in of_it().filter(|line| !line.detail.is_empty()) {
                self.check(word, code, line.check, &line.detail);
            }
            let silent: Vec<&str> =
                of_it().filter(|line| line.detail.is_empty()).map(|line| line.check).collect();
            if !silent.is_empty() {
                let room = self.width.saturating_sub(LABEL + 2);
                for (nth, names) in wrapped(&silent.join(", "), room).into_iter().enumerate() {
                    let word = if nth == 0 { word } else { "" };
                    let word = self.paint(&format!("{word:<LABEL$}"), code);
                    self.line(&format!("  {word}{names}"));
                }
            }
        }
    }

    fn check(&mut self, word: &str, code: &str, name: &str, detail: &str) {
        let room = self.width.saturating_sub(LABEL + 2 + 15);
        let word = self.paint(&format!("{word:<LABEL$}"), code);
        for (nth, line) in wrapped(detail, room).into_iter().enumerate() {
            let start =
                if nth == 0 { format!("  {word}{name:<15}") } else { " ".repeat(LABEL + 2 + 15) };
            self.line(&format!("{start}{line}"));
        }
    }
}

pub(super) fn is_blamed(span: Span, blame: Span) -> bool {
    if blame.start == blame.end {
        return span.start == blame.start;
    }
    span.start < blame.end && blame.start < span.end
}

/// How sure the first fault is, and why.
pub(super) fn proof(first: &Diagnosed, report: &Report) -> &'static str {
    if report.input == InputKind::Message {
        return match first.certainty {
            Certainty::Likely => "likely: the message says so; give the token to have it judged",
            _ => "possible: the message fits several causes; give the token to have it judged",
        };
    }
    let alone = report.faults.len() == 1;
    match (first.certainty, first.fault.code.proof()) {
        (Certainty::Proven, Proof::Repair) if alone => {
            "proven: with this one defect undone, the same verifier accepts the token under the same policy"
        }
        (Certainty::Proven, Proof::Repair) => {
            "proven: with this defect undone, the signature verifies; what else is wrong stands below"
        }
        (Certainty::Proven, Proof::Compare) => {
            "proven: the value in hand contradicts the policy in hand"
        }
        (Certainty::Proven, Proof::Record) => "proven: the issuer's own record says so",
        (Certainty::Proven, Proof::Probe) => "proven: what was given shows it",
        (Certainty::Proven, Proof::Shape) => "proven: it is visible in the input itself",
        (Certainty::Likely, Proof::Repair) if has_no_key(report) => {
            "likely: a proof needs a key that verifies the token, and none was given"
        }
        (Certainty::Likely, Proof::Repair) => {
            "likely: what is seen fits it, but with it undone the signature does not verify either"
        }
        (Certainty::Likely, _) => {
            "likely: what is seen fits it; a proof would need more than is at hand"
        }
        (Certainty::Possible, _) => {
            "possible: it would explain what is seen, as other things would"
        }
    }
}

fn has_no_key(report: &Report) -> bool {
    report.token.as_ref().is_none_or(|token| token.signature == SignatureState::Unchecked)
}

/// Who has to act, in words.
pub(super) const fn who(whose: Who) -> &'static str {
    match whose {
        Who::Client => "the client: its developer or its user",
        Who::Issuer => "the issuer: whoever mints and signs the tokens",
        Who::Api => "the API: its code or its configuration",
        Who::Proxy => "the proxy: whatever carries the request",
        Who::Operator => "the operator: of machines, clocks and networks",
    }
}

fn described(token: &TokenView) -> String {
    let mut said = vec![match token.kind {
        "jws" => "signed (JWS)".to_owned(),
        "jwe" => "encrypted (JWE)".to_owned(),
        _ => "opaque".to_owned(),
    }];
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(quoted);
    said.extend(text(&token.header, "alg"));
    said.extend(text(&token.header, "kid").map(|kid| format!("key {kid}")));
    if token.kind == "jws" {
        said.push(format!("signature {}", token.signature.as_str()));
    }
    said.extend(text(&token.claims, "sub").map(|sub| format!("subject {sub}")));
    said.extend(token.product.map(|product| format!("made by {product}")));
    said.join(", ")
}

/// A text of the token's.
fn quoted(text: &str) -> String {
    clip(text, 60)
}

/// `issued 10:05:40 ── 5 min ── expired 10:10:40 ── 16 min 40 s ── now 10:27:20 (2026-11-18, UTC)`.
fn time_line(claims: &Value, now: i64) -> Option<String> {
    let time = |name: &str| claims.get(name).and_then(Value::as_i64).filter(|time| *time > 0);
    let mut stops: Vec<(i64, &str)> = Vec::new();
    stops.extend(time("iat").map(|at| (at, "issued")));
    stops.extend(time("nbf").filter(|nbf| Some(*nbf) != time("iat")).map(|at| (at, "valid from")));
    stops.extend(time("exp").map(|at| (at, if at <= now { "expired" } else { "expires" })));
    if stops.is_empty() {
        return None;
    }
    stops.push((now, "now"));
    stops.sort_by_key(|(at, _)| *at);
    let days: Vec<String> = stops
        .iter()
        .map(|(at, _)| rfc3339(*at).split('T').next().unwrap_or_default().to_owned())
        .collect();
    let one_day = days.iter().all(|day| *day == days[0]) && days[0].len() == 10;
    let mut said = String::new();
    for (nth, (at, name)) in stops.iter().enumerate() {
        if nth > 0 {
            said.push_str(&format!(" ── {} ── ", lasting(at - stops[nth - 1].0)));
        }
        let full = rfc3339(*at);
        let shown = match full.split_once('T') {
            Some((_, clock)) if one_day => clock.trim_end_matches('Z').to_owned(),
            _ => full,
        };
        said.push_str(&format!("{name} {shown}"));
    }
    if one_day {
        said.push_str(&format!(" ({}, UTC)", days[0]));
    }
    Some(said)
}
