//! Where a log-in leads: on with an application's request, or to a page of the authority's own, and nowhere else.

use claviger_protocol::{Form, OauthCode, OauthFault};

use crate::call::{Answer, Call};
use crate::endpoint::authorize::{Asking, Refused, after_log_in, asking, go_on};
use crate::endpoint::people::{redirected, told_here};
use crate::refusal::Refusal;

/// Where a log-in leads.
pub(crate) enum Goal {
    /// On with the request of an application.
    Client(Box<Asking>),
    /// To a page of the authority's own: a path below the issuer's.
    Own(String),
}

/// Pages of the authority's own that ask for a log-in.
const OWN_PAGES: [&str; 2] = ["/account", "/device"];

/// Whether a path leads to such a page and to nothing else, however a browser reads it.
fn is_own_page(path: &str) -> bool {
    let (page, query) = path.split_once('?').unwrap_or((path, ""));
    OWN_PAGES.contains(&page)
        && query.len() <= 500
        && query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~=&%+".contains(&byte))
}

impl Goal {
    /// Reads what a form carries as `request`: the query of `/authorize`, or an own page.
    pub(super) async fn read(
        call: &Call,
        form: &Form,
    ) -> Result<Result<Self, Refused>, Box<Refusal>> {
        let request = form.get("request").unwrap_or_default();
        if request.starts_with('/') {
            if is_own_page(request) {
                return Ok(Ok(Self::Own(request.to_owned())));
            }
            let fault = OauthFault::new(
                OauthCode::InvalidRequest,
                "page-unknown",
                "the log-in leads to a page that is not one of this authority's",
            )
            .fix("start again where you came from");
            return Ok(Err(Box::new(told_here(call, "login", &fault))));
        }
        Ok(asking(call, request.to_owned()).await?.map(|asking| Self::Client(Box::new(asking))))
    }

    pub(super) fn application(&self) -> Option<&str> {
        match self {
            Self::Client(asking) => Some(&asking.client.name),
            Self::Own(_) => None,
        }
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Client(asking) => Some(&asking.client.id),
            Self::Own(_) => None,
        }
    }

    pub(super) fn redirect_uri(&self) -> &str {
        match self {
            Self::Client(asking) => &asking.request.redirect_uri,
            Self::Own(_) => "",
        }
    }

    /// As it travels through forms.
    pub(super) fn request(&self) -> &str {
        match self {
            Self::Client(asking) => &asking.raw,
            Self::Own(path) => path,
        }
    }

    pub(super) fn reply(&self, call: &Call) -> Answer {
        match self {
            Self::Client(asking) => go_on(call, asking, &after_log_in(&asking.raw)),
            Self::Own(path) => Ok(redirected(&format!("{}{path}", call.state.issuer.path))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_leads_nowhere_else() {
        for good in ["/account", "/account?done=password", "/device?user_code=ABCD-EFGH"] {
            assert!(is_own_page(good), "{good}");
        }
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "/account/../token",
            "/accountant",
            "/account?x=\r\nSet-Cookie:a",
            "/account#x",
            "/authorize?client_id=x",
            "https://evil.example/account",
            "",
        ] {
            assert!(!is_own_page(bad), "{bad}");
        }
    }
}
