//! `/faults`: every cause that has a name, by class, on one page that can be read and searched by the
//! browser itself.

use askama::Template;
use claviger_token::{Class, Code};

use super::{Frame, Unrenderable, render};
use crate::{Site, legend};

/// The page of all causes.
#[derive(Clone, Copy, Debug)]
pub struct FaultIndexPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
}

struct Group {
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    rows: Vec<Row>,
}

struct Row {
    code: &'static str,
    title: &'static str,
    href: String,
    who: &'static str,
    proof: &'static str,
    status: u16,
}

#[derive(Template)]
#[template(path = "fault_index.html")]
struct View {
    frame: Frame,
    count: usize,
    groups: Vec<Group>,
}

impl FaultIndexPage<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let site = self.site;
        let count = Code::ALL.len();
        let groups = Class::ALL
            .iter()
            .map(|class| Group {
                id: class.as_str(),
                title: legend::class_title(*class),
                meaning: legend::class_meaning(*class),
                rows: legend::causes(*class).map(|code| row(site, code)).collect(),
            })
            .collect();
        render(&View {
            frame: Frame::new(
                site,
                "faults",
                format!("The {count} causes of a refused token"),
                "Every cause behind an invalid bearer token: what it means, who has to act and how."
                    .to_owned(),
            ),
            count,
            groups,
        })
    }
}

fn row(site: &Site, code: Code) -> Row {
    Row {
        code: code.as_str(),
        title: code.title(),
        href: site.fault(code),
        who: legend::who_title(code.who()),
        proof: legend::proof_title(code.proof()),
        status: code.status(),
    }
}
