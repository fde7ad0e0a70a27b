//! Lists in pages: `after` and `limit` in, `items` and `next` out.

use http::StatusCode;
use serde::Serialize;

use crate::call::{Call, clipped};
use crate::refusal::Refusal;

const USUAL: u32 = 100;
const MOST: u32 = 1000;

/// Which page is asked for.
pub(super) struct Page {
    pub(super) after: Option<String>,
    pub(super) limit: u32,
}

/// A page as it is answered.
#[derive(Serialize)]
pub(super) struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl Page {
    pub(super) fn of(call: &Call) -> Result<Self, Box<Refusal>> {
        let refuse = |detail: String| {
            Box::new(
                Refusal::new(StatusCode::BAD_REQUEST, "query-refused")
                    .detail(detail)
                    .fix(format!("send `limit` (1 to {MOST}) and `after`, each at most once")),
            )
        };
        let mut page = Self { after: None, limit: USUAL };
        let mut seen_limit = false;
        let query = call.parts.uri.query().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "after" if page.after.is_none() => page.after = Some(value.into_owned()),
                "limit" if !seen_limit => {
                    seen_limit = true;
                    page.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=MOST).contains(limit))
                        .ok_or_else(|| refuse(format!("`limit` is `{}`", clipped(&value))))?;
                }
                other => {
                    return Err(refuse(format!(
                        "the query's `{}` is unknown or stands twice",
                        clipped(other)
                    )));
                }
            }
        }
        Ok(page)
    }

    /// How many to ask the store for: one more than shown tells whether there is another page.
    pub(super) const fn fetch(&self) -> u32 {
        self.limit.saturating_add(1)
    }

    /// The page of what was fetched; `id` names an item for `after`.
    pub(super) fn list<R, T>(
        &self,
        mut fetched: Vec<R>,
        id: impl Fn(&R) -> String,
        shown: impl Fn(R) -> T,
    ) -> List<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = fetched.len() > limit;
        fetched.truncate(limit);
        let next = fetched.last().filter(|_| more).map(&id);
        List { items: fetched.into_iter().map(shown).collect(), next }
    }
}
