//! How a credential rides: its place in the request, the field's name, the scheme, the line's length.
//!
//! Says what was seen; whether that is right, the carrier and the peeling decide.

use claviger_token::{Code, Fact, Fault};
use serde_json::{Value, json};

use crate::carrier::Located;
use crate::peel::Origin;

/// The longest name or scheme that is kept.
const MOST_CHARACTERS: usize = 60;

/// How a credential was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ride {
    /// `header`, `query`, `cookie` or `body`; `bare` where only the credential is in hand.
    pub place: &'static str,
    /// The name of the header field, parameter or cookie, where one is seen.
    pub name: Option<String>,
    /// The scheme as it was written.
    pub scheme: Option<String>,
    /// Bytes of the header line that carries it, or would.
    pub bytes: usize,
}

impl Ride {
    pub(crate) fn new(located: &Located, scheme: Option<&str>) -> Option<Self> {
        let (value, origin) = located.value.as_ref()?;
        let elsewhere = located.faults.iter().find_map(|layer| {
            let place = match layer.fault.code {
                Code::TokenInQuery => "query",
                Code::TokenInCookie => "cookie",
                Code::TokenInBody => "body",
                _ => return None,
            };
            Some((place, named(&layer.fault)))
        });
        let (place, name) = match elsewhere {
            Some(found) => found,
            None => match &located.label {
                Some(label) => ("header", Some(label.text().to_owned())),
                None if *origin == Origin::Header => ("header", None),
                None => ("bare", None),
            },
        };
        // A field's name, the colon, a blank; `Bearer ` where only the token is in hand.
        let head = match (&name, origin) {
            (Some(name), _) if place == "header" => name.len() + 2,
            (_, Origin::Header) => "Authorization: ".len(),
            (_, Origin::Bare) => "Authorization: Bearer ".len(),
        };
        Some(Self {
            place,
            name: name.map(|name| short(&name)),
            scheme: scheme.map(short),
            bytes: value.text().len() + head,
        })
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "place": self.place,
            "name": self.name,
            "scheme": self.scheme,
            "bytes": self.bytes,
        })
    }
}

fn named(fault: &Fault) -> Option<String> {
    match fault.fact("name") {
        Some(Fact::Text(name)) => Some(name.clone()),
        _ => None,
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS).collect()
}
