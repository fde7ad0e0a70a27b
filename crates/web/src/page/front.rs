//! `/`: what answers here, where its documents are, and what to type next.

use askama::Template;
use claviger_token::Code;

use super::{Frame, Piece, Unrenderable, pieces, render};
use crate::Site;

/// The front page of an authority.
#[derive(Clone, Debug)]
pub struct FrontPage<'a> {
    /// Where the page lives.
    pub site: &'a Site,
    /// The issuer, exactly as it stands in the tokens.
    pub issuer: &'a str,
    /// The version of the program.
    pub version: &'a str,
    /// What can be asked here.
    pub endpoints: Vec<Endpoint<'a>>,
    /// What to type next.
    pub steps: Vec<Step>,
}

/// One endpoint: its path below the site's base (or an address of its own), and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    /// What it is called: `Keys`.
    pub name: &'a str,
    /// `/jwks`.
    pub path: &'a str,
    /// A sentence without full stop; literals in backticks.
    pub purpose: &'a str,
    /// Whether a browser gets to see something there; else it is shown without a link.
    pub readable: bool,
}

/// One step: what it does, and the command for it.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does; literals in backticks.
    pub what: String,
    /// The command, maybe of several lines.
    pub command: String,
}

impl Endpoint<'static> {
    /// The endpoints that every authority of this version has.
    pub const USUAL: &'static [Self] = &[
        Self {
            name: "OpenID Connect discovery",
            path: "/.well-known/openid-configuration",
            purpose: "where everything is, for OpenID Connect clients",
            readable: true,
        },
        Self {
            name: "Authorization server metadata",
            path: "/.well-known/oauth-authorization-server",
            purpose: "the same for OAuth clients (RFC 8414)",
            readable: true,
        },
        Self {
            name: "Keys",
            path: "/jwks",
            purpose: "the public keys that tokens are verified with",
            readable: true,
        },
        Self {
            name: "Token",
            path: "/token",
            purpose: "where clients get their tokens (`POST`)",
            readable: false,
        },
        Self {
            name: "Introspection",
            path: "/introspect",
            purpose: "whether a token is good, for resource servers (`POST`, RFC 7662)",
            readable: false,
        },
        Self {
            name: "Revocation",
            path: "/revoke",
            purpose: "ends a token (`POST`, RFC 7009)",
            readable: false,
        },
        Self {
            name: "Revocation feed",
            path: "/revocations",
            purpose: "what was revoked, as it happens; guards listen here",
            readable: false,
        },
        Self {
            name: "Causes",
            path: "/faults",
            purpose: "every reason for which a token can be refused, and what to do about it",
            readable: true,
        },
        Self {
            name: "Admin API",
            path: "/admin/v1/openapi.json",
            purpose: "clients, resources and revocation, described as OpenAPI",
            readable: true,
        },
        Self {
            name: "Health",
            path: "/health/ready",
            purpose: "whether this server can answer",
            readable: true,
        },
    ];
}

impl<'a> FrontPage<'a> {
    /// The front page with the usual endpoints and steps.
    #[must_use]
    pub fn new(site: &'a Site, issuer: &'a str, version: &'a str) -> Self {
        Self {
            site,
            issuer,
            version,
            endpoints: Endpoint::USUAL.to_vec(),
            steps: usual_steps(issuer),
        }
    }

    /// The page as HTML.
    ///
    /// # Errors
    /// See [`Unrenderable`].
    pub fn html(&self) -> Result<String, Unrenderable> {
        let site = self.site;
        render(&View {
            frame: Frame::new(
                site,
                "front",
                format!("Claviger at {}", self.issuer),
                "An authority that issues, revokes and explains bearer tokens.".to_owned(),
            ),
            issuer: self.issuer,
            version: self.version,
            count: Code::ALL.len(),
            endpoints: self
                .endpoints
                .iter()
                .map(|endpoint| Row {
                    name: endpoint.name,
                    path: endpoint.path,
                    href: endpoint.readable.then(|| site.to(endpoint.path)),
                    purpose: pieces(endpoint.purpose),
                })
                .collect(),
            steps: self
                .steps
                .iter()
                .map(|step| Move { what: pieces(&step.what), command: &step.command })
                .collect(),
        })
    }
}

fn usual_steps(issuer: &str) -> Vec<Step> {
    let token_url = shell_word(&format!("{}/token", issuer.trim_end_matches('/')));
    let issuer = shell_word(issuer);
    let step = |what: &str, command: String| Step { what: what.to_owned(), command };
    vec![
        step(
            "Get a token, with a client's id and secret, for the API that it is to open:",
            format!(
                "curl -s -u CLIENT:SECRET {token_url} \\\n     \
                 -d grant_type=client_credentials -d resource=https://api.example"
            ),
        ),
        step(
            "Guard an API: the gate passes on what is good, and refuses the rest with its cause.",
            format!(
                "claviger gate --issuer {issuer} --audience https://api.example \\\n              \
                 --upstream http://127.0.0.1:3000"
            ),
        ),
        step(
            "Have a refused token explained. It is read from standard input and sent nowhere; `--online` \
             fetches the issuer's keys.",
            format!("claviger explain --online --issuer {issuer} --audience https://api.example -"),
        ),
    ]
}

/// A text as one word of a shell: what is more than letters, digits and `:/._-` is quoted.
fn shell_word(text: &str) -> String {
    let is_plain =
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ":/._-".contains(c));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

struct Row<'v> {
    name: &'v str,
    path: &'v str,
    href: Option<String>,
    purpose: Vec<Piece<'v>>,
}

struct Move<'v> {
    what: Vec<Piece<'v>>,
    command: &'v str,
}

#[derive(Template)]
#[template(path = "front.html")]
struct View<'v> {
    frame: Frame,
    issuer: &'v str,
    version: &'v str,
    count: usize,
    endpoints: Vec<Row<'v>>,
    steps: Vec<Move<'v>>,
}
