//! Pages for people who allow a device: the code that it shows, and what it asks for.
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

/// What a device asks for.
#[derive(Clone, Copy, Debug)]
pub struct DeviceConsentPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// The application's name.
    pub application: &'a str,
    /// The host that vouches for it, where the application is a document on the web.
    pub publisher: Option<&'a str>,
    /// The code, as the device shows it.
    pub code: &'a str,
    /// Who is logged in.
    pub username: &'a str,
    /// The scopes, each with what it means.
    pub scopes: &'a [(String, String)],
    /// The API they are for.
    pub resource: Option<&'a str>,
    /// Proves that the form came from here.
    pub proof: &'a str,
}

#[derive(Template)]
#[template(path = "device_consent.html")]
struct DeviceConsent<'v> {
    frame: Frame,
    action: String,
    page: &'v DeviceConsentPage<'v>,
}

impl DeviceConsentPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let frame = Frame::new(
            self.site,
            "",
            format!("Connect {}?", self.application),
            "A device asks for access.".to_owned(),
        );
        render(&DeviceConsent { frame, action: self.site.to("/device/decision"), page: self })
    }
}
