//! From bytes to a report: recognise, find the carrier, peel, judge, rank.

use claviger_token::{Code, Fact, Fault, Span, Verdict};

use crate::bench::Bench;
use crate::carrier::{self, Located};
use crate::judge::{Judgement, judge};
use crate::message::{self, Said};
use crate::online;
use crate::passage::Passage;
use crate::peel::{Layer, Peeled, peel};
use crate::picture::Picture;
use crate::recognise::{self, Input, InputKind, MAX_INPUT_BYTES, Recognised};
use crate::report::{Certainty, CheckLine, Diagnosed, Report};
use crate::ride::Ride;
use crate::sender;
use crate::surroundings::Surroundings;
use crate::warnings;

/// Explains an input: what a server would have been sent, whether it would be accepted, and if not, why.
///
/// Takes any bytes. The work is bounded by the input's length (at most
/// [`MAX_INPUT_BYTES`]) and the surroundings' budget.
#[must_use]
pub fn explain(input: &[u8], surroundings: &Surroundings) -> Report {
    let mut report = explain_at(input, surroundings, surroundings.now);
    if let Some((source, fresh)) = &surroundings.fresh {
        report = online::against_fresh(report, explain_at(input, fresh, surroundings.now), source);
    }
    if let Some(clock) = &surroundings.clock {
        online::by_clock(&mut report, clock, |now| explain_at(input, surroundings, now));
    }
    if let Some(introspection) = &surroundings.introspection {
        online::by_issuer(&mut report, introspection, surroundings);
    }
    // What was learnt from outside may stand before what the token alone shows.
    report.name_product();
    report
}

/// Explains an input as of a time.
fn explain_at(input: &[u8], surroundings: &Surroundings, now: i64) -> Report {
    if input.len() > MAX_INPUT_BYTES {
        let mut report = Report::empty(now);
        let fault = Fault::new(Code::SizeLimit)
            .with("bytes", input.len())
            .with("limit_bytes", MAX_INPUT_BYTES)
            .with("name", Fact::Words("this examination".to_owned()));
        report.faults.push(Diagnosed::new(fault, Certainty::Proven));
        report.verdict = Verdict::Refused;
        return report;
    }
    let input = Input::read(input);
    let recognised = recognise::recognise(&input);
    let looked_for = message::may_hold_message(recognised.kind);
    let said = looked_for.then(|| message::recognise(&input.text)).flatten();
    let said = said.or_else(|| message::by_words(&input, &recognised));
    match said {
        Some(said) if message::stands_alone(&input, &recognised, &said) => {
            of_message(&said, &input, surroundings)
        }
        said => {
            // `Format is Authorization: Bearer [token]` speaks of a header and is none.
            let hidden =
                said.as_ref().filter(|said| message::hides_token(&input, &recognised, said));
            let (input, recognised) = match hidden {
                Some(said) => {
                    let rest = input.without(said.place.clone());
                    let recognised = recognise::recognise(&rest);
                    (rest, recognised)
                }
                None => (input, recognised),
            };
            let mut report = explain_recognised(&input, &recognised, surroundings, now);
            // The token is judged by what it is; what was said of it is worth a line.
            report.notes.extend(said.filter(Said::is_telling).map(|said| said.note()));
            report
        }
    }
}

/// The report on a message alone: candidates, and never a verdict.
fn of_message(said: &Said, input: &Input<'_>, surroundings: &Surroundings) -> Report {
    let mut report = Report::empty(surroundings.now);
    report.input = InputKind::Message;
    let seen = format!("taken for {}, said by {}", InputKind::Message.as_str(), said.speaker());
    report.checks.push(CheckLine { check: "input", outcome: "passed", detail: seen });
    let nothing = "a message holds no token to be judged".to_owned();
    report.checks.push(CheckLine { check: "presentation", outcome: "skipped", detail: nothing });
    report.faults = said.candidates(&input.text);
    report.notes = said.notes(&input.text);
    let configuration = surroundings.faults.iter().cloned();
    report.faults.extend(configuration.map(|fault| Diagnosed::new(fault, Certainty::Proven)));
    report
}

/// Explains what was recognised, as of a time that need not be the surroundings' own: the lines of a log
/// are judged each at its own.
pub(crate) fn explain_recognised(
    input: &Input<'_>,
    recognised: &Recognised,
    surroundings: &Surroundings,
    now: i64,
) -> Report {
    let mut report = Report::empty(now);
    report.input = recognised.kind;
    report.notes.extend(recognised.notes.iter().cloned());
    let seen = format!("taken for {}", recognised.kind.as_str());
    report.checks.push(CheckLine { check: "input", outcome: "passed", detail: seen });
    let located = carrier::locate(recognised);
    let encoding = encoding_fault(input, recognised);

    let mut bench = Bench::new(surroundings, now);
    let mut stages = Stages::default();
    stages.layers.extend(encoding);
    stages.carrier.extend(located.faults.iter().cloned());
    match &located.value {
        None => {
            stages.end = located.end.clone();
        }
        Some((value, origin)) => {
            let all = [(value.clone(), *origin)].into_iter().chain(located.others.iter().cloned());
            let peeled: Vec<Peeled> = all.map(|(value, origin)| peel(&value, origin)).collect();
            let chosen = choose(&bench, peeled);
            report.notes.extend(chosen.notes.iter().cloned());
            report.ride = Ride::new(&located, chosen.scheme.as_deref());
            credential(&mut bench, recognised, &located, chosen, &mut stages);
        }
    }
    let hidden: Vec<Vec<Span>> = stages.hidden.take().into_iter().collect();
    if let Some(peeled) = &stages.peeled {
        report.set_credential(peeled.text(), stages.was_wrapped);
    }
    let mut report = finish(report, stages, &bench);
    if let Some((value, _)) = &located.value {
        let segments = report.token.as_ref().map_or(hidden.as_slice(), |token| &token.segments);
        report.picture = Picture::new(located.label.as_ref(), value, segments);
    }
    report
}

/// What was found, by the stage of diagnosis that it belongs to.
#[derive(Default)]
struct Stages {
    carrier: Vec<Layer>,
    layers: Vec<Layer>,
    end: Option<Fault>,
    judged: Option<Judgement>,
    /// A credential that was not judged and is a secret all the same: a user and a password.
    hidden: Option<Vec<Span>>,
    /// The credential that was judged, without what was around it.
    peeled: Option<Passage>,
    /// Whether anything was around it.
    was_wrapped: bool,
}

/// A file in another encoding: before a bare token that is damage, around a request it is not.
fn encoding_fault(input: &Input<'_>, recognised: &Recognised) -> Option<Layer> {
    let encoding = input.encoding.filter(|encoding| *encoding == "UTF-16")?;
    let bare = matches!(recognised.kind, InputKind::Token | InputKind::Header);
    bare.then(|| {
        Layer::new(
            Fault::new(Code::InvisibleCharacter)
                .with(
                    "character",
                    Fact::Words(format!("{encoding}: a zero byte beside every letter")),
                )
                .at(Span { start: 0, end: 0 }),
        )
    })
}

/// How good a text is: accepted, of a signature that holds, neither.
fn worth(bench: &Bench<'_>, passage: &Passage) -> u8 {
    let examination = bench.examine(passage.text());
    match (examination.verdict(), crate::bench::holds(&examination)) {
        (Verdict::Accepted, _) => 2,
        (_, true) => 1,
        _ => 0,
    }
}

/// The most readings of one credential that are compared.
const MOST_READINGS: usize = 24;

/// The best reading; the first of equals.
fn reading(bench: &Bench<'_>, first: Passage, others: Vec<Passage>) -> Passage {
    if others.is_empty() {
        return first;
    }
    let mut best = (worth(bench, &first), first);
    for other in others.into_iter().take(MOST_READINGS) {
        let worth = worth(bench, &other);
        if worth > best.0 {
            best = (worth, other);
        }
    }
    best.1
}

/// Of several credentials the best; among equals the first that is one at all.
fn choose(bench: &Bench<'_>, mut all: Vec<Peeled>) -> Peeled {
    if all.len() == 1 {
        return all.swap_remove(0);
    }
    let mut best = (0, 0);
    for (nth, peeled) in all.iter().enumerate().take(MOST_READINGS) {
        let worth = match &peeled.end {
            Some(_) => 0,
            None => 1 + worth(bench, &peeled.credential),
        };
        if worth > best.0 {
            best = (worth, nth);
        }
    }
    all.swap_remove(best.1)
}

/// Judges the one credential, in the reading of it that verifies.
fn credential(
    bench: &mut Bench<'_>,
    recognised: &Recognised,
    located: &Located,
    peeled: Peeled,
    stages: &mut Stages,
) {
    stages.layers.extend(peeled.layers);
    if let Some(end) = peeled.end {
        if end.code == Code::SchemeWrong {
            let secret = &peeled.credential;
            stages.hidden = Some((0..secret.len()).map(|nth| secret.span(nth..nth + 1)).collect());
        }
        stages.end = Some(end);
        return;
    }
    let proof =
        sender::judge(bench, recognised, located, peeled.scheme.as_deref(), &peeled.credential);
    let reading = reading(bench, peeled.credential, peeled.others);
    let mut judgement = judge(bench, &reading);
    stages.was_wrapped = !stages.layers.is_empty() || !stages.carrier.is_empty();
    stages.peeled = Some(reading);
    if let Some(fault) = proof {
        // Where the list of checks has it.
        let is_behind = |one: &Diagnosed| {
            matches!(one.fault.code, Code::AuthenticationTooWeak | Code::ScopeInsufficient)
        };
        let place = judgement.faults.iter().position(is_behind);
        judgement.faults.insert(place.unwrap_or(judgement.faults.len()), fault);
    }
    stages.judged = Some(judgement);
}

/// Puts everything in the order of diagnosis and says how sure each is.
fn finish(mut report: Report, stages: Stages, bench: &Bench<'_>) -> Report {
    let holds = stages.judged.as_ref().is_some_and(|judged| judged.holds);
    let accepted = stages.judged.as_ref().and_then(|judged| judged.accepted.clone());
    let rate = |layer: Layer| {
        let certainty = if holds || layer.certain { Certainty::Proven } else { Certainty::Likely };
        Diagnosed::new(layer.fault, certainty).with_repaired(accepted.clone())
    };
    let (sure, size): (Vec<Layer>, Vec<Layer>) =
        stages.carrier.into_iter().partition(|layer| layer.fault.code != Code::HeaderTooLarge);
    report.faults.extend(sure.into_iter().map(rate));
    for layer in size {
        // A good signature proves nothing about the limits of a server that is not known.
        let certainty = if layer.certain { Certainty::Proven } else { Certainty::Likely };
        report.faults.push(Diagnosed::new(layer.fault, certainty));
    }
    // A placeholder in quotes is a placeholder: what stands around it need not be repaired.
    let unfilled = |fault: &Fault| fault.code == Code::CredentialPlaceholder;
    let layers = match &stages.end {
        Some(end) if unfilled(end) => {
            stages.layers.into_iter().filter(|layer| !is_frame(layer.fault.code)).collect()
        }
        _ => stages.layers,
    };
    report.faults.extend(layers.into_iter().map(rate));
    report.layers = report.faults.len();
    let is_whole = report.layers == 0;
    let line = match report.faults.first() {
        None => CheckLine { check: "presentation", outcome: "passed", detail: String::new() },
        Some(first) => {
            CheckLine { check: "presentation", outcome: "failed", detail: first.fault.detail() }
        }
    };
    let mut end = stages.end;
    let line = match &end {
        Some(fault) if is_whole => CheckLine { detail: fault.detail(), outcome: "failed", ..line },
        _ => line,
    };
    report.checks.push(line);
    // A letter without a token in it proves nothing about a request.
    let sure = if report.input == InputKind::Text { Certainty::Likely } else { Certainty::Proven };
    report.faults.extend(end.take().map(|fault| Diagnosed::new(fault, sure)));

    let configuration: Vec<Diagnosed> = bench
        .surroundings
        .faults
        .iter()
        .map(|fault| Diagnosed::new(fault.clone(), Certainty::Proven))
        .collect();
    let mut verdict = Verdict::Undetermined;
    let mut warned = Vec::new();
    match stages.judged {
        Some(mut judged) => {
            verdict = judged.verdict;
            // The key's own faults stand where the key is needed: behind the token's structure.
            let empty = configuration.iter().any(|one| one.fault.code == Code::SecretEmpty);
            judged.faults.retain(|one| {
                let doubled =
                    matches!(one.fault.code, Code::KeyTooWeak | Code::SecretEmpty) && empty;
                !doubled && one.fault.code != Code::PolicyEmpty
            });
            let at = judged
                .faults
                .iter()
                .position(|one| !is_structure(one.fault.code))
                .unwrap_or(judged.faults.len());
            judged.faults.splice(at..at, configuration);
            report.faults.append(&mut judged.faults);
            report.checks.append(&mut judged.checks);
            report.token = judged.view;
            report.signers = judged.signers;
            warned = judged.warnings;
        }
        None => report.faults.extend(configuration),
    }
    report.exhausted = bench.is_exhausted();
    if report.exhausted {
        report.notes.push(
            "the search for a single wrong character was given up: its budget was spent".to_owned(),
        );
    }
    report.name_product();
    report.verdict = if report.faults.is_empty() { verdict } else { Verdict::Refused };
    if report.verdict != Verdict::Refused {
        report.warnings = warned;
        report.warnings.extend(report.ride.as_ref().and_then(warnings::of_size));
    }
    report
}

/// What is only around a text, and no wrong word of it.
fn is_frame(code: Code) -> bool {
    matches!(
        code,
        Code::Quoted
            | Code::Bracketed
            | Code::SchemeSeparator
            | Code::SmartPunctuation
            | Code::EscapeSequence
            | Code::PercentEncoded
    )
}

/// Faults that come before any key is asked.
fn is_structure(code: Code) -> bool {
    code.class() == claviger_token::Class::Malformed && code != Code::ClaimType
}
