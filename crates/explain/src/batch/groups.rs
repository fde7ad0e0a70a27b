//! The refusals of a log, counted by cause, client and issuer.
//!
//! Decides what belongs together, and what is counted without a name once there are too many names. Two
//! counts of two parts of a log give, merged, the count of the whole.

use std::collections::BTreeMap;

use claviger_token::Code;

use super::plain;
use crate::report::Certainty;

/// Rows that are kept by name when there are more than twice as many; with names of bounded length they
/// take some megabytes.
pub(super) const MOST_ROWS: usize = 10_000;

/// Why a refusal has no cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// The line shows no credential and names no cause.
    Silent,
    /// The policy and keys at hand take the token.
    Accepted,
    /// Nothing speaks against the token, but no key was at hand.
    Open,
}

impl Why {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "the log shows no credential and names no cause",
            Self::Accepted => {
                "the given policy and keys take the token: the server judges by others, or the request by more"
            }
            Self::Open => "nothing speaks against the token, but no key was given to check it with",
        }
    }
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    Known(Code),
    Unexplained(Option<u16>, Why),
}

/// One refusal, in the words of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused<'r> {
    pub(super) cause: Cause,
    pub(super) certainty: Certainty,
    pub(super) client: Option<&'r str>,
    pub(super) issuer: Option<&'r str>,
    pub(super) address: Option<&'r str>,
    pub(super) target: Option<&'r str>,
    pub(super) time: Option<i64>,
    pub(super) diagnosis: Option<&'r str>,
    /// The number of the line.
    pub(super) line: u64,
}

/// What a row is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) cause: Cause,
    pub(super) client: Option<String>,
    /// Where the client is not known.
    pub(super) address: Option<String>,
    pub(super) issuer: Option<String>,
    /// Where the cause is not known.
    path: Option<String>,
    /// Stands for the rows that lost their names when there were too many.
    pub(super) others: bool,
}

/// A path, where all have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Paths {
    One(Option<String>),
    Several,
}

/// What was counted under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) count: u64,
    pub(super) certainty: Certainty,
    pub(super) span: Span,
    paths: Paths,
    /// The first line of it, with the diagnosis id that stands there.
    pub(super) example: (u64, Option<String>),
}

/// Rows with what they are found by.
pub(super) type Rows<'g> = Vec<(&'g Key, &'g Row)>;

/// From when to when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The earliest time; none where no line has one.
    pub first: Option<i64>,
    /// The latest.
    pub last: Option<i64>,
}

impl Span {
    fn of(time: Option<i64>) -> Self {
        Self { first: time, last: time }
    }

    fn merge(&mut self, other: Self) {
        let both = |one: Option<i64>, other: Option<i64>, choose: fn(i64, i64) -> i64| match (
            one, other,
        ) {
            (Some(one), Some(other)) => Some(choose(one, other)),
            (one, other) => one.or(other),
        };
        self.first = both(self.first, other.first, i64::min);
        self.last = both(self.last, other.last, i64::max);
    }
}

/// What was counted in a log, or in a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Lines, or entries of a HAR file.
    pub lines: u64,
    /// Lines that tell of a request, or carry a credential.
    pub requests: u64,
    /// Requests that were refused; without a status in the line, credentials that would be.
    pub refused: u64,
    /// Refused requests for which no cause was found.
    pub unexplained: u64,
    /// Credentials without a status that the policy takes.
    pub accepted: u64,
    /// Credentials without a status that were left open for want of a key.
    pub undetermined: u64,
    /// Lines that tell of no request.
    pub other_lines: u64,
    /// Lines beyond the bound, which were not looked at; they are among the other lines.
    pub long_lines: u64,
    /// Refusals that are counted by their cause alone, for there were too many clients to tell apart.
    pub others: u64,
    /// From when to when the requests came.
    pub span: Span,
    pub(super) rows: BTreeMap<Key, Row>,
    most: usize,
}

impl Default for Groups {
    fn default() -> Self {
        Self::with_most(MOST_ROWS)
    }
}

impl Groups {
    /// With another bound for the rows.
    fn with_most(most: usize) -> Self {
        Self {
            lines: 0,
            requests: 0,
            refused: 0,
            unexplained: 0,
            accepted: 0,
            undetermined: 0,
            other_lines: 0,
            long_lines: 0,
            others: 0,
            span: Span::default(),
            rows: BTreeMap::new(),
            most,
        }
    }

    /// A request, however it was answered.
    pub(super) fn request(&mut self, time: Option<i64>) {
        self.requests += 1;
        self.span.merge(Span::of(time));
    }

    /// A request that was refused.
    pub(super) fn refuse(&mut self, refused: &Refused<'_>) {
        let client = refused.client.and_then(plain::word);
        let address = match client {
            Some(_) => None,
            None => refused.address.and_then(plain::address),
        };
        let path = refused.target.and_then(plain::path);
        let is_known = matches!(refused.cause, Cause::Known(_));
        let key = Key {
            cause: refused.cause,
            client,
            address,
            issuer: refused.issuer.and_then(plain::word),
            path: if is_known { None } else { path.clone() },
            others: false,
        };
        let row = Row {
            count: 1,
            certainty: refused.certainty,
            span: Span::of(refused.time),
            paths: Paths::One(path),
            example: (refused.line, refused.diagnosis.and_then(plain::word)),
        };
        self.add(key, row);
    }

    fn add(&mut self, key: Key, row: Row) {
        self.refused += row.count;
        if matches!(key.cause, Cause::Unexplained(..)) {
            self.unexplained += row.count;
        }
        if key.others {
            self.others += row.count;
        }
        self.put(key, row);
        if self.rows.len() > 2 * self.most {
            self.fold();
        }
    }

    fn put(&mut self, key: Key, row: Row) {
        match self.rows.get_mut(&key) {
            Some(known) => known.merge(row),
            None => drop(self.rows.insert(key, row)),
        }
    }

    /// Takes the names from the smaller half of the rows: a flood of names must not hide those that come
    /// again and again, whenever they come.
    fn fold(&mut self) {
        let mut rows: Vec<(Key, Row)> = std::mem::take(&mut self.rows).into_iter().collect();
        rows.sort_by(|one, other| other.1.count.cmp(&one.1.count).then(one.0.cmp(&other.0)));
        let mut left = self.most;
        for (key, row) in rows {
            if key.others {
                self.put(key, row);
            } else if let Some(fewer) = left.checked_sub(1) {
                left = fewer;
                self.put(key, row);
            } else {
                self.others += row.count;
                self.put(key.of_others(), row);
            }
        }
    }

    /// Adds what was counted in another part.
    pub fn merge(&mut self, other: Self) {
        self.lines += other.lines;
        self.requests += other.requests;
        self.accepted += other.accepted;
        self.undetermined += other.undetermined;
        self.other_lines += other.other_lines;
        self.long_lines += other.long_lines;
        self.span.merge(other.span);
        for (key, row) in other.rows {
            self.add(key, row);
        }
    }

    /// The rows, the most frequent first; those with a cause, then those without.
    pub(super) fn sorted(&self) -> (Rows<'_>, Rows<'_>) {
        let mut rows: Rows<'_> = self.rows.iter().collect();
        rows.sort_by(|one, other| other.1.count.cmp(&one.1.count).then(one.0.cmp(other.0)));
        rows.into_iter().partition(|(key, _)| matches!(key.cause, Cause::Known(_)))
    }
}

impl Key {
    /// The row of the same cause for clients that are not told apart.
    fn of_others(self) -> Self {
        let cause = self.cause;
        Self { cause, client: None, address: None, issuer: None, path: None, others: true }
    }
}

impl Row {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        if sureness(other.certainty) > sureness(self.certainty) {
            self.certainty = other.certainty;
        }
        self.span.merge(other.span);
        if self.paths != other.paths {
            self.paths = Paths::Several;
        }
        if other.example.0 < self.example.0 {
            self.example = other.example;
        }
    }

    /// The path, where all have the same.
    pub(super) fn path(&self) -> Option<&str> {
        match &self.paths {
            Paths::One(path) => path.as_deref(),
            Paths::Several => None,
        }
    }
}

const fn sureness(certainty: Certainty) -> u8 {
    match certainty {
        Certainty::Possible => 0,
        Certainty::Likely => 1,
        Certainty::Proven => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Refusals of few names, so that they meet.
    fn refusals() -> impl Strategy<Value = Vec<(usize, usize, usize, i64, bool)>> {
        proptest::collection::vec(
            (0_usize..4, 0_usize..4, 0_usize..3, 0_i64..50, any::<bool>()),
            0..60,
        )
    }

    fn counted(refusals: &[(usize, usize, usize, i64, bool)], from: usize, most: usize) -> Groups {
        let mut groups = Groups::with_most(most);
        let clients = [None, Some("web"), Some("billing"), Some("mobile")];
        let causes = [
            Cause::Known(Code::Expired),
            Cause::Known(Code::AudienceMismatch),
            Cause::Unexplained(Some(401), Why::Silent),
            Cause::Unexplained(Some(403), Why::Open),
        ];
        for (nth, (cause, client, path, time, sure)) in refusals.iter().enumerate() {
            groups.lines += 1;
            groups.request(Some(*time));
            groups.refuse(&Refused {
                cause: causes[*cause],
                certainty: if *sure { Certainty::Proven } else { Certainty::Possible },
                client: clients[*client],
                issuer: None,
                address: Some("10.0.0.9:1"),
                target: [None, Some("/a"), Some("/b?c")][*path],
                time: Some(*time).filter(|time| time % 3 > 0),
                diagnosis: None,
                line: (from + nth) as u64,
            });
        }
        groups
    }

    proptest! {
        #[test]
        fn however_a_log_is_cut_the_table_is_the_same(all in refusals(), cut in 0_usize..60, again in 0_usize..60) {
            let cut = cut.min(all.len());
            let again = again.min(cut);
            let whole = counted(&all, 0, 1000);
            let (one, two, three) = (
                counted(&all[..again], 0, 1000),
                counted(&all[again..cut], again, 1000),
                counted(&all[cut..], cut, 1000),
            );
            for mut parts in [vec![one.clone(), two.clone(), three.clone()], vec![three, one, two]] {
                let mut merged = parts.remove(0);
                parts.into_iter().for_each(|part| merged.merge(part));
                prop_assert_eq!(&merged, &whole);
            }
        }

        #[test]
        fn with_too_many_names_nothing_is_lost_but_names(all in refusals(), cut in 0_usize..60) {
            let cut = cut.min(all.len());
            let mut groups = counted(&all[..cut], 0, 3);
            groups.merge(counted(&all[cut..], cut, 3));
            let sum: u64 = groups.rows.values().map(|row| row.count).sum();
            let others: u64 = groups.rows.iter().filter(|(key, _)| key.others).map(|(_, row)| row.count).sum();
            prop_assert_eq!(groups.refused, all.len() as u64);
            prop_assert_eq!(sum, groups.refused);
            prop_assert_eq!(others, groups.others);
            prop_assert!(groups.rows.len() <= 2 * 3 + 4);
            let unexplained = all.iter().filter(|one| one.0 > 1).count() as u64;
            prop_assert_eq!(groups.unexplained, unexplained);
        }
    }

    #[test]
    fn a_flood_of_names_does_not_hide_the_frequent_one() {
        let mut groups = Groups::with_most(10);
        for nth in 0..1_000 {
            let (name, line) = (format!("client-{nth}"), nth);
            for client in [name.as_str(), "billing"].into_iter().take(1 + usize::from(nth >= 500)) {
                groups.refuse(&Refused {
                    cause: Cause::Known(Code::Expired),
                    certainty: Certainty::Possible,
                    client: Some(client),
                    issuer: None,
                    address: None,
                    target: None,
                    time: None,
                    diagnosis: None,
                    line,
                });
            }
        }
        let (known, _) = groups.sorted();
        assert_eq!(groups.refused, 1_500);
        assert!(known[0].0.others && known.len() <= 21, "{known:?}");
        assert_eq!((known[1].0.client.as_deref(), known[1].1.count), (Some("billing"), 500));
    }

    #[test]
    fn the_most_frequent_stands_first() {
        let mut groups =
            counted(&[(1, 1, 1, 5, false), (0, 1, 1, 7, true), (0, 1, 1, 4, false)], 1, 10);
        groups.merge(counted(&[(2, 0, 1, 9, false)], 4, 10));
        let (known, unexplained) = groups.sorted();
        assert_eq!(known[0].0.cause, Cause::Known(Code::Expired));
        assert_eq!((known[0].1.count, known[0].1.certainty), (2, Certainty::Proven));
        assert_eq!(known[0].1.span, Span { first: Some(4), last: Some(7) });
        assert_eq!(known[0].1.path(), Some("/a"));
        assert_eq!(known[0].1.example.0, 2);
        assert_eq!(unexplained[0].0.address.as_deref(), Some("10.0.0.9"));
        assert_eq!(groups.span, Span { first: Some(4), last: Some(9) });
    }
}
