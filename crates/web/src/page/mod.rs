//! The pages, one file each with its template beside it in `templates/`.

mod account;
mod consent;
mod device;
mod factors;
mod fault;
mod fault_index;
mod front;
mod not_found;
mod people;

pub use account::{AccountPage, Application, LogIn, PasskeyEntry};
pub use consent::{Asked, ConsentPage, DeviceConsentPage};
pub use device::DevicePage;
pub use factors::{
    AddPasskeyPage, AddTotpPage, PasskeyAsk, RecoveryCodesPage, SecondFactorPage, TotpOffer,
    WrongField,
};
pub use fault::FaultPage;
pub(crate) use fault::answer;
pub use fault_index::FaultIndexPage;
pub use front::{Endpoint, FrontPage, Step};
pub use not_found::NotFoundPage;
pub use people::{FormPostPage, LogInPage, LogOutPage, MessagePage};

use askama::Template;

use crate::prose::{Piece, pieces};

/// A page that could not be written. Values of ours are texts and numbers, so it takes a mistake in a
/// template to get here; the caller answers 500.
#[derive(Debug)]
pub struct Unrenderable(askama::Error);

impl std::fmt::Display for Unrenderable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "the page could not be written: {}", self.0)
    }
}

impl std::error::Error for Unrenderable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn render(template: &impl Template) -> Result<String, Unrenderable> {
    template.render().map_err(Unrenderable)
}

/// What the frame of every page needs.
struct Frame {
    /// Stands in the window's title and for search engines.
    title: String,
    description: String,
    front: String,
    faults: String,
    account: String,
    stylesheet: String,
    icon: String,
    /// Which entry of the navigation is this page.
    here: &'static str,
}

impl Frame {
    /// Of a page that no search engine sees and the navigation does not name.
    fn titled(site: &crate::Site, title: impl Into<String>) -> Self {
        Self::new(site, "", title.into(), String::new())
    }

    fn new(site: &crate::Site, here: &'static str, title: String, description: String) -> Self {
        Self {
            title,
            description,
            front: site.front(),
            faults: site.faults(),
            account: site.to("/account"),
            stylesheet: site.stylesheet(),
            icon: site.icon(),
            here,
        }
    }
}

/// A cause as a list shows it.
struct Entry {
    code: &'static str,
    title: &'static str,
    href: String,
}

impl Entry {
    fn new(site: &crate::Site, code: claviger_token::Code) -> Self {
        Self { code: code.as_str(), title: code.title(), href: site.fault(code) }
    }
}

#[cfg(test)]
mod tests;
