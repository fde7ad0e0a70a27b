//! Pages for second factors: the second step of a log-in, an authenticator app, a passkey, recovery codes.
//!
//! A secret stands on a page only where it is made, once, for its owner.

use askama::Template;

use super::people::LogInPage;
use super::{Frame, Unrenderable, render};
use crate::Site;
use crate::qr::{Qr, qr};

/// What the page's script asks an authenticator.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyAsk<'a> {
    /// The options of WebAuthn as JSON, binary parts as base64url.
    pub options: &'a str,
    /// What the answer is compared with, sealed.
    pub ticket: &'a str,
}

/// The second step of a log-in.
#[derive(Clone, Copy, Debug)]
pub struct SecondFactorPage<'a> {
    /// What the first step showed as well; the passkey is one of this person's own here.
    pub log_in: LogInPage<'a>,
    /// The first step, sealed.
    pub step: &'a str,
    /// Whether they have an authenticator app.
    pub totp: bool,
    /// Whether they have recovery codes left.
    pub recovery: bool,
    /// Where the problem was typed, if it was.
    pub wrong: Option<WrongField>,
}

/// A field of the second step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongField {
    /// The code of an authenticator app.
    Code,
    /// A recovery code.
    Recovery,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactor<'v> {
    frame: Frame,
    action: String,
    passkey_action: String,
    script: String,
    page: &'v LogInPage<'v>,
    second: &'v SecondFactorPage<'v>,
}

impl SecondFactor<'_> {
    fn is_wrong_code(&self) -> bool {
        self.second.wrong == Some(WrongField::Code)
    }

    fn is_wrong_recovery(&self) -> bool {
        self.second.wrong == Some(WrongField::Recovery)
    }

    /// A passkey is asked for first, but for whoever has just typed a code.
    fn asks_for_code(&self) -> bool {
        self.is_wrong_code() || (self.page.passkey.is_none() && !self.is_wrong_recovery())
    }
}

impl SecondFactorPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let site = self.log_in.site;
        render(&SecondFactor {
            frame: Frame::titled(site, "One more step"),
            action: site.to("/login/code"),
            passkey_action: site.to("/login/passkey"),
            script: site.script(),
            page: &self.log_in,
            second: self,
        })
    }
}

/// The secret of a new authenticator app.
#[derive(Clone, Copy)]
pub struct TotpOffer<'a> {
    /// As a person types it.
    pub secret: &'a str,
    /// As the app reads it from the picture.
    pub otpauth: &'a str,
}

impl std::fmt::Debug for TotpOffer<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[redacted]")
    }
}

/// A new authenticator app, and the first code of it.
#[derive(Clone, Copy, Debug)]
pub struct AddTotpPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// What went wrong the last time.
    pub problem: Option<&'a str>,
    /// Proves that the form came from here.
    pub proof: &'a str,
    /// The secret, sealed.
    pub ticket: &'a str,
    /// The secret, open.
    pub offer: TotpOffer<'a>,
}

#[derive(Template)]
#[template(path = "add_totp.html")]
struct AddTotp<'v> {
    frame: Frame,
    action: String,
    back: String,
    /// The secret in groups that can be read out.
    groups: String,
    picture: Option<Qr>,
    page: &'v AddTotpPage<'v>,
}

impl AddTotpPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let letters: Vec<char> = self.offer.secret.chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
        render(&AddTotp {
            frame: Frame::titled(self.site, "Set up an authenticator app"),
            action: self.site.to("/account/totp"),
            back: self.site.to("/account"),
            groups: groups.join(" "),
            picture: qr(self.offer.otpauth),
            page: self,
        })
    }
}

/// A new passkey.
#[derive(Clone, Copy, Debug)]
pub struct AddPasskeyPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// What went wrong the last time.
    pub problem: Option<&'a str>,
    /// Proves that the form came from here.
    pub proof: &'a str,
    /// A name that would do.
    pub name: &'a str,
    /// What is asked of the authenticator.
    pub ask: PasskeyAsk<'a>,
}

#[derive(Template)]
#[template(path = "add_passkey.html")]
struct AddPasskey<'v> {
    frame: Frame,
    action: String,
    back: String,
    script: String,
    page: &'v AddPasskeyPage<'v>,
}

impl AddPasskeyPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        render(&AddPasskey {
            frame: Frame::titled(self.site, "Add a passkey"),
            action: self.site.to("/account/passkeys"),
            back: self.site.to("/account"),
            script: self.site.script(),
            page: self,
        })
    }
}

/// New recovery codes, shown this once.
#[derive(Clone, Copy)]
pub struct RecoveryCodesPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// What was done just now.
    pub done: &'a str,
    /// The codes.
    pub codes: &'a [String],
}

impl std::fmt::Debug for RecoveryCodesPage<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("RecoveryCodesPage")
    }
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodes<'v> {
    frame: Frame,
    back: String,
    page: &'v RecoveryCodesPage<'v>,
}

impl RecoveryCodesPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        render(&RecoveryCodes {
            frame: Frame::titled(self.site, "Recovery codes"),
            back: self.site.to("/account"),
            page: self,
        })
    }
}
