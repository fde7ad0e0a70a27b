//! The page on which somebody types the code that a device shows.
//!
//! Nothing is allowed by following an address: the code stands there to be compared with the device's.

use askama::Template;

use super::{Frame, Unrenderable, render};
use crate::Site;

/// Asks for the code.
#[derive(Clone, Copy, Debug)]
pub struct DevicePage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// The code, where the address brought one, or what was typed.
    pub code: &'a str,
    /// What went wrong the last time.
    pub problem: Option<&'a str>,
    /// Proves that the form came from here.
    pub proof: &'a str,
}

#[derive(Template)]
#[template(path = "device.html")]
struct Device<'v> {
    frame: Frame,
    action: String,
    page: &'v DevicePage<'v>,
}

impl DevicePage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let frame = Frame::new(
            self.site,
            "",
            "Connect a device".to_owned(),
            "Type the code that the device shows.".to_owned(),
        );
        render(&Device { frame, action: self.site.to("/device"), page: self })
    }
}
