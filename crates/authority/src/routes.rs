//! Every endpoint, once: path, methods, handler and, for the admin API, what the OpenAPI document says
//! about it. The router and the document are both made from this table, so they cannot disagree.

use std::future::Future;
use std::pin::Pin;

use http::Method;

use crate::call::{Answer, Call};
use crate::endpoint::{
    account, admin, authorize, device, feed, health, introspect, journal, jwks, log_in, logout,
    metadata, pages, par, registration, revoke, status_list, token, userinfo,
};

/// Who reads the answers of a route; it decides the form of refusals and the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Anybody, browsers' scripts included: published metadata and keys.
    Public,
    /// OAuth clients, those in browsers included: refusals as RFC 6749 §5.2 JSON, never cached.
    Oauth,
    /// OAuth clients that are servers and never a browser's script: refusals as for the others.
    Backend,
    /// Applications with an access token: challenges as RFC 6750, readable by browsers' scripts, never cached.
    Bearer,
    /// People with a browser.
    Page,
    /// Administrators and machines: refusals as RFC 9457 problems, never cached.
    Admin,
}

impl Face {
    /// Whether scripts of any origin may ask and read: no cookie counts there, only what the script itself
    /// presents.
    pub(crate) const fn is_for_scripts(self) -> bool {
        matches!(self, Self::Public | Self::Bearer | Self::Oauth)
    }
}

/// An asynchronous answer to a call.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// One method of a route.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) handler: fn(Call) -> Answering,
    /// What the OpenAPI document says; only routes of the admin API have it.
    pub(crate) described: Option<Described>,
}

/// An operation as the OpenAPI document describes it.
pub(crate) struct Described {
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    /// The schema of the request's body.
    pub(crate) takes: Option<&'static str>,
    /// The status of success, and the schema of its body.
    pub(crate) gives: (u16, Option<&'static str>),
    /// Refusals beyond 401, which all share.
    pub(crate) refuses: &'static [u16],
    /// Whether it is a list with `after` and `limit`.
    pub(crate) paged: bool,
    /// Whether the administrator's credential is needed.
    pub(crate) guarded: bool,
}

/// A path with its methods.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    /// The label in metrics and the journal.
    pub(crate) name: &'static str,
    pub(crate) face: Face,
    pub(crate) operations: Vec<Operation>,
}

macro_rules! does {
    ($method:ident $handler:path) => {
        Operation {
            method: Method::$method,
            handler: |call| Box::pin($handler(call)),
            described: None,
        }
    };
    ($method:ident $handler:path, $($described:tt)+) => {
        Operation {
            method: Method::$method,
            handler: |call| Box::pin($handler(call)),
            described: Some(Described { $($described)+ }),
        }
    };
}

fn route(path: &'static str, name: &'static str, face: Face, operations: Vec<Operation>) -> Route {
    Route { path, name, face, operations }
}

/// The whole table. Paths are below the issuer's path; `HEAD` and `OPTIONS` follow from the rest.
pub(crate) fn table() -> Vec<Route> {
    let mut table = published();
    table.extend(oauth());
    table.extend(own());
    table.extend(operation());
    table.extend(administration());
    table
}

fn published() -> Vec<Route> {
    vec![
        route("/", "front", Face::Page, vec![does!(GET pages::front)]),
        route("/faults", "faults", Face::Page, vec![does!(GET pages::faults)]),
        route("/faults/{code}", "fault", Face::Page, vec![does!(GET pages::fault)]),
        route("/assets/{name}", "asset", Face::Page, vec![does!(GET pages::asset)]),
        route(
            metadata::OPENID,
            "openid-configuration",
            Face::Public,
            vec![does!(GET metadata::openid)],
        ),
        route(
            metadata::OAUTH,
            "oauth-authorization-server",
            Face::Public,
            vec![does!(GET metadata::oauth)],
        ),
        route("/jwks", "jwks", Face::Public, vec![does!(GET jwks::jwks)]),
        route(
            "/status-lists/{list}",
            "status-list",
            Face::Public,
            vec![does!(GET status_list::status_list)],
        ),
        route("/revocations", "revocations", Face::Public, vec![does!(GET feed::revocations)]),
    ]
}

fn oauth() -> Vec<Route> {
    vec![
        route(
            "/authorize",
            "authorize",
            Face::Page,
            vec![does!(GET authorize::authorize), does!(POST authorize::authorize)],
        ),
        route(
            "/login",
            "login",
            Face::Page,
            vec![does!(GET log_in::begin_anew), does!(POST log_in::log_in)],
        ),
        route(
            "/login/code",
            "login-code",
            Face::Page,
            vec![does!(GET log_in::begin_anew), does!(POST log_in::code)],
        ),
        route(
            "/login/passkey",
            "login-passkey",
            Face::Page,
            vec![does!(GET log_in::begin_anew), does!(POST log_in::passkey)],
        ),
        route(
            "/logout",
            "logout",
            Face::Page,
            vec![does!(GET logout::ask), does!(POST logout::answer)],
        ),
        route(
            "/device_authorization",
            "device-authorization",
            Face::Oauth,
            vec![does!(POST device::begin)],
        ),
        route(
            "/device",
            "device",
            Face::Page,
            vec![does!(GET device::page), does!(POST device::look_up)],
        ),
        route("/device/decision", "device", Face::Page, vec![does!(POST device::decide)]),
        route("/consent", "consent", Face::Page, vec![does!(POST authorize::consent)]),
        route(
            "/userinfo",
            "userinfo",
            Face::Bearer,
            vec![does!(GET userinfo::userinfo), does!(POST userinfo::userinfo)],
        ),
        route("/token", "token", Face::Oauth, vec![does!(POST token::token)]),
        route("/par", "par", Face::Oauth, vec![does!(POST par::par)]),
        route("/introspect", "introspect", Face::Backend, vec![does!(POST introspect::introspect)]),
        route(
            "/journal/refusals",
            "journal-refusals",
            Face::Oauth,
            vec![does!(POST journal::report)],
        ),
        route("/revoke", "revoke", Face::Oauth, vec![does!(POST revoke::revoke)]),
        route("/register", "registration", Face::Oauth, vec![does!(POST registration::register)]),
        route(
            "/register/{client_id}",
            "registration",
            Face::Oauth,
            vec![
                does!(GET registration::show),
                does!(PUT registration::change),
                does!(DELETE registration::remove),
            ],
        ),
    ]
}

/// What people see and change of their own.
fn own() -> Vec<Route> {
    let page = |path, name, operation| route(path, name, Face::Page, vec![operation]);
    vec![
        page("/account", "account", does!(GET account::show)),
        page("/account/sessions", "account-sessions", does!(POST account::sessions)),
        page("/account/applications", "account-applications", does!(POST account::applications)),
        page("/account/password", "account-password", does!(POST account::password)),
        page("/account/totp", "account-totp", does!(POST account::totp)),
        page("/account/recovery", "account-recovery", does!(POST account::recovery)),
        page("/account/passkeys", "account-passkeys", does!(POST account::passkeys)),
    ]
}

fn operation() -> Vec<Route> {
    vec![
        route("/health/live", "health-live", Face::Admin, vec![does!(GET health::live)]),
        route("/health/ready", "health-ready", Face::Admin, vec![does!(GET health::ready)]),
        route("/metrics", "metrics", Face::Admin, vec![does!(GET health::metrics)]),
    ]
}

fn administration() -> Vec<Route> {
    let admin = |path, name, operations| route(path, name, Face::Admin, operations);
    vec![
        admin(
            "/admin/v1/openapi.json",
            "admin-openapi",
            vec![does!(GET admin::openapi,
                id: "readOpenApi", summary: "This document", takes: None, gives: (200, None),
                refuses: &[], paged: false, guarded: false)],
        ),
        admin("/admin/v1/clients", "admin-clients", clients()),
        admin("/admin/v1/clients/{client_id}", "admin-client", client()),
        admin(
            "/admin/v1/clients/{client_id}/secret",
            "admin-client-secret",
            vec![does!(POST admin::clients::renew_secret,
                id: "renewClientSecret",
                summary: "Gives a client a new secret; the old one ends at once", takes: None,
                gives: (200, Some("ClientSecret")), refuses: &[404, 409], paged: false,
                guarded: true)],
        ),
        admin("/admin/v1/resources", "admin-resources", resources()),
        admin("/admin/v1/resources/{uri}", "admin-resource", resource()),
        admin("/admin/v1/users", "admin-users", users()),
        admin("/admin/v1/users/{user}", "admin-user", user()),
        admin("/admin/v1/registration-tokens", "admin-registration-tokens", registration_tokens()),
        admin(
            "/admin/v1/registration-tokens/{id}",
            "admin-registration-token",
            vec![does!(DELETE admin::registration_tokens::delete,
                id: "deleteRegistrationToken",
                summary: "Ends a registration token; clients that came by it stay", takes: None,
                gives: (204, None), refuses: &[404], paged: false, guarded: true)],
        ),
        admin(
            "/admin/v1/users/{user}/password",
            "admin-user-password",
            vec![does!(PUT admin::users::set_password,
                id: "setUserPassword",
                summary: "Gives an account another password and ends everything of it",
                takes: Some("UserPassword"), gives: (204, None),
                refuses: &[400, 404, 413, 415, 422], paged: false, guarded: true)],
        ),
        admin("/admin/v1/users/{user}/factors", "admin-user-factors", factors()),
        admin("/admin/v1/users/{user}/sessions", "admin-user-sessions", sessions()),
        admin(
            "/admin/v1/sessions/{sid}",
            "admin-session",
            vec![does!(DELETE admin::users::end_session,
                id: "endSession", summary: "Ends a log-in and everything that hangs on it",
                takes: None, gives: (204, None), refuses: &[404], paged: false, guarded: true)],
        ),
        admin("/admin/v1/revocations", "admin-revocations", revocations()),
        admin(
            "/admin/v1/keys",
            "admin-keys",
            vec![does!(GET admin::keys::list,
                id: "listKeys", summary: "The signing keys, gone ones included", takes: None,
                gives: (200, Some("KeyList")), refuses: &[], paged: false, guarded: true)],
        ),
        admin(
            "/admin/v1/keys/rotate",
            "admin-keys-rotate",
            vec![does!(POST admin::keys::rotate,
                id: "rotateKeys",
                summary: "Publishes a successor, which signs once every verifier can know it",
                takes: None, gives: (200, Some("SigningKey")), refuses: &[400, 503], paged: false,
                guarded: true)],
        ),
        admin(
            "/admin/v1/keys/{kid}/withdraw",
            "admin-key-withdraw",
            vec![does!(POST admin::keys::withdraw,
                id: "withdrawKey",
                summary: "Takes a key away at once; every token under it is refused", takes: None,
                gives: (200, Some("KeyWithdrawn")), refuses: &[404, 409, 503], paged: false,
                guarded: true)],
        ),
        admin(
            "/admin/v1/journal",
            "admin-journal",
            vec![does!(GET admin::journal::list,
                id: "listJournal", summary: "What happened, in order", takes: None,
                gives: (200, Some("JournalList")), refuses: &[400], paged: true, guarded: true)],
        ),
        admin(
            "/admin/v1/journal/{id}",
            "admin-journal-entry",
            vec![does!(GET admin::journal::show,
                id: "readJournalEntry", summary: "One entry of the journal", takes: None,
                gives: (200, Some("JournalEntry")), refuses: &[404], paged: false, guarded: true)],
        ),
        admin(
            "/admin/v1/refusals/{diagnosis}",
            "admin-refusal",
            vec![does!(GET admin::refusals::show,
                id: "readRefusal", summary: "One refusal of the journal", takes: None,
                gives: (200, Some("Refusal")), refuses: &[404], paged: false, guarded: true)],
        ),
    ]
}

fn clients() -> Vec<Operation> {
    vec![
        does!(GET admin::clients::list,
            id: "listClients", summary: "The clients, by id", takes: None,
            gives: (200, Some("ClientList")), refuses: &[400], paged: true, guarded: true),
        does!(POST admin::clients::create,
            id: "createClient", summary: "Makes a client; its secret is shown this once",
            takes: Some("ClientDraft"), gives: (201, Some("ClientCreated")),
            refuses: &[400, 409, 413, 415, 422], paged: false, guarded: true),
    ]
}

fn client() -> Vec<Operation> {
    vec![
        does!(GET admin::clients::show,
            id: "readClient", summary: "One client", takes: None, gives: (200, Some("Client")),
            refuses: &[404], paged: false, guarded: true),
        does!(PATCH admin::clients::change,
            id: "changeClient", summary: "Changes what is named, leaves the rest",
            takes: Some("ClientChange"), gives: (200, Some("Client")),
            refuses: &[400, 404, 413, 415, 422], paged: false, guarded: true),
        does!(DELETE admin::clients::delete,
            id: "deleteClient", summary: "Removes a client and revokes its tokens", takes: None,
            gives: (204, None), refuses: &[404], paged: false, guarded: true),
    ]
}

fn resources() -> Vec<Operation> {
    vec![
        does!(GET admin::resources::list,
            id: "listResources", summary: "The APIs, by URI", takes: None,
            gives: (200, Some("ResourceList")), refuses: &[400], paged: true, guarded: true),
        does!(POST admin::resources::create,
            id: "createResource", summary: "Registers an API", takes: Some("ResourceDraft"),
            gives: (201, Some("Resource")), refuses: &[400, 409, 413, 415, 422], paged: false,
            guarded: true),
    ]
}

fn resource() -> Vec<Operation> {
    vec![
        does!(GET admin::resources::show,
            id: "readResource", summary: "One API", takes: None, gives: (200, Some("Resource")),
            refuses: &[404], paged: false, guarded: true),
        does!(PATCH admin::resources::change,
            id: "changeResource", summary: "Changes what is named, leaves the rest",
            takes: Some("ResourceChange"), gives: (200, Some("Resource")),
            refuses: &[400, 404, 413, 415, 422], paged: false, guarded: true),
        does!(DELETE admin::resources::delete,
            id: "deleteResource", summary: "Removes an API; no more tokens are issued for it",
            takes: None, gives: (204, None), refuses: &[404], paged: false, guarded: true),
    ]
}

fn users() -> Vec<Operation> {
    vec![
        does!(GET admin::users::list,
            id: "listUsers", summary: "The people who can log in, by name", takes: None,
            gives: (200, Some("UserList")), refuses: &[400], paged: true, guarded: true),
        does!(POST admin::users::create,
            id: "createUser", summary: "Makes an account with a password",
            takes: Some("UserDraft"), gives: (201, Some("User")),
            refuses: &[400, 409, 413, 415, 422], paged: false, guarded: true),
    ]
}

fn user() -> Vec<Operation> {
    vec![
        does!(GET admin::users::show,
            id: "readUser", summary: "One account, by its id or by the name it logs in with",
            takes: None, gives: (200, Some("User")), refuses: &[404], paged: false,
            guarded: true),
        does!(PATCH admin::users::change,
            id: "changeUser",
            summary: "Changes what is named, leaves the rest; whoever is disabled is logged out",
            takes: Some("UserChange"), gives: (200, Some("User")),
            refuses: &[400, 404, 409, 413, 415, 422], paged: false, guarded: true),
        does!(DELETE admin::users::delete,
            id: "deleteUser", summary: "Removes an account and ends everything of it",
            takes: None, gives: (204, None), refuses: &[404], paged: false, guarded: true),
    ]
}

fn registration_tokens() -> Vec<Operation> {
    vec![
        does!(GET admin::registration_tokens::list,
            id: "listRegistrationTokens", summary: "The tokens that let clients register themselves",
            takes: None, gives: (200, Some("RegistrationTokenList")), refuses: &[400], paged: true,
            guarded: true),
        does!(POST admin::registration_tokens::create,
            id: "createRegistrationToken",
            summary: "Makes a registration token (an initial access token); it is shown this once",
            takes: Some("RegistrationTokenDraft"), gives: (201, Some("RegistrationTokenCreated")),
            refuses: &[400, 413, 415, 422], paged: false, guarded: true),
    ]
}

fn factors() -> Vec<Operation> {
    vec![
        does!(GET admin::users::factors,
            id: "readUserFactors", summary: "The second factors of an account", takes: None,
            gives: (200, Some("UserFactors")), refuses: &[404], paged: false, guarded: true),
        does!(DELETE admin::users::reset_factors,
            id: "resetUserFactors",
            summary: "Takes all second factors away: the password alone logs in again",
            takes: None, gives: (204, None), refuses: &[404], paged: false, guarded: true),
    ]
}

fn sessions() -> Vec<Operation> {
    vec![
        does!(GET admin::users::sessions,
            id: "listUserSessions", summary: "The log-ins of an account, newest first",
            takes: None, gives: (200, Some("SessionList")), refuses: &[404], paged: false,
            guarded: true),
        does!(DELETE admin::users::end_sessions,
            id: "endUserSessions", summary: "Ends everything of an account at this moment",
            takes: None, gives: (204, None), refuses: &[404], paged: false, guarded: true),
    ]
}

fn revocations() -> Vec<Operation> {
    vec![
        does!(GET admin::revocations::list,
            id: "listRevocations", summary: "What is revoked, in the order of the feed",
            takes: None, gives: (200, Some("RevocationList")), refuses: &[400], paged: true,
            guarded: true),
        does!(POST admin::revocations::create,
            id: "createRevocation", summary: "Revokes; every guard learns it within a second",
            takes: Some("RevocationDraft"), gives: (201, Some("Revocation")),
            refuses: &[400, 413, 415, 422], paged: false, guarded: true),
    ]
}
