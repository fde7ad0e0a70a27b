//! One specimen of each cause: what it looks like, and evidence as a guard or explain would give it.
//!
//! Pages, documents and their tests are made from these. The values are invented (`id.example`, a fixed
//! moment) and hold no key, secret or whole token.

mod audience_scope;
mod expired;
mod header;
mod malformed;
mod revoked;
mod server;
mod tampered;

use claviger_token::{Class, Code, Fact, Fault};

/// The moment at which the specimens are judged: 2026-11-18T11:06:40Z.
pub(crate) const NOW: i64 = 1_795_000_000;

/// A cause as it is met.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// What it looks like: a header line, a piece of JSON, a key file; plain text, maybe several lines.
    pub looks: &'static str,
    /// The fault with its evidence.
    pub fault: Fault,
}

/// The specimen of a cause.
#[must_use]
pub fn specimen(code: Code) -> Specimen {
    let draft = match code.class() {
        Class::Header => header::draft(code),
        Class::Malformed => malformed::draft(code),
        Class::Tampered => tampered::draft(code),
        Class::Expired => expired::draft(code),
        Class::Revoked => revoked::draft(code),
        Class::AudienceScope => audience_scope::draft(code),
        Class::Server => server::draft(code),
    };
    // A new cause without a specimen still has its page; the test below asks for the specimen.
    let draft = draft.unwrap_or_else(|| looks(""));
    let fault = draft
        .evidence
        .into_iter()
        .fold(Fault::new(code), |fault, (name, fact)| fault.with(name, fact));
    Specimen { looks: draft.looks, fault }
}

struct Draft {
    looks: &'static str,
    evidence: Vec<(&'static str, Fact)>,
}

fn looks(looks: &'static str) -> Draft {
    Draft { looks, evidence: Vec::new() }
}

impl Draft {
    fn fact(mut self, name: &'static str, fact: Fact) -> Self {
        self.evidence.push((name, fact));
        self
    }
    fn text(self, name: &'static str, text: &str) -> Self {
        self.fact(name, Fact::Text(text.to_owned()))
    }
    fn words(self, name: &'static str, words: &str) -> Self {
        self.fact(name, Fact::Words(words.to_owned()))
    }
    fn list(self, name: &'static str, list: &[&str]) -> Self {
        self.fact(name, Fact::List(list.iter().map(|&one| one.to_owned()).collect()))
    }
    fn count(self, name: &'static str, count: u64) -> Self {
        self.fact(name, Fact::Count(count))
    }
    fn time(self, name: &'static str, unix: i64) -> Self {
        self.fact(name, Fact::Time(unix))
    }
    fn lasting(self, name: &'static str, seconds: i64) -> Self {
        self.fact(name, Fact::Lasting(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_specimen_whose_sentence_is_whole() {
        for code in Code::ALL {
            let specimen = specimen(*code);
            assert!(!specimen.looks.is_empty(), "{code} has no specimen");
            let detail = specimen.fault.detail();
            assert!(!detail.contains(['?', '{', '[']), "{code}: {detail}");
        }
    }

    #[test]
    fn a_specimen_says_more_than_the_bare_sentence() {
        // Where a sentence has parts for evidence, the specimen fills at least one of them.
        let silent: Vec<&Code> = Code::ALL
            .iter()
            .filter(|code| code.sentence().contains('{'))
            .filter(|code| specimen(**code).fault.detail() == Fault::new(**code).detail())
            .collect();
        assert!(silent.is_empty(), "{silent:?}");
    }

    #[test]
    fn specimens_are_narrow_enough_to_be_read() {
        for code in Code::ALL {
            for line in specimen(*code).looks.lines() {
                assert!(line.chars().count() <= 72, "{code}: {line}");
            }
        }
    }
}
