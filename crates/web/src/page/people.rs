//! Pages for people who log in and out: their name and password, the way back, and a plain message.
//!
//! No page repeats a password. What an application calls itself is text like any other.

use askama::Template;

use super::factors::PasskeyAsk;
use super::{Frame, Unrenderable, render};
use crate::Site;
use crate::prose::{Piece, pieces, sentence};

/// The log-in.
#[derive(Clone, Copy, Debug)]
pub struct LogInPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// The application that asks, where one does.
    pub application: Option<&'a str>,
    /// What was typed as the name, or is expected there.
    pub username: &'a str,
    /// What went wrong the last time.
    pub problem: Option<&'a str>,
    /// Proves that the form came from here.
    pub proof: &'a str,
    /// The request to go on with.
    pub request: &'a str,
    /// What the page's script asks an authenticator; none where passkeys cannot be used.
    pub passkey: Option<PasskeyAsk<'a>>,
}

#[derive(Template)]
#[template(path = "log_in.html")]
struct LogIn<'v> {
    frame: Frame,
    action: String,
    passkey_action: String,
    script: String,
    page: &'v LogInPage<'v>,
}

impl LogInPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let frame = Frame::new(
            self.site,
            "",
            "Log in".to_owned(),
            "Log in with your name and password.".to_owned(),
        );
        render(&LogIn {
            frame,
            action: self.site.to("/login"),
            passkey_action: self.site.to("/login/passkey"),
            script: self.site.script(),
            page: self,
        })
    }
}

/// A form that the browser posts: the answer to a client (OAuth 2.0 Form Post Response Mode), or a request on its way.
#[derive(Clone, Debug)]
pub struct FormPostPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// Where it leads, in a few words.
    pub title: &'a str,
    /// Where the form goes: a registered address, or one of ours.
    pub action: &'a str,
    /// Its host, for people.
    pub destination: &'a str,
    /// What it carries.
    pub members: &'a [(&'a str, &'a str)],
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'v> {
    frame: Frame,
    page: &'v FormPostPage<'v>,
}

impl FormPostPage<'_> {
    /// The hash of the one script of all pages, by which a Content-Security-Policy lets it run and nothing else.
    /// It presses the button; without it the person does.
    pub const SCRIPT_HASH: &'static str = "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=";

    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let frame = Frame::titled(self.site, self.title);
        render(&FormPost { frame, page: self })
    }
}

/// Whether to log out.
#[derive(Clone, Copy, Debug)]
pub struct LogOutPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// The application that asks, where one does.
    pub application: Option<&'a str>,
    /// Who is logged in; empty where that is not known.
    pub username: &'a str,
    /// Proves that the form came from here.
    pub proof: &'a str,
    /// The request to go on with; empty where there is none.
    pub request: &'a str,
}

#[derive(Template)]
#[template(path = "log_out.html")]
struct LogOut<'v> {
    frame: Frame,
    action: String,
    page: &'v LogOutPage<'v>,
}

impl LogOutPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let frame = Frame::titled(self.site, "Log out?");
        render(&LogOut { frame, action: self.site.to("/logout"), page: self })
    }
}

/// A message with what to do about it.
#[derive(Clone, Copy, Debug)]
pub struct MessagePage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// A short sentence.
    pub title: &'a str,
    /// What happened; literals in backticks.
    pub text: &'a str,
    /// What to do, in the same way; may be empty.
    pub fix: &'a str,
    /// The id under which the operator finds more; may be empty.
    pub diagnosis: &'a str,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'v> {
    frame: Frame,
    text: Vec<Piece<'v>>,
    fix: Vec<Piece<'v>>,
    page: &'v MessagePage<'v>,
}

impl MessagePage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let frame = Frame::titled(self.site, self.title);
        let (text, fix) = (sentence(self.text), sentence(self.fix));
        render(&Message { frame, text: pieces(&text), fix: pieces(&fix), page: self })
    }
}
