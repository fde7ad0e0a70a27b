//! Identity as a service: Auth0, Okta, PingOne, Salesforce, Apple, Clerk, Supabase.

use claviger_token::Code;

use super::issuer::Issuer;
use super::recognise::Marks;
use super::{AUDIENCE, ISSUER, KEY, KIND, Product, RIGHTS, UNREADABLE};

static AUTH0: Product = Product {
    name: "Auth0",
    general: "without an `audience` in the request, the token is opaque or encrypted; the issuer ends in a slash",
    advice: &[
        (
            UNREADABLE,
            "Auth0 gives an opaque or encrypted token (`alg` `dir`) where no API was named: put `audience=<identifier of \
             the API>` into the authorization request, or set a default audience for the tenant",
        ),
        (
            AUDIENCE,
            "`aud` is the identifier of the API as the dashboard has it, letter by letter; `…/userinfo` alone means that \
             no `audience` was asked for. The identifier need not be an address that exists",
        ),
        (
            ISSUER,
            "Auth0's issuer ends in a slash (`https://<tenant>.auth0.com/`); with a custom domain the tokens that are \
             asked for under it carry it, others the tenant's name",
        ),
        (
            RIGHTS,
            "permissions of a role stand in `permissions` once RBAC and \"Add Permissions in the Access Token\" are on; \
             `scope` holds what was asked for and allowed",
        ),
        (
            KIND,
            "the ID token's `aud` is the application: send the access token, and ask for it with an `audience`, or it \
             will be opaque",
        ),
        (
            &[Code::AlgorithmNotAllowed, Code::KeyTypeMismatch, Code::AlgorithmMislabelled],
            "an API is set to RS256 or HS256 in its settings, an application apart from it: choose RS256 for both",
        ),
        (
            KEY,
            "each tenant (and region) has its key set: take `<issuer>.well-known/jwks.json`; after \"Rotate\" the API \
             must fetch it again",
        ),
    ],
};

static OKTA_ORG: Product = Product {
    name: "Okta, org authorization server",
    general: "tokens of the org server are for Okta itself; use a custom authorization server",
    advice: &[(
        &[
            Code::SignatureMismatch,
            Code::KeyUnknown,
            Code::KeyIdWrong,
            Code::KeySetStale,
            Code::IssuerMismatch,
            Code::IssuerNearMiss,
            Code::AudienceMismatch,
            Code::AudienceNearMiss,
            Code::ForeignResourceToken,
            Code::ScopeInsufficient,
            Code::ScopeShape,
        ],
        "it comes from the org server and is for Okta's own API; its keys may change without notice and it must not \
         be validated here. Use `https://<org>/oauth2/default` or another custom authorization server",
    )],
};

static OKTA: Product = Product {
    name: "Okta",
    general: "issuer, audience and keys are those of the custom authorization server (`/oauth2/<id>`)",
    advice: &[
        (
            AUDIENCE,
            "`aud` is set on the authorization server, not by the client (`api://default` as it comes): one server for \
             each API, or one audience for all of them",
        ),
        (
            ISSUER,
            "`/oauth2/<id>` belongs to the issuer, and its host is the one of the server's settings: Okta's URL, the \
             custom domain, or the one of the request (\"Dynamic\")",
        ),
        (
            RIGHTS,
            "scopes stand in `scp`, a list, and not in `scope`; a custom scope is made on the authorization server and \
             granted by an access policy's rule",
        ),
        (
            KEY,
            "each authorization server has its key set: `<issuer>/v1/keys`, and not the org's `/oauth2/v1/keys`",
        ),
        (
            KIND,
            "an ID token's `aud` is the client id: send the access token, whose client stands in `cid`",
        ),
    ],
};

static PING: Product = Product {
    name: "PingOne",
    general: "the issuer is `https://auth.pingone.<region>/<environment>/as`; `aud` is that of the custom resource",
    advice: &[
        (
            AUDIENCE,
            "scopes of PingOne's own resource give a token for `https://api.pingone.<region>`: make a custom resource, \
             grant its scopes to the application and request those, of one resource at a time",
        ),
        (
            ISSUER,
            "the environment's id stands in the issuer, and it ends in `/as`; a custom domain replaces the host",
        ),
    ],
};

static SALESFORCE: Product = Product {
    name: "Salesforce",
    general: "access tokens are opaque unless the connected app issues JWT-based ones; the issuer is the org's own domain",
    advice: &[
        (
            UNREADABLE,
            "a Salesforce access token (`00D…!…`) is opaque: turn on JWT-based access tokens for the app, or ask \
             `/services/oauth2/introspect`",
        ),
        (
            ISSUER,
            "the issuer is `https://login.salesforce.com`, `https://test.salesforce.com` or the org's own domain: take it from the metadata there",
        ),
        (AUDIENCE, "`aud` of an ID token is the consumer key of the connected app"),
        (KIND, "an ID token is for the client alone: send the access token"),
    ],
};

static APPLE: Product = Product {
    name: "Apple",
    general: "it is an identity token for your own client: exchange it for a token of your own",
    advice: &[
        (
            AUDIENCE,
            "`aud` is the app's bundle id for a native app, the Services ID for the web: let the back end accept both \
             where both are used",
        ),
        (
            KIND,
            "Apple has no access token for your API: verify the identity token once at log-in, then issue one of your own",
        ),
        (
            &[Code::Expired],
            "it is for the moment of the log-in: verify it once, and issue a session or token of your own",
        ),
        (
            KEY,
            "Apple has several keys at once: fetch `https://appleid.apple.com/auth/keys` and choose by `kid`",
        ),
    ],
};

static CLERK: Product = Product {
    name: "Clerk",
    general: "a session token has no `aud` and lives a minute; check `azp` against your own origins",
    advice: &[
        (
            &[Code::AudienceMissing, Code::AudienceMismatch],
            "a session token has no `aud`: check `azp`, the origin of the page, or make a JWT template with an `aud`",
        ),
        (
            &[Code::Expired],
            "it lives 60 seconds: call `getToken()` before each request, and do not keep what it gives",
        ),
        (
            &[
                Code::IssuerMismatch,
                Code::IssuerNearMiss,
                Code::KeyUnknown,
                Code::KeyIdWrong,
                Code::SignatureMismatch,
            ],
            "development and production are two instances with issuers (`….clerk.accounts.dev`, `clerk.<your domain>`) and \
             keys of their own: take keys and `pk_` of the same one",
        ),
    ],
};

const SUPABASE_KEYS: &str = "older projects sign with HS256 and the project's JWT secret, taken as text and not decoded; newer ones \
     with ES256 and the key set under `<project>/auth/v1/.well-known/jwks.json`";

static SUPABASE: Product = Product {
    name: "Supabase",
    general: "newer projects sign with ES256 and publish a key set",
    advice: &[
        (
            &[
                Code::SignatureMismatch,
                Code::SecretEncoding,
                Code::KeyUnknown,
                Code::KeyIdWrong,
                Code::KeyIdMissing,
                Code::AlgorithmNotAllowed,
                Code::KeyTypeMismatch,
            ],
            SUPABASE_KEYS,
        ),
        (
            &[Code::AudienceMismatch, Code::AudienceNearMiss, Code::AudienceMissing],
            "a logged-in user's `aud` is `authenticated`; the keys `anon` and `service_role` are JWTs without `aud`, and \
             belong into the header `apikey`",
        ),
        (
            &[Code::SubjectMissing, Code::TokenTypeMismatch],
            "without `sub` it is the project's `anon` or `service_role` key: send the user's `access_token` of the \
             session as Bearer, the key as `apikey`",
        ),
        (
            ISSUER,
            "the issuer of a user's token is `https://<project>.supabase.co/auth/v1`; that of the project's keys is `supabase`",
        ),
    ],
};

pub(super) fn by_issuer(issuer: &Issuer, marks: &Marks<'_>) -> Option<&'static Product> {
    if issuer.is_under("auth0.com") {
        return Some(&AUTH0);
    }
    if ["okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com"]
        .into_iter()
        .any(|domain| issuer.is_under(domain))
    {
        return Some(if issuer.leads_through(&["oauth2"]) { &OKTA } else { &OKTA_ORG });
    }
    if ["pingone.com", "pingone.eu", "pingone.asia", "pingone.ca", "pingone.com.au", "pingone.sg"]
        .into_iter()
        .any(|domain| issuer.is_under(domain))
    {
        return Some(&PING);
    }
    if issuer.is_under("salesforce.com") {
        return Some(&SALESFORCE);
    }
    if issuer.is("appleid.apple.com") || issuer.is("account.apple.com") {
        return Some(&APPLE);
    }
    if issuer.is_under("clerk.accounts.dev")
        || (issuer.begins_with_label("clerk") && marks.text("sid").starts_with("sess_"))
    {
        return Some(&CLERK);
    }
    issuer.is_under("supabase.co").then_some(&SUPABASE)
}

pub(super) fn by_name(text: &str, marks: &Marks<'_>) -> Option<&'static Product> {
    (text == "supabase" && marks.has("role")).then_some(&SUPABASE)
}

/// Under a custom domain.
pub(super) fn by_marks(marks: &Marks<'_>) -> Option<&'static Product> {
    let provider = marks.text("sub").split_once('|').map(|(name, _)| name);
    if marks.has("gty")
        || provider.is_some_and(|name| matches!(name, "auth0" | "google-oauth2" | "waad"))
    {
        return Some(&AUTH0);
    }
    if marks.has("cid") && marks.has("scp") && marks.text("jti").starts_with("AT.") {
        return Some(&OKTA);
    }
    (marks.text("sid").starts_with("sess_") && marks.text("sub").starts_with("user_"))
        .then_some(&CLERK)
}

/// All of this module, for the tests of their sentences.
#[cfg(test)]
pub(super) const ALL: &[&Product] =
    &[&AUTH0, &OKTA_ORG, &OKTA, &PING, &SALESFORCE, &APPLE, &CLERK, &SUPABASE];
