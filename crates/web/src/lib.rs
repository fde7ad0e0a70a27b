//! Pages for people: typed contexts in, HTML out.
//!
//! Every page is a struct with the values it shows and a method `html`; the templates lie in
//! `templates/`, the one stylesheet, the icon and the one script file in `assets/`. Pages hold no inline style and,
//! but for [`FormPostPage`], no script of their own, so the strictest content security policy that still loads a
//! stylesheet and an image from
//! the same origin fits them all:
//! `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
//! the pages with a form need `form-action 'self'` and, for the redirect behind it, where that leads; those that
//! speak to an authenticator `script-src 'self'`, and each of them can do without.
//!
//! This crate never reads a clock, a file, the environment or the network, and never decides who may
//! see a page. Whatever it is given is text: the templates escape it, and none of them switches that off.
//!
//! ```
//! use claviger_token::Code;
//! use claviger_web::{FaultPage, Site};
//! let site = Site::new("https://id.example");
//! let html = FaultPage { site: &site, code: Code::Expired }.html().unwrap();
//! assert!(html.contains("The token has expired"));
//! ```

mod agent;
mod assets;
mod clause;
mod legend;
mod markdown;
mod moment;
mod near;
mod page;
mod prose;
mod qr;
mod site;
mod specimen;

pub use agent::browser_words;
pub use assets::{Asset, assets, find_asset};
pub use clause::source_url;
pub use markdown::{fault_index_markdown, fault_markdown};
pub use near::near;
pub use page::{
    AccountPage, AddPasskeyPage, AddTotpPage, Application, Asked, ConsentPage, DeviceConsentPage,
    DevicePage, Endpoint, FaultIndexPage, FaultPage, FormPostPage, FrontPage, LogIn, LogInPage,
    LogOutPage, MessagePage, NotFoundPage, PasskeyAsk, PasskeyEntry, RecoveryCodesPage,
    SecondFactorPage, Step, TotpOffer, Unrenderable, WrongField,
};
pub use site::Site;
pub use specimen::{Specimen, specimen};
