//! Access logs with a time in brackets: common and combined (nginx, Apache), Envoy's default, HAProxy's HTTP log.
//!
//! Decides by what stands around the bracket. Fields behind the usual ones are text: they may hold a
//! challenge or a cause. Referrer and agent are no such fields: a client writes there what it likes.

use std::borrow::Cow;

use super::fields::status;
use super::target;
use crate::batch::event::Event;
use crate::batch::moment;

/// The time's bracket begins this early in a line: behind addresses, users and a syslog head.
const EARLY: usize = 512;

pub(super) fn read(line: &str) -> Option<Event<'_>> {
    let (before, time, behind) = bracket(line)?;
    let behind = behind.trim_start_matches(' ');
    match behind.strip_prefix('"') {
        Some(quoted) if before.is_empty() => envoy(time, quoted),
        Some(quoted) => combined(before, time, quoted),
        None if before.is_empty() => None,
        None => haproxy(before, time, behind),
    }
}

/// What stands before the first bracket that holds a time, the time, what stands behind it.
fn bracket(line: &str) -> Option<(&str, i64, &str)> {
    let mut from = 0;
    while let Some(found) = line.get(from..)?.find('[') {
        let open = from + found;
        if open > EARLY {
            return None;
        }
        from = open + 1;
        let inner = line.get(open + 1..)?;
        let Some((time, length)) = moment::prefix(inner) else { continue };
        let Some(behind) = inner.get(length..)?.strip_prefix(']') else { continue };
        return Some((line.get(..open)?.trim_end(), time, behind));
    }
    None
}

/// What stands in quotes, up to the first quote that no backslash escapes, and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => at += 1,
        }
    }
}

fn text(rest: &str) -> Option<Cow<'_, str>> {
    let rest = rest.trim_start();
    (!rest.is_empty()).then_some(Cow::Borrowed(rest))
}

/// `ADDRESS IDENTITY USER [TIME] "REQUEST" STATUS BYTES …`; Apache's vhost_combined has the host in front.
fn combined<'l>(before: &'l str, time: i64, behind: &'l str) -> Option<Event<'l>> {
    let (request, rest) = quoted(behind)?;
    let mut words = rest.trim_start().splitn(3, ' ');
    let status = status(words.next()?)?;
    let _bytes = words.next();
    let mut columns = before.split(' ').filter(|word| !word.is_empty());
    let first = columns.next();
    let address = match before.split(' ').filter(|word| !word.is_empty()).count() {
        4.. if first.is_some_and(is_host_and_port) => columns.next(),
        _ => first,
    };
    Some(Event {
        time: Some(time),
        status: Some(status),
        target: target(request).map(Cow::Borrowed),
        address: address.filter(|address| *address != "-").map(Cow::Borrowed),
        text: words.next().map(behind_agent).and_then(text),
        ..Event::default()
    })
}

/// What stands behind referrer and agent, where there are two fields in quotes.
fn behind_agent(rest: &str) -> &str {
    let field = |rest: &'_ str| -> Option<usize> {
        let inner = rest.trim_start().strip_prefix('"')?;
        let (_, behind) = quoted(inner)?;
        Some(rest.len() - behind.len())
    };
    let both = field(rest).and_then(|first| {
        let behind = rest.get(first..)?;
        behind.get(field(behind)?..)
    });
    both.unwrap_or(rest)
}

/// `example.org:443`, not `::1`.
fn is_host_and_port(word: &str) -> bool {
    word.split_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `[TIME] "REQUEST" STATUS FLAGS … "FORWARDED FOR" "AGENT" …`.
fn envoy(time: i64, behind: &str) -> Option<Event<'_>> {
    let (request, rest) = quoted(behind)?;
    let mut words = rest.trim_start().splitn(2, ' ');
    let status = status(words.next()?)?;
    let rest = words.next().unwrap_or_default();
    // The first address in quotes: newer formats have other texts in quotes before it.
    let address = rest.split('"').skip(1).step_by(2).take(4).find(|word| is_address(word));
    Some(Event {
        time: Some(time),
        status: Some(status),
        target: target(request).map(Cow::Borrowed),
        address: address.map(Cow::Borrowed),
        // The details of the response stand before the fields in quotes.
        text: rest.split('"').next().and_then(text),
        ..Event::default()
    })
}

/// Digits and separators of an IP address, perhaps several with commas.
fn is_address(word: &str) -> bool {
    let plain = word.bytes().all(|byte| byte.is_ascii_hexdigit() || b".:, ".contains(&byte));
    plain && (word.matches('.').count() >= 3 || word.matches(':').count() >= 2)
}

/// `… ADDRESS:PORT [TIME] FRONTEND BACKEND/SERVER TIMERS STATUS BYTES … "REQUEST"`.
fn haproxy<'l>(before: &'l str, time: i64, behind: &'l str) -> Option<Event<'l>> {
    let mut words = behind.split(' ').filter(|word| !word.is_empty());
    let (_frontend, server, timers) = (words.next()?, words.next()?, words.next()?);
    if !server.contains('/') || !timers.contains('/') {
        return None;
    }
    let status = status(words.next()?)?;
    let request = behind.split_once('"').and_then(|(_, request)| quoted(request));
    Some(Event {
        time: Some(time),
        status: Some(status),
        target: request.and_then(|(request, _)| target(request)).map(Cow::Borrowed),
        address: before.rsplit(' ').next().map(Cow::Borrowed),
        // Captured headers stand in braces, before the request.
        text: behind.split('"').next().and_then(|rest| text(rest.split_once('{')?.1)),
        ..Event::default()
    })
}
