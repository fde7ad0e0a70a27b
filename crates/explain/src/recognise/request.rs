//! A raw HTTP request (RFC 9112), as a proxy's dump, `curl -v` or a developer tool shows it.
//!
//! Decides which lines are fields and what is the body; never what a field is worth.

use std::ops::Range;

use super::{Carried, Input, InputKind, Recognised};
use crate::passage::Passage;

/// A header field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Passage,
    pub(crate) value: Passage,
}

impl Field {
    /// Whether it has this name, whatever the case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.text().eq_ignore_ascii_case(name)
    }
}

/// A request, as far as the input shows it.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: Option<String>,
    /// Path or URL, with the query.
    pub(crate) target: Option<Passage>,
    pub(crate) fields: Vec<Field>,
    pub(crate) body: Option<Passage>,
    /// What the server answered, where the input shows it.
    pub(crate) status: Option<u16>,
    /// How the credential of an earlier request got lost on the way to this one.
    pub(crate) lost: Option<String>,
    /// What only matters to whoever sends the request again.
    pub(crate) again: Again,
}

/// What a command says beyond the fields and the first piece of the body.
#[derive(Debug, Default)]
pub(crate) struct Again {
    /// Pieces of the body behind the first, joined to it by `&`.
    pub(crate) more: Vec<String>,
    /// Whether the body goes into the query (`curl -G`).
    pub(crate) as_query: bool,
    /// The `Content-Type` that the tool adds by itself.
    pub(crate) content_type: Option<&'static str>,
    /// An option because of which the request cannot be sent from its text alone.
    pub(crate) unsendable: Option<String>,
}

impl Request {
    /// The fields of this name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.is(name))
    }
}

const METHODS: &[&str] =
    &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY"];

/// The request that the text begins with, or that `curl -v` shows behind `> `.
pub(crate) fn raw(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let marked = body
        .lines()
        .any(|line| line.strip_prefix("> ").is_some_and(|line| request_line(line).is_some()));
    let request = if marked { of_trace(input, body)? } else { parse(input, body, false)? };
    Some(Recognised::new(InputKind::Request, Carried::Request(Box::new(request))))
}

/// A trace may show several requests, each sent where the answer before pointed to: the last one counts,
/// unless it was never meant to carry a credential.
fn of_trace(input: &Input<'_>, body: &str) -> Option<Request> {
    let starts = marked(body);
    let mut before: Option<Request> = None;
    for (nth, start) in starts.iter().enumerate() {
        let end = starts.get(nth + 1).copied().unwrap_or(body.len());
        let part = &body[*start..end];
        let mut request = parse(input, part, true)?;
        let answer: Vec<&str> = part.lines().filter(|line| line.starts_with('<')).collect();
        request.status = answer.iter().rev().find_map(|line| status_line(line)).or(request.status);
        let has = |request: &Request| request.named("authorization").next().is_some();
        if let Some(earlier) = before.take() {
            if has(&earlier) && !has(&request) {
                let status = earlier.status.filter(|status| (300..400).contains(status));
                let Some(status) = status else { return Some(earlier) };
                let name = |request: &Request| {
                    let host = request.named("host").next();
                    host.map_or("the server", |host| host.value.text()).to_owned()
                };
                request.lost = Some(format!(
                    "a redirect ({status}) from {} to {}",
                    name(&earlier),
                    name(&request)
                ));
            } else if !has(&request) && !has(&earlier) {
                return Some(earlier);
            }
        }
        before = Some(request);
    }
    before
}

/// One request; `marked` lines begin with `> `.
fn parse(input: &Input<'_>, body: &str, marked: bool) -> Option<Request> {
    let lines: Vec<&str> = body.split('\n').collect();
    let strip = |line: &'_ str| -> Option<Range<usize>> {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if marked {
            // Other lines of the trace speak of the connection and of the answer.
            return match line.strip_prefix('>') {
                Some(rest) => {
                    let from = if rest.starts_with(' ') { 2 } else { 1 };
                    Some(from.min(line.len())..line.len())
                }
                None => None,
            };
        }
        Some(0..line.len())
    };
    let first = strip(lines.first()?)?;
    let (method, target) = request_line(&lines.first()?[first])?;
    let mut request = Request {
        method: Some(method.to_owned()),
        target: Some(input.part(target)),
        ..Request::default()
    };
    // Where the fields end and the body begins, in lines.
    let mut at = 1;
    let mut open: Option<(&str, Range<usize>)> = None;
    let offset = |line: &str| (line.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    while let Some(line) = lines.get(at) {
        at += 1;
        let Some(range) = strip(line) else {
            if let Some(status) = status_line(line) {
                request.status = Some(status);
            }
            continue;
        };
        let line = &line[range];
        if line.trim().is_empty() {
            break;
        }
        let here = offset(line);
        match field_line(line) {
            Some((name, value)) => {
                close(input, body, &mut request, open.take());
                open = Some((name, offset(value)..here + line.len()));
            }
            // RFC 9112 §5.2: folding is obsolete, but a wrapped token looks just like it.
            None => match &mut open {
                Some((_, value)) => value.end = here + line.len(),
                None => return None,
            },
        }
    }
    close(input, body, &mut request, open);
    let rest = lines.get(at..).unwrap_or_default();
    if let (false, Some(first), Some(last)) = (marked, rest.first(), rest.last()) {
        let range = offset(first)..offset(last) + last.len();
        if let Some(status) = status_line(first) {
            request.status = Some(status);
        } else if !body[range.clone()].trim().is_empty() {
            request.body = Some(input.part(&body[range]));
        }
    }
    Some(request)
}

/// More requests than any redirect leads to.
const MOST_REQUESTS: usize = 32;

/// Where the requests of a trace begin.
fn marked(body: &str) -> Vec<usize> {
    let mut at = 0;
    let mut all = Vec::new();
    for line in body.split_inclusive('\n') {
        if line.strip_prefix("> ").is_some_and(|line| request_line(line).is_some()) {
            all.push(at);
        }
        at += line.len();
    }
    all.truncate(MOST_REQUESTS);
    all
}

fn close(input: &Input<'_>, body: &str, request: &mut Request, open: Option<(&str, Range<usize>)>) {
    if let Some((name, value)) = open {
        // RFC 9110 §5.5: white space around a value is none of it. Other controls are.
        let value = input.part(&body[value]).trimmed(|c| c == ' ' || c == '\t' || c == '\r');
        request.fields.push(Field { name: input.part(name), value });
    }
}

/// Method and target of a request line; a missing version is forgiven (`.http` files).
pub(crate) fn request_line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let (method, rest) = line.split_once(' ')?;
    if !METHODS.contains(&method) {
        return None;
    }
    let rest = rest.trim_start();
    let (target, version) = match rest.rsplit_once(' ') {
        Some((target, version)) if version.starts_with("HTTP/") => (target, true),
        _ => (rest, false),
    };
    let is_target = target.starts_with('/')
        || target.starts_with("http://")
        || target.starts_with("https://")
        || (version && !target.is_empty());
    (is_target && (version || !target.contains(' '))).then_some((method, target))
}

/// The status of `HTTP/1.1 401 Unauthorized`, also behind `< `.
fn status_line(line: &str) -> Option<u16> {
    let line = line.trim_start_matches(['<', ' ']);
    line.strip_prefix("HTTP/")?.split(' ').nth(1)?.trim().parse().ok()
}

/// Name and value of a field line. A blank before the colon stays with the name: it is a fault
/// (RFC 9112 §5.1).
pub(crate) fn field_line(line: &str) -> Option<(&str, &str)> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    // HTTP/2 and HTTP/3 write pseudo-fields with a colon in front (RFC 9113 §8.3).
    let skip = usize::from(line.starts_with(':'));
    let colon = line[skip..].find(':')? + skip;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_name = !name.is_empty()
        && name
            .trim_end()
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:".contains(c) || !c.is_ascii());
    is_name.then_some((name, value))
}
