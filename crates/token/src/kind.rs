//! Which kind of token a JWT is, by the marks that the specifications and the common products leave.
//!
//! Decides kinds; never whether the kind is the wanted one.

use crate::json::Members;

/// A kind of signed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// RFC 9068 or unmarked.
    Access,
    /// OpenID Connect Core §2.
    Id,
    /// A refresh token that happens to be a JWT.
    Refresh,
    /// OpenID Connect Back-Channel Logout §2.4.
    Logout,
    /// RFC 9449 §4.2.
    DpopProof,
    /// RFC 7523 §3.
    ClientAssertion,
    /// The Token Status List draft.
    StatusList,
    /// RFC 8417.
    SecurityEvent,
    /// A `typ` that names something else.
    Other,
}

impl TokenKind {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access token",
            Self::Id => "ID token",
            Self::Refresh => "refresh token",
            Self::Logout => "logout token",
            Self::DpopProof => "DPoP proof",
            Self::ClientAssertion => "client assertion",
            Self::StatusList => "status list token",
            Self::SecurityEvent => "security event token",
            Self::Other => "token of another kind",
        }
    }
}

/// Claims in which issuers name the kind.
const NAMES_OF_KIND: &[&str] =
    &["typ", "token_use", "token_type", "tokenType", "type", "use", "usage", "purpose"];

/// The kind, and the mark that shows it; no mark for what is merely unmarked.
///
/// A mark of RFC 9068 (`typ: at+jwt`) settles the matter: issuers may add `nonce` and the like.
#[must_use]
pub fn recognise_kind(header: &Members, payload: &Members) -> (TokenKind, Option<String>) {
    let typ = header.text("typ").map(|typ| {
        let typ = typ.to_ascii_lowercase();
        // RFC 7515 §4.1.9: `application/` may be left out.
        typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
    });
    let by_typ =
        |kind| (kind, Some(format!("its header says `typ: {}`", typ.as_deref().unwrap_or(""))));
    match typ.as_deref() {
        Some("at+jwt") => return by_typ(TokenKind::Access),
        Some("rt+jwt" | "refresh+jwt" | "refresh") => return by_typ(TokenKind::Refresh),
        Some("id_token+jwt" | "id+jwt" | "id_token") => return by_typ(TokenKind::Id),
        Some("logout+jwt") => return by_typ(TokenKind::Logout),
        Some("dpop+jwt") => return by_typ(TokenKind::DpopProof),
        Some("client-authentication+jwt") => return by_typ(TokenKind::ClientAssertion),
        Some("statuslist+jwt") => return by_typ(TokenKind::StatusList),
        Some("secevent+jwt") => return by_typ(TokenKind::SecurityEvent),
        // Unmarked: RFC 7519 §5.1 recommends `JWT` for any of them.
        None | Some("jwt" | "jws" | "jose" | "") => {}
        Some(_) => return by_typ(TokenKind::Other),
    }
    let says = |name: &str, values: &[&str]| {
        payload
            .text(name)
            .filter(|value| values.iter().any(|one| value.eq_ignore_ascii_case(one)))
            .map(|value| format!("its claim `{name}` is `{value}`"))
    };
    let has = |name: &str| payload.contains(name).then(|| format!("it has the claim `{name}`"));

    // Keycloak's claim `typ`; `token_use` of Cognito; `token_type` of several; Flask's `type`.
    let named = |values: &[&str]| NAMES_OF_KIND.iter().find_map(|name| says(name, values));
    // `ati`, the access token's `jti`, stands in refresh tokens of Spring Security OAuth alone.
    if let Some(mark) = says("typ", &["Offline"])
        .or_else(|| named(&["refresh", "refresh_token", "refreshToken", "refresh-token"]))
        .or_else(|| has("ati"))
    {
        return (TokenKind::Refresh, Some(mark));
    }
    if let Some(mark) = named(&["id", "id_token", "idToken", "id-token"]) {
        return (TokenKind::Id, Some(mark));
    }
    // Keycloak's tokens for its own registration service.
    if let Some(mark) = says("typ", &["RegistrationAccessToken", "InitialAccessToken"]) {
        return (TokenKind::Other, Some(mark));
    }
    // What a server of one's own signs to be exchanged for a Firebase session.
    if payload.text("aud").is_some_and(|aud| aud.ends_with(".IdentityToolkit")) {
        let mark = "its audience is Firebase's own: a custom token, to be exchanged there";
        return (TokenKind::Other, Some(mark.to_owned()));
    }
    if let Some(mark) = says("typ", &["Logout"]) {
        return (TokenKind::Logout, Some(mark));
    }
    if payload.raw("events").is_some_and(|events| events.contains("backchannel-logout")) {
        return (
            TokenKind::Logout,
            Some("its claim `events` names a back-channel logout".to_owned()),
        );
    }
    if payload.contains("htm") && payload.contains("htu") {
        return (TokenKind::DpopProof, Some("it has the claims `htm` and `htu`".to_owned()));
    }
    if payload.contains("status_list") {
        return (TokenKind::StatusList, has("status_list"));
    }
    if payload.contains("events") {
        return (TokenKind::SecurityEvent, has("events"));
    }
    if says("typ", &["Bearer"]).is_some() || says("token_use", &["access"]).is_some() {
        return (TokenKind::Access, None);
    }
    // RFC 7523 §3: a client that speaks of itself, with no right in it.
    let rights = ["scope", "scp", "roles", "permissions"].iter().any(|name| payload.contains(name));
    let (issuer, subject) = (payload.text("iss"), payload.text("sub"));
    let to_endpoint = payload.text("aud").is_some_and(|aud| aud.ends_with("/token"));
    if issuer.is_some() && issuer == subject && (payload.contains("jti") || to_endpoint) && !rights
    {
        return (TokenKind::ClientAssertion, Some("its `iss` and `sub` are the same".to_owned()));
    }
    // OpenID Connect Core §2, §3.3.2.11: hashes of what was issued beside it.
    if let Some(mark) = has("at_hash").or_else(|| has("c_hash")).or_else(|| has("s_hash")) {
        return (TokenKind::Id, Some(mark));
    }
    if !rights && let Some(mark) = has("nonce") {
        return (TokenKind::Id, Some(mark));
    }
    (TokenKind::Access, None)
}
