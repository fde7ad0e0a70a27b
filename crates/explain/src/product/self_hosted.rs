//! Servers that everybody runs under a name of their own: Keycloak, Ory, Zitadel, authentik, Dex, WSO2,
//! ForgeRock. Known by the path of the issuer or by claims.

use claviger_token::Code;

use super::issuer::Issuer;
use super::recognise::Marks;
use super::{AUDIENCE, ISSUER, KEY, KIND, Product, RIGHTS, UNREADABLE};

static KEYCLOAK: Product = Product {
    name: "Keycloak",
    general: "an audience mapper adds this API to `aud`; the issuer is the host name that was used",
    advice: &[
        (
            &[
                Code::AudienceMismatch,
                Code::AudienceNearMiss,
                Code::AudienceMissing,
                Code::AudienceNotConfigured,
            ],
            "`aud` is `account`, or lacks: add an Audience mapper with this API's client to a client scope, and give that \
             scope to the client; the client that asked stands in `azp`, which is no audience",
        ),
        (
            ISSUER,
            "the issuer follows the host by which Keycloak was asked: set `KC_HOSTNAME` to its public URL, and \
             `KC_HOSTNAME_BACKCHANNEL_DYNAMIC=true` for services inside. `/auth` in front of `/realms` is gone since 17",
        ),
        (
            RIGHTS,
            "roles stand in `realm_access.roles` and `resource_access.<client>.roles`, not in `scope`: map them, or make \
             client scopes; with \"Full scope allowed\" off only roles in the client's scope are issued",
        ),
        (
            &[Code::RefreshTokenAsAccessToken],
            "the claim `typ` is `Refresh` or `Offline`, and it is signed with HS256 by a secret that only Keycloak has: \
             send the `access_token`, whose `typ` is `Bearer`",
        ),
        (
            KIND,
            "Keycloak writes the kind into the claim `typ`: `Bearer`, `ID`, `Refresh`, `Offline`, `Logout`. Send the one with \
             `Bearer`; the header says `at+jwt` only where the client's advanced settings ask for it",
        ),
        (
            &[Code::SubjectMissing],
            "since Keycloak 25 `sub` comes from the client scope `basic`: give it to the client, or the token is a \
             lightweight one and must be introspected",
        ),
        (
            KEY,
            "each realm has its keys: `<issuer>/protocol/openid-connect/certs`. Another realm, a fresh import or a lost \
             database has others under other names; HS256 means a refresh token",
        ),
        (
            &[Code::TokenInactive, Code::SessionEnded],
            "the session has ended (idle time, log-out, restart without persistent sessions), or the host asked for \
             introspection is another than the issuer's: both say `active: false`",
        ),
        (
            &[Code::KeyUseMismatch],
            "Keycloak's set holds a key for encryption too (`use` `enc`): choose by `kid` among those with `sig`",
        ),
    ],
};

static ORY: Product = Product {
    name: "Ory",
    general: "access tokens are opaque (`ory_at_…`) unless Hydra is set to JWT; `aud` holds what was asked for and allowed",
    advice: &[
        (
            &[Code::AudienceMismatch, Code::AudienceMissing],
            "`aud` is empty unless the client asks for `audience=` and has it in its list of allowed audiences",
        ),
        (
            RIGHTS,
            "scopes stand in `scp`, a list: set `strategies.jwt.scope_claim` to `both` to have `scope` too",
        ),
        (
            UNREADABLE,
            "Hydra's access tokens are opaque: set `strategies.access_token: jwt`, or ask `/admin/oauth2/introspect`",
        ),
        (
            ISSUER,
            "the issuer is `urls.self.issuer` of Hydra, byte for byte: older versions put a slash behind it",
        ),
    ],
};

static ZITADEL: Product = Product {
    name: "Zitadel",
    general: "set the application's token type to JWT, and ask for the project as audience",
    advice: &[
        (
            AUDIENCE,
            "`aud` holds client and project ids: request `urn:zitadel:iam:org:project:id:<project id>:aud` to have this \
             API's project in it",
        ),
        (
            RIGHTS,
            "roles stand in `urn:zitadel:iam:org:project:roles`, as an object: turn on \"Assert Roles on Authentication\", or \
             request that scope",
        ),
        (
            UNREADABLE,
            "access tokens are opaque as they come: set the token type of the application to JWT, or introspect them",
        ),
        (
            ISSUER,
            "the issuer is the instance's domain: `ExternalDomain`, `ExternalPort` and `ExternalSecure` must say what clients use",
        ),
    ],
};

static AUTHENTIK: Product = Product {
    name: "authentik",
    general: "the issuer is `https://<host>/application/o/<slug>/`, with the slash; `aud` is the client id",
    advice: &[
        (
            ISSUER,
            "each provider has an issuer of its own, `…/application/o/<slug>/` with the slash behind, unless its issuer \
             mode is global: then it is the host alone",
        ),
        (
            AUDIENCE,
            "`aud` is the client id of the provider: let the API accept it, or set it by a scope mapping that returns `aud`",
        ),
        (
            &[
                Code::AlgorithmNotAllowed,
                Code::KeyUnknown,
                Code::KeyTypeMismatch,
                Code::SignatureMismatch,
            ],
            "without a signing key in the provider's settings authentik signs with HS256 and the client secret: choose a \
             certificate there",
        ),
    ],
};

static DEX: Product = Product {
    name: "Dex",
    general: "`aud` is the client id; Dex hands out the same kind of JWT as ID and as access token",
    advice: &[
        (
            AUDIENCE,
            "`aud` is the client that asked: for this API request the scope `audience:server:client_id:<API's client>`, and \
             name the asking client in that client's `trustedPeers`",
        ),
        (
            ISSUER,
            "the issuer is `issuer` of Dex's configuration, byte for byte, path (`/dex`) and port included",
        ),
        (
            KIND,
            "Dex marks nothing as an access token: let the API expect an ID token (`--expect id`), as kube-apiserver does",
        ),
        (
            KEY,
            "Dex turns its keys every six hours: fetch `<issuer>/keys` again where a `kid` is not known",
        ),
    ],
};

static WSO2: Product = Product {
    name: "WSO2 Identity Server",
    general: "the token type of the application must be JWT; `aud` is its client id unless audiences are configured",
    advice: &[
        (
            AUDIENCE,
            "`aud` is the client id: add this API under \"Audience\" of the application's protocol settings",
        ),
        (
            ISSUER,
            "the issuer is the token endpoint's URL (`https://<host>:9443/oauth2/token`) where nothing else was set: \
             `localhost:9443` means that `hostname` in `deployment.toml` was not set",
        ),
        (
            UNREADABLE,
            "the application issues opaque tokens: set its token type to JWT, or ask `/oauth2/introspect`",
        ),
        (
            KIND,
            "`aut` says for whom it is: `APPLICATION` (client credentials) or `APPLICATION_USER`",
        ),
    ],
};

static FORGEROCK: Product = Product {
    name: "ForgeRock / PingAM",
    general: "turn on client-based tokens to get JWTs; the issuer holds the realm",
    advice: &[
        (
            ISSUER,
            "the issuer is `https://<host>/am/oauth2/realms/root` with `/realms/<realm>` behind it, or the short form of the base URL source: \
             take it from the metadata of the same realm, port included",
        ),
        (
            KIND,
            "`tokenName` says the kind: `access_token`, `id_token` or `refresh_token`. Send the first",
        ),
        (
            AUDIENCE,
            "`aud` is the client id unless a script or a resource indicator sets another: let the API accept it or change it there",
        ),
        (
            UNREADABLE,
            "server-side tokens are opaque: turn on client-based tokens (\"Use Client-Based Access & Refresh Tokens\"), or introspect them",
        ),
    ],
};

pub(super) fn by_issuer(issuer: &Issuer, marks: &Marks<'_>) -> Option<&'static Product> {
    let pingam = issuer.leads_through(&["am"]) || issuer.leads_through(&["openam"]);
    if pingam && issuer.segments().contains(&"oauth2") {
        return Some(&FORGEROCK);
    }
    if issuer.leads_through(&["realms"]) {
        return Some(&KEYCLOAK);
    }
    if issuer.is_under("oryapis.com") {
        return Some(&ORY);
    }
    if issuer.is_under("zitadel.cloud") {
        return Some(&ZITADEL);
    }
    if issuer.leads_through(&["application", "o"]) {
        return Some(&AUTHENTIK);
    }
    if issuer.ends_in(&["dex"]) {
        return Some(&DEX);
    }
    let wso2 =
        issuer.is("api.asgardeo.io") || (issuer.ends_in(&["oauth2", "token"]) && marks.has("aut"));
    wso2.then_some(&WSO2)
}

pub(super) fn by_marks(marks: &Marks<'_>) -> Option<&'static Product> {
    if marks.has("realm_access") || marks.has("resource_access") {
        return Some(&KEYCLOAK);
    }
    if marks.has_name("urn:zitadel:iam:") {
        return Some(&ZITADEL);
    }
    if marks.has("federated_claims") {
        return Some(&DEX);
    }
    if marks.has("tokenName") && marks.has("auditTrackingId") {
        return Some(&FORGEROCK);
    }
    if marks.has("aut") && marks.text("aut").starts_with("APPLICATION") {
        return Some(&WSO2);
    }
    let scopes = marks.claims.get("scp").is_some_and(|scp| scp.is_array());
    let ory = scopes
        && marks.has("client_id")
        && marks.claims.get("ext").is_some_and(|ext| ext.is_object());
    ory.then_some(&ORY)
}

/// All of this module, for the tests of their sentences.
#[cfg(test)]
pub(super) const ALL: &[&Product] =
    &[&KEYCLOAK, &ORY, &ZITADEL, &AUTHENTIK, &DEX, &WSO2, &FORGEROCK];
