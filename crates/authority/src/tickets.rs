//! What travels through somebody's browser and comes back: sealed, for one purpose, for one browser, for a
//! few minutes. So a log-in of several steps needs no memory here.

use std::sync::Arc;

use claviger_store::seal::{self, MasterKey};
use claviger_token::base64url;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::browser::Mark;
use crate::refusal::Refusal;

/// Longer than any of ours; what is longer is nobody's.
const LONGEST: usize = 4096;

pub(crate) struct Tickets(Arc<MasterKey>);

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    /// Unix seconds.
    until: i64,
    about: T,
}

impl Tickets {
    pub(crate) const fn new(master: Arc<MasterKey>) -> Self {
        Self(master)
    }

    /// Seals something for a browser, up to a moment.
    pub(crate) fn seal(
        &self,
        purpose: &str,
        mark: &Mark,
        until: i64,
        about: &impl Serialize,
    ) -> Result<String, Box<Refusal>> {
        let failed = |error: &dyn std::fmt::Display| {
            Box::new(Refusal::unavailable("not-sealed", error.to_string()))
        };
        let plain = serde_json::to_vec(&Sealed { until, about }).map_err(|error| failed(&error))?;
        let sealed =
            seal::seal(&self.0, &name(purpose, mark), &plain).map_err(|error| failed(&error))?;
        Ok(base64url::encode(sealed))
    }

    /// Opens what [`Tickets::seal`] made for this purpose and browser, unless it is too old.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        purpose: &str,
        mark: &Mark,
        ticket: Option<&str>,
        now: i64,
    ) -> Option<T> {
        let sealed = base64url::decode(ticket.filter(|text| text.len() <= LONGEST)?).ok()?;
        let plain = seal::open(&self.0, &name(purpose, mark), &sealed).ok()?;
        let Sealed { until, about } = serde_json::from_slice(&plain).ok()?;
        (now < until).then_some(about)
    }
}

fn name(purpose: &str, mark: &Mark) -> Vec<u8> {
    format!("claviger ticket\0{purpose}\0{}", mark.value()).into_bytes()
}
