//! `POST /journal/refusals`: a guard reports what it refused, so that `why` knows its diagnosis ids as well.
//!
//! Who may introspect tokens may report, and the administrator. Nothing that is reported decides anything;
//! texts of the reporter's own are not taken, but names, which are cut and cleaned.

use claviger_protocol::{Form, OauthCode, OauthFault};
use claviger_token::Code;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use crate::administrator;
use crate::call::{Answer, Call};
use crate::client_check;
use crate::journal::{Event, Kind};
use crate::refusal::Refusal;
use crate::render;

/// So many at once.
const MOST: usize = 200;
/// How old a report may be, in seconds: a guard that could not reach us for a day has other troubles.
const OLDEST: i64 = 86_400;
/// So many resources are looked at for the right to report.
const MOST_RESOURCES: u32 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    refusals: Vec<Reported>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reported {
    diagnosis: String,
    code: String,
    at: i64,
    #[serde(default = "once")]
    count: u64,
    status: Option<u16>,
    method: Option<String>,
    path: Option<String>,
    client: Option<String>,
    subject: Option<String>,
    address: Option<String>,
}

const fn once() -> u64 {
    1
}

pub(crate) async fn report(mut call: Call) -> Answer {
    let by = reporter(&call).await?;
    let report: Report = call.json().await?;
    let refuse = |detail: String| {
        Refusal::new(StatusCode::BAD_REQUEST, "report-refused")
            .detail(detail)
            .fix("send what the guard refused as it told its clients: see docs/journal.md")
    };
    if report.refusals.len() > MOST {
        return Err(refuse(format!("there are more than {MOST} refusals in one report")).into());
    }
    let now = call.state.clock.now();
    for (nth, one) in report.refusals.iter().enumerate() {
        if one.code.parse::<Code>().is_err() {
            return Err(refuse(format!("refusal {nth} has a code that no catalogue has")).into());
        }
        if !is_diagnosis(&one.diagnosis) {
            return Err(refuse(format!("refusal {nth} has no diagnosis id")).into());
        }
    }
    let many = report.refusals.len();
    for one in report.refusals {
        let at = one.at.clamp(now.saturating_sub(OLDEST), now);
        let mut event = Event::new(Kind::Refusal, one.code)
            .id(one.diagnosis)
            .times(one.count.clamp(1, 1_000_000), at)
            .address(one.address.and_then(|address| address.parse().ok()))
            .told_by(&by)
            .with("endpoint", "guard")
            .with("status", one.status)
            .with("method", one.method)
            .with("path", one.path.map(without_query));
        if let Some(client) = one.client {
            event = event.client(client);
        }
        if let Some(subject) = one.subject {
            event = event.subject(subject);
        }
        call.state.journal.event(event);
    }
    Ok(render::json(StatusCode::ACCEPTED, &json!({ "accepted": many })))
}

/// Who reports: the administrator, or a client that may introspect some API's tokens.
async fn reporter(call: &Call) -> Result<String, Box<Refusal>> {
    let header = call.parts.headers.get(header::AUTHORIZATION);
    let bearer = header.and_then(|value| value.as_bytes().get(..7));
    if bearer.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer ")) {
        administrator::authenticate(call)?;
        return Ok("administrator".to_owned());
    }
    let client = client_check::client(call, &Form::parse(b"")?).await?;
    let resources = call.state.store.list_resources(None, MOST_RESOURCES).await?;
    if resources.iter().any(|resource| resource.introspectors.contains(&client.id)) {
        return Ok(format!("client {}", client.id));
    }
    Err(OauthFault::new(
        OauthCode::UnauthorizedClient,
        "report-forbidden",
        "the client introspects no API's tokens, so it guards none",
    )
    .fix("name it among the `introspectors` of the API it guards")
    .into())
}

fn is_diagnosis(id: &str) -> bool {
    id.strip_prefix("dg_").is_some_and(|rest| {
        (8..=64).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn without_query(path: String) -> String {
    path.split(['?', '#']).next().unwrap_or_default().to_owned()
}
