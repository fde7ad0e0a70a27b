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
    /// The scopes, separated by spaces.
    pub scope: &'a str,
    /// The API they are for.
    pub resource: Option<&'a str>,
}

impl Asked<'_> {
    /// The scopes, each with what it means for people; empty where nobody but the API knows.
    fn scopes(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let scopes = self.scope.split(' ').filter(|scope| !scope.is_empty());
        scopes.map(|scope| (scope, meaning(scope)))
    }
}

/// What the scopes of OpenID Connect Core §5.4 and §11 mean.
fn meaning(scope: &str) -> &'static str {
    match scope {
        "openid" => "to know who you are",
        "profile" => "to know your name and what else your profile says",
        "email" => "to know your e-mail address",
        "phone" => "to know your telephone number",
        "address" => "to know your postal address",
        "offline_access" => "to go on while you are away",
        _ => "",
    }
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
