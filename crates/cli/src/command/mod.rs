//! One file for each command: gather what it needs, call the crate that does it, print.

pub(crate) mod admin;
pub(crate) mod attempt;
pub(crate) mod backup;
pub(crate) mod batch;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod faults;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod journal;
mod prompt;
pub(crate) mod serve;
pub(crate) mod signals;
pub(crate) mod traces;

use claviger_token::Algorithm;

use crate::say::Stop;

/// The algorithms that `--algorithm` names.
pub(crate) fn algorithms(names: &[String]) -> Result<Vec<Algorithm>, Stop> {
    let known = |name: &String| {
        Algorithm::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = Algorithm::ALL.iter().map(|one| one.name()).collect();
            Stop::usage(format!("`--algorithm {name}` is none that is known"))
                .hint(format!("one of {}", known.join(", ")))
        })
    };
    names.iter().map(known).collect()
}
