//! Microsoft's issuers: Entra ID in both versions, Graph, customers' tenants, AD FS.

use claviger_token::Code;

use super::issuer::Issuer;
use super::recognise::Marks;
use super::{AUDIENCE, ISSUER, KEY, KIND, Product, RIGHTS, UNREADABLE};

const GRAPH_ID: &str = "00000003-0000-0000-c000-000000000000";

const ENTRA_RIGHTS: &str = "delegated rights stand in `scp`, those of an application in `roles`; with `/.default` only roles \
     that an administrator has consented to are issued";
const ENTRA_KIND: &str = "the ID token's `aud` is the client that asked; send the `access_token` that comes with a scope of \
     this API (`api://<API>/<scope>`)";
const ENTRA_KEYS: &str = "use the key set of the token's own tenant; an application with a signing key of its own needs \
     `?appid=<client id>` behind the address of the key set";

static V1: Product = Product {
    name: "Entra ID, v1 token",
    general: "an API that expects v2 sets `requestedAccessTokenVersion` to 2 in its manifest",
    advice: &[
        (
            ISSUER,
            "this is a v1 token (`sts.windows.net`): set `api.requestedAccessTokenVersion` to 2 in the manifest \
             of the API's registration, not of the client's; or let the API trust the v1 issuer too",
        ),
        (
            AUDIENCE,
            "a v1 token's `aud` is the form in which the API was asked for: `api://<id>` or its App ID URI; a v2 \
             token's is the bare client id (GUID). Let the API accept the one that its tokens have",
        ),
        (RIGHTS, ENTRA_RIGHTS),
        (KIND, ENTRA_KIND),
        (KEY, ENTRA_KEYS),
    ],
};

static V2: Product = Product {
    name: "Entra ID, v2 token",
    general: "request the scope `api://<this API>/.default` to get its audience",
    advice: &[
        (
            ISSUER,
            "a v2 issuer ends in `/<tenant id>/v2.0`, without a slash; for several tenants check `tid` against a \
             list and fill it into the template: `common` and `{tenantid}` are no issuers",
        ),
        (
            AUDIENCE,
            "a v2 token's `aud` is the API's client id (a GUID), never `api://…`; request the scope `api://<this \
             API>/.default`. Scopes of two APIs in one request give a token for the first of them",
        ),
        (RIGHTS, ENTRA_RIGHTS),
        (KIND, ENTRA_KIND),
        (KEY, ENTRA_KEYS),
    ],
};

static GRAPH: Product = Product {
    name: "Entra ID, token for Microsoft Graph",
    general: "only Microsoft Graph can check it: request the scope `api://<this API>/.default` for this API",
    advice: &[(
        &[
            Code::AudienceMismatch,
            Code::AudienceNearMiss,
            Code::ForeignResourceToken,
            Code::IssuerMismatch,
            Code::IssuerNearMiss,
            Code::SignatureMismatch,
            Code::KeyUnknown,
            Code::KeyIdWrong,
            Code::ScopeInsufficient,
        ],
        "it was issued for Microsoft Graph, as scopes like `User.Read` or `openid` alone give it; nobody else can \
         verify its signature (the header's `nonce` is hashed). Request `api://<this API>/.default`",
    )],
};

static B2C: Product = Product {
    name: "Azure AD B2C",
    general: "each policy has an issuer and a key set of its own",
    advice: &[
        (
            KEY,
            "each user flow has a key set of its own: the address of the metadata names the policy that `tfp` or \
             `acr` of the token names",
        ),
        (
            ISSUER,
            "the issuer holds the tenant's id and `/v2.0/`, with or without the policy, as the flow's token \
             compatibility says; the API must use the metadata of the same flow, under `b2clogin.com`",
        ),
        (
            AUDIENCE,
            "without a scope of the API, `aud` is the client itself: request `https://<tenant>.onmicrosoft.com/<API>/<scope>`",
        ),
        (
            RIGHTS,
            "the API's scopes stand in `scp`; grant them to the client and request them by their full URI",
        ),
    ],
};

static EXTERNAL: Product = Product {
    name: "Entra External ID",
    general: "the issuer is `https://<tenant id>.ciamlogin.com/<tenant id>/v2.0`; take it from the metadata",
    advice: &[
        (
            ISSUER,
            "the host of the issuer is the tenant's id, though the metadata can be asked for under the tenant's \
             name: trust the `issuer` that the metadata names, byte for byte",
        ),
        (
            AUDIENCE,
            "`aud` is the client id (GUID) of the API: request the scope `api://<this API>/<scope>`",
        ),
        (RIGHTS, ENTRA_RIGHTS),
    ],
};

static ADFS: Product = Product {
    name: "AD FS",
    general: "`aud` is the identifier of the Web API: `microsoft:identityserver:<id>` where no other was given",
    advice: &[
        (
            AUDIENCE,
            "request the Web API by `resource=<its identifier>`; without it AD FS issues for `urn:microsoft:userinfo`",
        ),
        (
            ISSUER,
            "access tokens carry the federation service identifier (`http://…/adfs/services/trust`), ID tokens the \
             URL `https://…/adfs`: both stand in the metadata, as `access_token_issuer` and `issuer`",
        ),
        (
            KEY,
            "AD FS turns its token-signing certificate by itself once a year: fetch `/adfs/discovery/keys` again",
        ),
        (UNREADABLE, "refresh tokens and codes of AD FS are opaque: send the `access_token`"),
    ],
};

pub(super) fn by_issuer(issuer: &Issuer, marks: &Marks<'_>) -> Option<&'static Product> {
    let v1 = issuer.is("sts.windows.net") || issuer.is("sts.chinacloudapi.cn");
    let v2 = [
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
    ]
    .into_iter()
    .any(|host| issuer.is(host));
    if v1 || v2 {
        let graph = [GRAPH_ID, "https://graph.microsoft.com", "https://graph.microsoft.com/"];
        if graph.into_iter().any(|name| marks.is_for(name)) {
            return Some(&GRAPH);
        }
        if issuer.leads_through(&["tfp"]) || marks.has("tfp") {
            return Some(&B2C);
        }
        return Some(if v1 || marks.text("ver") == "1.0" { &V1 } else { &V2 });
    }
    if issuer.is_under("b2clogin.com") {
        return Some(&B2C);
    }
    if issuer.is_under("ciamlogin.com") {
        return Some(&EXTERNAL);
    }
    if issuer.ends_in(&["adfs"]) || issuer.ends_in(&["adfs", "services", "trust"]) {
        return Some(&ADFS);
    }
    None
}

/// A token without an issuer that can be read.
pub(super) fn by_marks(marks: &Marks<'_>) -> Option<&'static Product> {
    if !marks.has("tid") {
        return None;
    }
    match marks.text("ver") {
        "1.0" => Some(&V1),
        "2.0" => Some(&V2),
        _ => None,
    }
}

/// All of this module, for the tests of their sentences.
#[cfg(test)]
pub(super) const ALL: &[&Product] = &[&V1, &V2, &GRAPH, &B2C, &EXTERNAL, &ADFS];
