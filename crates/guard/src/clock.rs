//! The one place where the guard reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds. A clock before 1970 counts as 1970: every token is then "not yet valid", none too long.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
