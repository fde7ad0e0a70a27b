//! The page on which somebody sees and changes what is theirs: log-ins, applications, password, second factors.

use askama::Template;

use super::{Frame, Unrenderable, render};
use crate::Site;
use crate::moment::moment;

/// A log-in that lasts.
#[derive(Clone, Copy, Debug)]
pub struct LogIn<'a> {
    /// Its id.
    pub sid: &'a str,
    /// The browser, in words.
    pub browser: &'a str,
    /// When it began. Unix seconds.
    pub started: i64,
    /// When they proved last who they are. Unix seconds.
    pub auth_time: i64,
    /// Whether it is that of this page.
    pub current: bool,
}

/// An application that may do something for somebody.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// Its client id.
    pub client: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The API; empty where only the identity.
    pub resource: &'a str,
    /// What it may.
    pub scope: &'a str,
    /// When that was allowed. Unix seconds.
    pub at: i64,
}

/// A passkey.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyEntry<'a> {
    /// Its credential id.
    pub id: &'a str,
    /// What its owner calls it.
    pub name: &'a str,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub used_at: Option<i64>,
    /// Whether it lies on several devices.
    pub synced: bool,
}

/// Everything that is theirs.
#[derive(Clone, Copy, Debug)]
pub struct AccountPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// What they log in with.
    pub username: &'a str,
    /// Their name.
    pub name: Option<&'a str>,
    /// Their e-mail address.
    pub email: Option<&'a str>,
    /// What was done just now.
    pub done: Option<&'a str>,
    /// Why nothing was done, where it was not.
    pub problem: Option<&'a str>,
    /// What went wrong with the new password.
    pub password_problem: Option<&'a str>,
    /// Proves that the forms came from here.
    pub proof: &'a str,
    /// For the form that logs out.
    pub log_out_proof: &'a str,
    /// Their log-ins.
    pub log_ins: &'a [LogIn<'a>],
    /// What they have allowed.
    pub applications: &'a [Application<'a>],
    /// When an authenticator app was set up. Unix seconds.
    pub totp: Option<i64>,
    /// Their passkeys.
    pub passkeys: &'a [PasskeyEntry<'a>],
    /// Whether passkeys can be used here at all: not where the issuer is a bare address.
    pub passkeys_possible: bool,
    /// Recovery codes that are left; none where there is nothing to recover.
    pub recovery_codes: Option<u32>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'v> {
    frame: Frame,
    base: String,
    log_out: String,
    page: &'v AccountPage<'v>,
}

impl Account<'_> {
    /// Their e-mail address, where that is not what they log in with.
    fn email(&self) -> Option<&str> {
        self.page.email.filter(|email| *email != self.page.username)
    }

    /// In the template: `{{ self.when(at) }}`.
    #[expect(clippy::unused_self, reason = "templates call methods of their context")]
    fn when(&self, unix: &i64) -> String {
        moment(*unix)
    }
}

impl AccountPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        render(&Account {
            frame: Frame::new(self.site, "account", "Your account".to_owned(), String::new()),
            base: self.site.to("/account"),
            log_out: self.site.to("/logout"),
            page: self,
        })
    }
}
