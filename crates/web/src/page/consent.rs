//! Pages on which somebody decides what an application may: one that sent them here, or one on a device.
//!
//! What an application calls itself is text like any other.

use askama::Template;

use super::{Frame, Unrenderable, render};
use crate::Site;

/// What an application asks for, and of whom.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The application's name.
    pub application: &'a str,
    /// The host that vouches for it, where the application is a document on the web.
    pub publisher: Option<&'a str>,
    /// Who is logged in.
    pub username: &'a str,
    /// The scopes, each with what it means.
    pub scopes: &'a [(String, String)],
    /// The API they are for.
    pub resource: Option<&'a str>,
}

/// What an application asks for that sent the browser here.
#[derive(Clone, Copy, Debug)]
pub struct ConsentPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// What it asks for.
    pub asked: Asked<'a>,
    /// Where the person will be sent: the host, so that they can see it.
    pub destination: &'a str,
    /// Why it is shown again.
    pub problem: Option<&'a str>,
    /// Proves that the form came from here.
    pub proof: &'a str,
    /// The request to go on with.
    pub request: &'a str,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'v> {
    frame: Frame,
    action: String,
    page: &'v ConsentPage<'v>,
}

impl ConsentPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let title = format!("Allow {}?", self.asked.application);
        let frame = Frame::new(self.site, "", title, "An application asks for access.".to_owned());
        render(&Consent { frame, action: self.site.to("/consent"), page: self })
    }
}

/// What a device asks for.
#[derive(Clone, Copy, Debug)]
pub struct DeviceConsentPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// What it asks for.
    pub asked: Asked<'a>,
    /// The code, as the device shows it.
    pub code: &'a str,
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
        let title = format!("Connect {}?", self.asked.application);
        let frame = Frame::new(self.site, "", title, "A device asks for access.".to_owned());
        render(&DeviceConsent { frame, action: self.site.to("/device/decision"), page: self })
    }
}
