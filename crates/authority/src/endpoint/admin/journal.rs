//! `/admin/v1/journal`: what happened, in order, for `claviger journal`; one entry by its id, for `why`.

use std::net::IpAddr;

use claviger_store::JournalFilter;
use http::StatusCode;
use serde_json::json;

use super::unknown;
use crate::call::{Answer, Call, clipped};
use crate::journal::{JOURNAL_KINDS, shown};
use crate::refusal::Refusal;
use crate::render;

const USUAL: u32 = 100;
const MOST: u32 = 1000;
const LONGEST: usize = 1000;

pub(crate) async fn list(call: Call) -> Answer {
    let (filter, limit) = asked(&call)?;
    let newest = filter.newest;
    let fetch = if newest { limit } else { limit.saturating_add(1) };
    let mut found = call.state.store.list_journal(filter, fetch).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().map(|entry| entry.seq.to_string());
    let items: Vec<_> = found.into_iter().map(shown).collect();
    Ok(render::json(StatusCode::OK, &json!({ "items": items, "next": last.filter(|_| more) })))
}

pub(crate) async fn show(call: Call) -> Answer {
    let id = call.place("id");
    match call.state.store.find_entry(id).await? {
        Some(entry) => Ok(render::json(StatusCode::OK, &shown(entry))),
        None => {
            let fix = "copy the whole id; entries go after `journal.keep_days`, and the oldest \
                       beyond `journal.max_entries`";
            Err(unknown("diagnosis-unknown", "entry", id, fix))
        }
    }
}

/// `subject` and `address` come in the clear: only here are their hashes known.
fn asked(call: &Call) -> Result<(JournalFilter, u32), Box<Refusal>> {
    let refuse = |name: &str, value: &str, fix: String| -> Box<Refusal> {
        Refusal::new(StatusCode::BAD_REQUEST, "query-refused")
            .detail(format!("the query's `{}` is `{}`", clipped(name), clipped(value)))
            .fix(fix)
            .into()
    };
    let mut filter = JournalFilter::default();
    let mut limit = USUAL;
    let mut seen: Vec<String> = Vec::new();
    let query = call.parts.uri.query().unwrap_or_default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if seen.iter().any(|known| *known == name) {
            return Err(refuse(&name, &value, "send each at most once".to_owned()));
        }
        seen.push(name.clone().into_owned());
        let text = || (value.len() <= LONGEST).then(|| value.clone().into_owned());
        let journal = &call.state.journal;
        let read = match name.as_ref() {
            "after" => value.parse().ok().map(|at| filter.after = Some(at)),
            "since" => value.parse().ok().map(|at| filter.since = Some(at)),
            "limit" => value
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .map(|wanted| limit = wanted),
            "newest" => value.parse().ok().map(|newest| filter.newest = newest),
            "kind" if JOURNAL_KINDS.contains(&value.as_ref()) => {
                text().map(|kind| filter.kind = Some(kind))
            }
            "code" => text().map(|code| filter.code = Some(code)),
            "client" => text().map(|client| filter.client = Some(client)),
            "subject" => text().map(|sub| filter.subject = Some(journal.subject_hash(&sub))),
            // As the journal wrote it: an address has several spellings.
            "address" => value.parse::<IpAddr>().ok().map(|from| {
                let from = from.to_canonical().to_string();
                filter.address = Some(journal.address_hash(&from));
            }),
            _ => None,
        };
        if read.is_none() {
            let fix = format!(
                "send `after`, `since` (Unix seconds), `limit` (1 to {MOST}), `newest` (true), \
                 `code`, `client`, `subject`, `address` (an IP address), or `kind` (one of: {})",
                JOURNAL_KINDS.join(", ")
            );
            return Err(refuse(&name, &value, fix));
        }
    }
    Ok((filter, limit))
}
