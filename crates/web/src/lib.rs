//! Pages for people: typed contexts in, HTML out.
//!
//! Every page is a struct with the values it shows and a method `html`; the templates lie in
//! `templates/`, the one stylesheet and the icon in `assets/`. Pages hold no inline style and, but for
//! [`FormPostPage`], no script, so the strictest content security policy that still loads a stylesheet and an image from
//! the same origin fits them all:
//! `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
//! the pages with a form need `form-action 'self'` and, for the redirect behind it, where that leads.
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

mod assets;
mod clause;
mod legend;
mod markdown;
mod near;
mod page;
mod prose;
mod site;
mod specimen;

pub use assets::{Asset, assets, find_asset};
pub use clause::source_url;
pub use markdown::{fault_index_markdown, fault_markdown};
pub use near::near;
pub use page::{
    ConsentPage, Endpoint, FaultIndexPage, FaultPage, FormPostPage, FrontPage, LogInPage,
    LogOutPage, MessagePage, NotFoundPage, Step, Unrenderable,
};
pub use site::Site;
pub use specimen::{Specimen, specimen};
