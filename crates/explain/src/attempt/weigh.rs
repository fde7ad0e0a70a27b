//! The conclusion: the server's answer on one side, what was found in the request on the other.

use claviger_token::{Class, Code, Fact, Fault, Verdict, Who, lasting};

use super::{Attempt, Exchange, Step, Stopped, Words};
use crate::report::{Certainty, Diagnosed, Report, lower_first, without_signature};

/// Seconds by which clocks may differ without a word: answers take time, and `Date` has whole seconds.
const DRIFT: i64 = 30;

/// What an answer means for the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It was taken.
    Taken,
    /// It was refused.
    Refused,
    /// The answer is about something else; the credential was probably taken.
    Past,
    /// The server could not judge it, or did not come to it.
    Open,
    /// The answer is a page for people in place of the resource.
    Page,
    /// The request was sent elsewhere and was not followed.
    Away,
    /// Nothing was sent: no client sends it.
    Unsent,
}

const fn verdict(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Taken => Verdict::Accepted,
        Outcome::Refused | Outcome::Page | Outcome::Away | Outcome::Unsent => Verdict::Refused,
        Outcome::Past | Outcome::Open => Verdict::Undetermined,
    }
}

pub(super) fn weigh(report: &Report, exchange: &Exchange) -> Attempt {
    let words = exchange.answers.last().map(Words::of).unwrap_or_default();
    let outcome = outcome(exchange, &words);
    let mut attempt = Attempt {
        verdict: verdict(outcome),
        faults: report.faults.clone(),
        whose: None,
        conclusion: String::new(),
        steps: exchange.answers.iter().map(step).collect(),
        notes: notes(exchange, &words),
        words,
        second: None,
    };
    match outcome {
        Outcome::Taken => taken(&mut attempt, report),
        Outcome::Refused => refused(&mut attempt, report, exchange),
        Outcome::Away => away(&mut attempt, exchange),
        Outcome::Page => {
            attempt.whose = Some(Who::Proxy);
            attempt.conclusion = "The server leads to a page for people, mostly its log-in: it did not look for \
                a bearer token on this route, or did not recognise this one. Look at the route's configuration, \
                in the API and in whatever stands before it."
                .to_owned();
        }
        Outcome::Unsent => {
            let why = exchange.unsent.as_deref().unwrap_or_default();
            attempt.conclusion = format!("Nothing was sent, for no HTTP client sends this: {why}.");
            attempt.whose = Some(Who::Client);
        }
        Outcome::Past | Outcome::Open => open(&mut attempt, outcome, exchange),
    }
    if attempt.whose.is_none() && outcome != Outcome::Taken {
        attempt.whose = attempt.faults.first().map(|one| one.fault.code.who());
    }
    attempt
}

pub(super) fn corrected(attempt: &mut Attempt, exchange: &Exchange) {
    let Some(last) = exchange.answers.last() else { return };
    let words = Words::of(last);
    let outcome = outcome(exchange, &words);
    let code = attempt.faults.first().map_or("the fault", |first| first.fault.code.as_str());
    let status = last.status;
    let said = match outcome {
        Outcome::Taken => {
            if let Some(first) = attempt.faults.first_mut() {
                first.certainty = Certainty::Proven;
            }
            format!(
                "With {code} mended the server takes it ({status}): that is proven by the server itself."
            )
        }
        Outcome::Refused if words.code.is_some() || words.said.is_some() => format!(
            "With {code} mended the server still refuses it ({status}), and says: {}",
            words.text
        ),
        Outcome::Refused | Outcome::Page | Outcome::Away | Outcome::Unsent => {
            format!(
                "With {code} mended the server still refuses it ({status}): something else is wrong as well."
            )
        }
        Outcome::Past | Outcome::Open => {
            format!("With {code} mended the server answers {status}, which does not tell.")
        }
    };
    attempt.second = Some(super::Second { step: step(last), verdict: verdict(outcome), said });
}

fn step(answer: &super::Answer) -> Step {
    let said = match (&answer.location, answer.challenges.first()) {
        (Some(to), _) if (300..400).contains(&answer.status) => format!("→ {}", place(to)),
        (_, Some(challenge)) => challenge.clone(),
        _ => answer.content_type.clone().unwrap_or_default(),
    };
    let shown: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    Step {
        request: without_signature(&answer.request),
        status: answer.status,
        said: without_signature(&shown),
    }
}

/// An address without query and fragment: they may hold tokens and codes.
fn place(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

fn outcome(exchange: &Exchange, words: &Words) -> Outcome {
    if exchange.unsent.is_some() {
        return Outcome::Unsent;
    }
    let Some(last) = exchange.answers.last() else { return Outcome::Open };
    let names_token = words.code.is_some_and(|code| code.class() != Class::Server)
        || words.challenges.iter().any(|one| one.parameter("error").is_some());
    match last.status {
        200..=299 if words.is_page && exchange.answers.len() > 1 => Outcome::Page,
        200..=299 | 304 => Outcome::Taken,
        300..=399 if leads_to_log_in(last) => Outcome::Page,
        300..=399 => Outcome::Away,
        401 | 403 => Outcome::Refused,
        431 | 494 => Outcome::Refused,
        400 if names_token || says_too_large(words) => Outcome::Refused,
        404 | 405 | 406 | 409 | 410 | 411 | 412 | 413 | 415 | 422 | 428 => Outcome::Past,
        _ => Outcome::Open,
    }
}

/// Whether a redirect leads to a log-in for people.
fn leads_to_log_in(answer: &super::Answer) -> bool {
    let Some(to) = &answer.location else { return false };
    let to = to.to_ascii_lowercase();
    let path = place(&to);
    to.contains("response_type=")
        || to.contains("samlrequest=")
        || ["/login", "/log-in", "/signin", "/sign-in", "/sign_in", "/authorize", "/oauth2/start"]
            .iter()
            .any(|mark| path.contains(mark))
}

/// nginx says so in words, and with status 400.
fn says_too_large(words: &Words) -> bool {
    let text = words.text.to_ascii_lowercase();
    text.contains("too large") && (text.contains("header") || text.contains("cookie"))
}

fn taken(attempt: &mut Attempt, report: &Report) {
    attempt.conclusion = match (report.verdict, report.first()) {
        (Verdict::Refused, Some(first)) => {
            attempt.whose = Some(Who::Api);
            format!(
                "The server takes what the policy given here refuses ({}). Either that policy is not the server's, or the server does not check this: then it should.",
                first.fault.code
            )
        }
        (Verdict::Accepted, _) => {
            "The server takes it, and so does the policy given here.".to_owned()
        }
        _ => {
            "The server takes it. Its signature was not checked here: no key was given.".to_owned()
        }
    };
}

fn away(attempt: &mut Attempt, exchange: &Exchange) {
    let status = exchange.answers.last().map_or(0, |answer| answer.status);
    let (reason, conclusion) = match &exchange.stopped {
        Some(Stopped::OtherOrigin(to)) => (
            format!(
                "a redirect ({status}) to {to}, another origin: curl and browsers do not take `Authorization` there"
            ),
            format!(
                "The request is sent on to {to}, and clients leave the credential behind at another host, scheme or port. Call {to} directly, if you trust it."
            ),
        ),
        Some(Stopped::Unsafe) => {
            attempt.verdict = Verdict::Undetermined;
            attempt.conclusion = format!(
                "The server asks to send the same request to another address ({status}). It was not sent a second time, for its method changes something. Name the final address."
            );
            return;
        }
        Some(Stopped::TooMany) => {
            attempt.verdict = Verdict::Undetermined;
            attempt.conclusion =
                "The server redirects in circles; the credential was never judged.".to_owned();
            attempt.whose = Some(Who::Api);
            return;
        }
        Some(Stopped::NoAddress) | None => {
            attempt.verdict = Verdict::Undetermined;
            attempt.conclusion =
                format!("The server redirects ({status}) and names no address to go to.");
            attempt.whose = Some(Who::Api);
            return;
        }
    };
    let fault = Fault::new(Code::HeaderStripped).with("reason", Fact::Words(reason));
    attempt.put_first(Diagnosed::new(fault, Certainty::Proven));
    attempt.whose = Some(Who::Client);
    attempt.conclusion = conclusion;
}

fn open(attempt: &mut Attempt, outcome: Outcome, exchange: &Exchange) {
    let status = exchange.answers.last().map_or(0, |answer| answer.status);
    if let Some(code) = attempt.words.code {
        let fault = Fault::new(code);
        attempt.put_first(Diagnosed::supposed(fault, Certainty::Proven));
    }
    attempt.conclusion = match (outcome, status) {
        (Outcome::Past, _) => format!(
            "The answer ({status}) is about the request, not about the credential: that was taken, as far as one can see. Some APIs hide a refusal behind 404."
        ),
        (_, 407) => "A proxy on the way asks for credentials of its own (`Proxy-Authorization`); the request did not reach the API.".to_owned(),
        (_, 429) => "The server counts too many requests and judged nothing; wait, then try again.".to_owned(),
        (_, 400) => "The server calls the request malformed (400) and does not say that it is the credential; see its words.".to_owned(),
        (_, 500..=599) if attempt.words.code.is_some() => {
            "The server cannot judge any token now, and says why.".to_owned()
        }
        (_, 500..=599) => format!(
            "The server failed ({status}): that says nothing about the credential. A validator that cannot fetch its issuer's keys often answers so; the server's log tells."
        ),
        _ => format!("An answer of status {status} does not tell whether the credential was taken."),
    };
    if (500..=599).contains(&status) && attempt.whose.is_none() {
        attempt.whose = Some(attempt.words.code.map_or(Who::Api, Code::who));
    }
}

fn refused(attempt: &mut Attempt, report: &Report, exchange: &Exchange) {
    let last = exchange.answers.last();
    let status = last.map_or(0, |answer| answer.status);
    if matches!(status, 431 | 494) || (status == 400 && says_too_large(&attempt.words)) {
        let bytes = report.ride.as_ref().map(|ride| ride.bytes);
        let fault = Fault::new(Code::HeaderTooLarge)
            .with_some("bytes", bytes)
            .with("reason", Fact::Words(format!("the server answered {status}")));
        attempt.put_first(Diagnosed::new(fault, Certainty::Proven));
        attempt.whose = Some(Who::Proxy);
        attempt.conclusion =
            "A server or proxy on the way refuses the request's size before anybody looks at the token."
                .to_owned();
        return;
    }
    if let Some(code) = attempt.words.code {
        return named(attempt, report, code);
    }
    if let Some(fault) = as_if_unsent(&attempt.words, report) {
        attempt.put_first(fault);
        attempt.whose = Some(Who::Proxy);
        attempt.conclusion = "The server answers as to a request without any credential: what was sent did not reach whoever judges it. Look at what stands between: a proxy, a gateway, CGI, a header name that is not passed on.".to_owned();
        return;
    }
    if let Some(fault) = other_scheme(&attempt.words, report) {
        attempt.put_first(fault);
        let schemes = attempt.words.schemes().join(", ");
        attempt.conclusion = format!(
            "The server asks for {schemes}, not for a bearer token: another part of it, or a proxy before it, judges this route."
        );
        return;
    }
    if rights(attempt, report, status) {
        return;
    }
    if contradicts_times(attempt, report) {
        return times(attempt, exchange);
    }
    match (report.verdict, report.first()) {
        (Verdict::Refused, Some(first)) => {
            attempt.whose = Some(first.fault.code.who());
            let agrees = agrees(attempt, first.fault.code);
            attempt.conclusion = format!(
                "It is what was sent, not the application: {}{agrees}.",
                lower_first(first.fault.code.title())
            );
        }
        (Verdict::Accepted, _) => {
            suppose(attempt);
            attempt.whose.get_or_insert(Who::Api);
            attempt.conclusion = "The token is good under the policy given here, so it is the application that refuses it: its configuration differs from that policy, or it refuses for reasons of its own.".to_owned();
        }
        _ => {
            suppose(attempt);
            let more = if attempt.faults.is_empty() {
                ""
            } else {
                " The server's words fit what stands below."
            };
            attempt.conclusion = format!(
                "The server refuses it. Nothing speaks against the token here, but its signature was not checked: `--online`, or `--jwks` with `--issuer` and `--audience`, would tell the application's fault from the token's.{more}"
            );
        }
    }
}

/// The server named a cause of the catalogue.
fn named(attempt: &mut Attempt, report: &Report, code: Code) {
    // What was sent arrived without a credential: the cause lies between.
    let lost = code == Code::CredentialMissing && report.ride.is_some();
    let code = if lost { Code::HeaderStripped } else { code };
    let known = report.has(code);
    let fault = Fault::new(code);
    attempt.put_first(Diagnosed::supposed(fault, Certainty::Proven));
    attempt.whose = Some(code.who());
    attempt.conclusion = match (known, report.verdict, report.first()) {
        (true, ..) => format!(
            "The server names the cause, and it is found here too: {}.",
            lower_first(code.title())
        ),
        _ if lost => {
            "The server says that no credential arrived, and one was sent: it was lost on the way."
                .to_owned()
        }
        (false, Verdict::Accepted, _) => format!(
            "The server says: {}. Under the policy given here the token is good, so that policy is not the server's: compare issuer, audience, scopes, keys and clocks.",
            lower_first(code.title())
        ),
        (false, Verdict::Refused, Some(first)) => format!(
            "The server says: {}. Found here: {}. Mend the server's first.",
            lower_first(code.title()),
            lower_first(first.fault.code.title())
        ),
        _ => format!("The server names the cause: {}.", lower_first(code.title())),
    };
}

/// A bearer challenge without an error is the answer to a request without a credential (RFC 6750 §3.1).
fn as_if_unsent(words: &Words, report: &Report) -> Option<Diagnosed> {
    let ride = report.ride.as_ref()?;
    let challenge = words.challenge("Bearer")?;
    let silent = challenge.parameter("error").is_none() && words.said.is_none();
    // A server that says nothing to anybody says nothing here either, and a damaged header is reason enough.
    let well_sent = ride.place == "header" || ride.place == "bare";
    let whole = report.faults.iter().all(|one| one.fault.code.class() != Class::Header);
    let found_nothing = report.verdict != Verdict::Refused;
    (silent && well_sent && whole && found_nothing).then(|| {
        let reason =
            "its challenge names no error, as to a request without a credential (RFC 6750 §3.1)";
        let fault = Fault::new(Code::HeaderStripped).with("reason", Fact::Words(reason.to_owned()));
        Diagnosed::new(fault, Certainty::Likely)
    })
}

/// Challenges of other schemes only.
fn other_scheme(words: &Words, report: &Report) -> Option<Diagnosed> {
    if words.challenges.is_empty() || words.challenge("Bearer").is_some() {
        return None;
    }
    let schemes = words.schemes();
    if words.challenge("DPoP").is_some() {
        let known = [Code::SenderProofMissing, Code::SenderProofInvalid];
        if known.iter().any(|code| report.has(*code)) {
            return None;
        }
        let fault = Fault::new(Code::SenderProofMissing);
        return Some(Diagnosed::supposed(fault, Certainty::Likely));
    }
    let fault = Fault::new(Code::HeaderContended)
        .with("reason", Fact::Words(format!("the server asks for {}", schemes.join(", "))));
    Some(Diagnosed::new(fault, Certainty::Likely))
}

/// Scopes that the challenge demands, against what the token has. Tells whether it was that.
fn rights(attempt: &mut Attempt, report: &Report, status: u16) -> bool {
    if attempt.words.error.as_deref() == Some("insufficient_scope") {
        let scope = attempt.words.challenges.iter().find_map(|one| one.parameter("scope"));
        let wanted: Vec<String> =
            scope.unwrap_or_default().split_whitespace().take(50).map(str::to_owned).collect();
        let granted = report.token.as_ref().and_then(|token| token.claims.get("scope")?.as_str());
        let granted: Vec<&str> = granted.unwrap_or_default().split_whitespace().collect();
        let missing: Vec<String> =
            wanted.iter().filter(|one| !granted.contains(&one.as_str())).cloned().collect();
        let (fault, conclusion) = if wanted.is_empty() {
            let conclusion = "The server recognises the token and finds its rights too small; it does not say which are missing.";
            (Fault::new(Code::ScopeInsufficient), conclusion)
        } else if missing.is_empty() {
            let reason = "`scope` has what the challenge demands: the API looks in another place";
            (
                Fault::new(Code::ScopeShape)
                    .with("missing", wanted)
                    .with("reason", Fact::Words(reason.to_owned())),
                "The server demands a scope that the token has: the API does not read the claim `scope`, or reads it in another form.",
            )
        } else {
            (
                Fault::new(Code::ScopeInsufficient).with("missing", missing),
                "The server recognises the token and demands a scope that it does not have.",
            )
        };
        attempt.whose = Some(fault.code.who());
        attempt.put_first(Diagnosed::supposed(fault, Certainty::Likely));
        attempt.conclusion = conclusion.to_owned();
        return true;
    }
    if status == 403 && report.verdict != Verdict::Refused && attempt.words.said.is_none() {
        for code in [Code::ScopeInsufficient, Code::ScopeShape, Code::SubjectUnmapped] {
            attempt.faults.push(Diagnosed::supposed(Fault::new(code), Certainty::Possible));
        }
        attempt.notes.push(
            "403 without a cause: the credential was recognised and its rights were not enough, or a firewall answered".to_owned(),
        );
    }
    false
}

/// Seconds by which the server's clock is ahead of this one.
fn skew(exchange: &Exchange) -> Option<i64> {
    let date = exchange.answers.last()?.date?;
    date.checked_sub(exchange.clock?)
}

/// Whether the server speaks of times that the token, by this clock, keeps.
fn contradicts_times(attempt: &Attempt, report: &Report) -> bool {
    let times = [Code::Expired, Code::NotYetValid, Code::IssuedInFuture];
    let Some((said, text)) = &attempt.words.said else { return false };
    let first = said.candidates(text).into_iter().next().map(|one| one.fault.code);
    first.is_some_and(|code| times.contains(&code))
        && report.token.as_ref().is_some_and(|token| token.claims.get("exp").is_some())
        && !times.iter().any(|code| report.has(*code))
}

/// The server calls a token expired that is not: two clocks, or two tokens.
fn times(attempt: &mut Attempt, exchange: &Exchange) {
    attempt.conclusion = match skew(exchange).filter(|skew| skew.abs() > DRIFT) {
        Some(skew) => {
            let fault = Fault::new(Code::ClockSkew)
                .with("skew", Fact::Lasting(skew.abs()))
                .with("reason", Fact::Words("its `Date` against this machine's clock".to_owned()));
            attempt.put_first(Diagnosed::new(fault, Certainty::Proven));
            "The server speaks of times that this token keeps, and its clock differs from this machine's: one of the two is wrong."
        }
        None => {
            attempt.put_first(Diagnosed::supposed(
                Fault::new(Code::HeaderRewritten),
                Certainty::Likely,
            ));
            "The server speaks of times that this token keeps, and the clocks agree: another token arrived there than was sent, from a cache or a proxy with a token of its own."
        }
    }
    .to_owned();
    attempt.whose = attempt.faults.first().map(|one| one.fault.code.who());
}

/// The candidates of the server's words, where nothing was found in the request.
fn suppose(attempt: &mut Attempt) {
    let Some((said, text)) = &attempt.words.said else { return };
    let candidates = said.candidates(text);
    for one in candidates {
        if !attempt.faults.iter().any(|known| known.fault.code == one.fault.code) {
            attempt.faults.push(one);
        }
    }
    if attempt.whose.is_none() {
        attempt.whose = attempt.faults.first().map(|one| one.fault.code.who());
    }
}

/// Whether the server's words fit what was found.
fn agrees(attempt: &Attempt, code: Code) -> &'static str {
    let Some((said, text)) = &attempt.words.said else { return "" };
    if said.candidates(text).iter().any(|one| one.fault.code == code) {
        "; the server's words fit that"
    } else {
        ""
    }
}

fn notes(exchange: &Exchange, words: &Words) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(last) = exchange.answers.last() else { return notes };
    if last.status == 401 && last.challenges.is_empty() {
        notes.push(
            "the answer lacks `WWW-Authenticate`, which RFC 9110 §15.5.2 demands of a 401"
                .to_owned(),
        );
    }
    if let Some(skew) = skew(exchange).filter(|skew| skew.abs() > DRIFT) {
        let way = if skew > 0 { "ahead of" } else { "behind" };
        notes
            .push(format!("the server's clock (`Date`) is {} {way} this one", lasting(skew.abs())));
    }
    if let Some((said, _)) = words.said.as_ref().filter(|(said, _)| said.is_telling()) {
        notes.push(said.note());
    }
    if let Some(id) = &words.diagnosis {
        notes.push(format!(
            "its operator finds more under `claviger why {}`",
            without_signature(id)
        ));
    }
    if let Some(metadata) =
        words.challenges.iter().find_map(|one| one.parameter("resource_metadata"))
    {
        notes.push(format!(
            "the API describes itself at {} (RFC 9728)",
            without_signature(metadata)
        ));
    }
    notes
}
