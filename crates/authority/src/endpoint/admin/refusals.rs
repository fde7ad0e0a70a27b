//! `/admin/v1/refusals/{diagnosis}`: one refusal of the journal, for `claviger why`.

use http::StatusCode;
use serde_json::{Map, Value};

use super::unknown;
use crate::call::{Answer, Call};
use crate::render;

pub(crate) async fn show(call: Call) -> Answer {
    let id = call.place("diagnosis");
    let Some(found) = call.state.store.find_entry(id).await? else {
        let fix = "copy the whole id; the journal keeps the last refusals only \
                   (`journal.max_entries`)";
        return Err(unknown("diagnosis-unknown", "refusal", id, fix));
    };
    let mut shown = Map::new();
    shown.insert("diagnosis".to_owned(), Value::from(found.id));
    shown.insert("at".to_owned(), Value::from(found.at));
    shown.insert("code".to_owned(), Value::from(found.code));
    if let Value::Object(rest) = found.record {
        shown.extend(rest);
    }
    Ok(render::json(StatusCode::OK, &Value::Object(shown)))
}
