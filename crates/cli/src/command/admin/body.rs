//! What a command says to the admin API: the members that were named, and no others.

use serde_json::{Map, Value, json};

use crate::say::Stop;

/// The members of a request.
#[derive(Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// A member that may not have been named.
    pub(super) fn put_named(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// A list; none that was named leaves it out.
    pub(super) fn put_several(&mut self, name: &str, values: Vec<String>) {
        if !values.is_empty() {
            self.put(name, values);
        }
    }

    /// Members that were typed as `MEMBER=VALUE`: a JSON value, or a text.
    pub(super) fn put_set(&mut self, set: &[String]) -> Result<(), Stop> {
        for set in set {
            let (name, value) = set.split_once('=').ok_or_else(|| {
                Stop::usage(format!("`--set {set}` has no `=`"))
                    .hint("write --set MEMBER=VALUE, such as --set locale=de-CH")
            })?;
            self.put(name, serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
        }
        Ok(())
    }

    /// Claims as they are typed, `NAME=SOURCE@PLACE,PLACE`; where no place is named, all of these.
    pub(super) fn put_claims(&mut self, rules: &[String], everywhere: &[&str]) -> Result<(), Stop> {
        if rules.is_empty() {
            return Ok(());
        }
        let claims = rules.iter().map(|rule| claim(rule, everywhere));
        self.put("claims", claims.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    pub(super) fn whole(self) -> Value {
        Value::Object(self.0)
    }

    /// The same for a change: nothing is none.
    pub(super) fn change(self) -> Result<Value, Stop> {
        if self.0.is_empty() {
            return Err(Stop::usage("nothing to change was named").hint("see --help"));
        }
        Ok(self.whole())
    }
}

fn claim(rule: &str, everywhere: &[&str]) -> Result<Value, Stop> {
    let wrong = || {
        Stop::usage(format!("`{rule}` is no claim"))
            .hint("write NAME=groups, NAME=username or NAME=attribute:ATTRIBUTE, such as --claim department=attribute:department@id_token,access_token")
    };
    // The last ones: a claim's name may be an address.
    let (rule, places) = match rule.rsplit_once('@') {
        Some((rule, places)) => (rule, places.split(',').collect()),
        None => (rule, everywhere.to_vec()),
    };
    let (name, source) = rule.rsplit_once('=').ok_or_else(wrong)?;
    let source = match source.split_once(':') {
        Some(("attribute", attribute)) => json!({ "attribute": attribute }),
        None if ["groups", "username"].contains(&source) => json!(source),
        _ => return Err(wrong()),
    };
    Ok(json!({ "name": name, "source": source, "places": places }))
}
