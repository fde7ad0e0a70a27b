//! What stands where nothing stands: the asked path, and where one may have wanted to go.

use askama::Template;

use super::{Entry, Frame, Unrenderable, render};
use crate::{Site, near};

/// The longest path that is repeated to the reader, in characters.
const LONGEST_PATH: usize = 120;

/// The page for a path that leads nowhere (status 404).
#[derive(Clone, Copy, Debug)]
pub struct NotFoundPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// The path that was asked for, as it came; anything may be in it.
    pub path: &'a str,
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct View<'v> {
    frame: Frame,
    path: String,
    code: Option<&'v str>,
    near: Vec<Entry>,
}

impl NotFoundPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let shown = shortened(self.path);
        let code = self.path.split_once("/faults/").map(|(_, code)| shortened(code));
        render(&View {
            frame: Frame::new(
                self.site,
                "",
                "Nothing is here".to_owned(),
                "This address leads nowhere.".to_owned(),
            ),
            near: code
                .iter()
                .flat_map(|code| near(code))
                .map(|code| Entry::new(self.site, code))
                .collect(),
            path: shown,
            code: code.as_deref(),
        })
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(LONGEST_PATH)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(LONGEST_PATH).is_some() {
        shown.push('…');
    }
    shown
}
