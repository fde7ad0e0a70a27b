//! Google's issuers: accounts, Firebase, service accounts, the identity-aware proxy.

use claviger_token::Code;

use super::issuer::Issuer;
use super::recognise::Marks;
use super::{AUDIENCE, ISSUER, KEY, KIND, Product, UNREADABLE};

static ACCOUNTS: Product = Product {
    name: "Google",
    general: "a JWT of Google's is an ID token; its access tokens are opaque",
    advice: &[
        (
            AUDIENCE,
            "`aud` is the client id of the application that asked. For calls between services mint an ID token for \
             this one: `gcloud auth print-identity-token --audiences=<its URL>`",
        ),
        (
            ISSUER,
            "Google writes `https://accounts.google.com` or, in old tokens, `accounts.google.com`: accept both, and \
             nothing else",
        ),
        (
            KIND,
            "Google has no JWT access tokens: `ya29.…` is opaque, `eyJ…` an ID token. Let the API expect an ID token \
             (`--expect id`) with its own client id as audience",
        ),
        (
            UNREADABLE,
            "access tokens (`ya29.…`) are opaque: only Google's APIs and `oauth2.googleapis.com/tokeninfo` read them",
        ),
        (
            KEY,
            "Google's keys change within days: fetch `https://www.googleapis.com/oauth2/v3/certs` as its `Cache-Control` says",
        ),
    ],
};

const FIREBASE_KEYS: &str = "Firebase's ID tokens are signed with keys of their own, not with those of Google's accounts: \
     `https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com`";

static FIREBASE: Product = Product {
    name: "Firebase",
    general: "`aud` is the project's id; the keys are those of securetoken",
    advice: &[
        (
            AUDIENCE,
            "`aud` is the project's id, and `iss` ends in the same: the application uses another project than the API \
             (development and production?)",
        ),
        (
            ISSUER,
            "the issuer is `https://securetoken.google.com/<project id>`, without a slash behind; the id is not the \
             project's number",
        ),
        (KEY, FIREBASE_KEYS),
        (
            KIND,
            "Firebase has ID tokens only, and they are what an API gets: let it expect one (`--expect id`)",
        ),
        (
            &[Code::Expired],
            "it lives one hour: call `getIdToken()` before each request, which refreshes it in time",
        ),
        (
            &[Code::AlgorithmNone, Code::SignatureStripped],
            "the Firebase emulator signs nothing: its tokens pass only where the API runs against the emulator",
        ),
    ],
};

static FIREBASE_SESSION: Product = Product {
    name: "Firebase, session cookie",
    general: "a session cookie is no ID token: verify it with `verifySessionCookie`, and its own keys",
    advice: &[
        (
            ISSUER,
            "a session cookie's issuer is `https://session.firebase.google.com/<project id>`: the API expects an ID \
             token (`securetoken.google.com`). Verify the cookie with `verifySessionCookie`",
        ),
        (
            KEY,
            "session cookies are signed with keys of their own: \
             `https://www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys`",
        ),
    ],
};

static FIREBASE_CUSTOM: Product = Product {
    name: "Firebase, custom token",
    general: "a custom token is for `signInWithCustomToken` alone: send the ID token that this gives",
    advice: &[],
};

static SERVICE_ACCOUNT: Product = Product {
    name: "Google, signed by a service account",
    general: "the service account has signed it itself: its keys are under \
              `https://www.googleapis.com/service_accounts/v1/jwk/<account>`",
    advice: &[
        (
            AUDIENCE,
            "an assertion for `oauth2.googleapis.com/token` is exchanged there and never sent to an API; for a call \
             sign one whose `aud` is this API",
        ),
        (
            KEY,
            "a deleted key of the service account verifies nothing any more: look at its keys in the console",
        ),
    ],
};

static IAP: Product = Product {
    name: "Google, identity-aware proxy",
    general: "it comes in `x-goog-iap-jwt-assertion`, is signed with ES256, and its keys are under \
              `https://www.gstatic.com/iap/verify/public_key-jwk`",
    advice: &[(
        AUDIENCE,
        "`aud` is `/projects/<number>/…`: with the project's number, not its id, and the id of the backend service",
    )],
};

const CUSTOM_AUDIENCE: &str =
    "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit";

pub(super) fn by_issuer(issuer: &Issuer) -> Option<&'static Product> {
    if issuer.is("securetoken.google.com") {
        return Some(&FIREBASE);
    }
    if issuer.is("session.firebase.google.com") {
        return Some(&FIREBASE_SESSION);
    }
    if issuer.is("cloud.google.com") && issuer.ends_in(&["iap"]) {
        return Some(&IAP);
    }
    issuer.is("accounts.google.com").then_some(&ACCOUNTS)
}

/// Issuers that are no URL.
pub(super) fn by_name(text: &str, marks: &Marks<'_>) -> Option<&'static Product> {
    if text == "accounts.google.com" {
        return Some(&ACCOUNTS);
    }
    let account = text
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && domain.ends_with(".gserviceaccount.com"));
    if account && marks.is_for(CUSTOM_AUDIENCE) {
        return Some(&FIREBASE_CUSTOM);
    }
    account.then_some(&SERVICE_ACCOUNT)
}

/// All of this module, for the tests of their sentences.
#[cfg(test)]
pub(super) const ALL: &[&Product] =
    &[&ACCOUNTS, &FIREBASE, &FIREBASE_SESSION, &FIREBASE_CUSTOM, &SERVICE_ACCOUNT, &IAP];
