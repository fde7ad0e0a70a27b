//! Refusals on their way to the issuer's journal.
//!
//! Decides which refusals are told one by one and which are counted, and so under which id each of them can be
//! found. Never holds more than its bounds, whatever arrives. Knows no network and no clock.

use std::collections::{HashMap, VecDeque};

use claviger_token::Code;
use serde::Serialize;

/// So many alike within a minute are told one by one, as the journal keeps them.
const ONE_BY_ONE: u32 = 10;
/// How long refusals are alike, in seconds.
const ALIKE: i64 = 60;
/// Kinds of refusals that are told apart; whoever makes up more clients is counted together.
const MOST_ALIKE: usize = 1024;
/// Reports that wait at most; what comes then is counted on one of those there are.
const MOST_WAITING: usize = 2000;

/// One refusal as the journal takes it, or many alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    pub(crate) diagnosis: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) code: Code,
    /// Unix seconds.
    pub(crate) at: i64,
    /// How many it stands for so far: told again it is not added, so that nothing is counted twice.
    pub(crate) count: u64,
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
}

fn as_text<S: serde::Serializer>(code: &Code, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(code.as_str())
}

#[derive(Debug)]
struct Alike {
    since: i64,
    told: u32,
    /// The latest, on which the next ones may be counted.
    last: Report,
    /// Whether `last` says something that was not handed out yet.
    is_news: bool,
}

/// What waits to be told.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    alike: HashMap<(Code, Option<String>), Alike>,
    waiting: VecDeque<Report>,
}

impl Desk {
    /// Takes a refusal in, and tells the id by which it is found: its own, or that of the one it is counted on.
    pub(crate) fn take(&mut self, report: Report) -> String {
        let now = report.at;
        let mut like = (report.code, report.client.clone());
        if self.alike.len() >= MOST_ALIKE && !self.alike.contains_key(&like) {
            self.forget(now);
            if self.alike.len() >= MOST_ALIKE {
                like.1 = None;
            }
        }
        let id = report.diagnosis.clone();
        let is_full = self.waiting.len() >= MOST_WAITING;
        let Some(alike) = self.alike.get_mut(&like) else {
            let alike = Alike { since: now, told: 1, last: report, is_news: true };
            self.alike.insert(like, alike);
            return id;
        };
        let is_over = !is_alike(alike, now);
        if is_full || (!is_over && alike.told >= ONE_BY_ONE) {
            alike.last.count = alike.last.count.saturating_add(1);
            alike.is_news = true;
            return alike.last.diagnosis.clone();
        }
        if is_over {
            (alike.since, alike.told) = (now, 0);
        }
        alike.told += 1;
        let before = std::mem::replace(&mut alike.last, report);
        if std::mem::replace(&mut alike.is_news, true) {
            self.waiting.push_back(before);
        }
        id
    }

    /// The next of what waits, at most so many.
    pub(crate) fn hand_out(&mut self, most: usize, now: i64) -> Vec<Report> {
        let mut out: Vec<Report> = self.waiting.drain(..most.min(self.waiting.len())).collect();
        for alike in self.alike.values_mut().filter(|alike| alike.is_news) {
            if out.len() >= most {
                return out;
            }
            alike.is_news = false;
            out.push(alike.last.clone());
        }
        self.forget(now);
        out
    }

    /// How many reports wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len() + self.alike.values().filter(|alike| alike.is_news).count()
    }

    fn forget(&mut self, now: i64) {
        self.alike.retain(|_, alike| alike.is_news || is_alike(alike, now));
    }
}

const fn is_alike(alike: &Alike, now: i64) -> bool {
    now >= alike.since && now - alike.since < ALIKE
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn report(id: &str, client: &str, at: i64) -> Report {
        Report {
            diagnosis: id.to_owned(),
            code: Code::Expired,
            at,
            count: 1,
            status: 401,
            method: None,
            path: None,
            client: Some(client.to_owned()),
            subject: None,
            address: None,
        }
    }

    fn counts(reports: &[Report]) -> u64 {
        reports.iter().map(|report| report.count).sum()
    }

    #[test]
    fn the_first_of_a_minute_are_told_one_by_one_and_the_rest_are_counted() {
        let mut desk = Desk::default();
        for nth in 0..ONE_BY_ONE {
            let id = format!("{nth}");
            assert_eq!(desk.take(report(&id, "a", NOW)), id);
        }
        assert_eq!(desk.take(report("x", "a", NOW + 59)), "9");
        assert_eq!(desk.take(report("y", "b", NOW + 59)), "y", "another client");
        assert_eq!(desk.len(), 11);
        let told = desk.hand_out(200, NOW + 59);
        assert_eq!((told.len(), counts(&told)), (11, 12));
        assert_eq!(desk.len(), 0);
        // What is counted later raises the same report's count.
        assert_eq!(desk.take(report("z", "a", NOW + 59)), "9");
        let again = desk.hand_out(200, NOW + 59);
        assert_eq!(again.len(), 1);
        assert_eq!((again[0].diagnosis.as_str(), again[0].count), ("9", 3));
        assert_eq!(desk.take(report("w", "a", NOW + 60)), "w", "another minute");
    }

    #[test]
    fn every_id_that_is_told_to_a_client_is_reported() {
        let mut desk = Desk::default();
        let (mut ids, mut told) = (std::collections::HashSet::new(), Vec::new());
        for nth in 0..500_i64 {
            ids.insert(desk.take(report(
                &nth.to_string(),
                ["a", "b"][nth as usize % 2],
                NOW + nth,
            )));
            if nth % 7 == 0 {
                told.extend(desk.hand_out(3, NOW + nth));
            }
        }
        while desk.len() > 0 {
            told.extend(desk.hand_out(3, NOW + 500));
        }
        let reported: std::collections::HashSet<_> =
            told.into_iter().map(|report| report.diagnosis).collect();
        assert_eq!(ids, reported);
    }

    #[test]
    fn a_flood_that_nobody_takes_stays_within_its_bounds() {
        let mut desk = Desk::default();
        for nth in 0..50_000_i64 {
            // Ever new names, minute after minute, while the issuer is away.
            desk.take(report(&nth.to_string(), &(nth % 3000).to_string(), NOW + nth));
        }
        assert!(desk.len() <= MOST_WAITING + MOST_ALIKE + 1, "{}", desk.len());
        let mut told = Vec::new();
        while desk.len() > 0 {
            told.extend(desk.hand_out(200, NOW + 50_000));
        }
        assert_eq!(counts(&told), 50_000, "none is lost");
        assert!(desk.alike.is_empty());
    }
}
