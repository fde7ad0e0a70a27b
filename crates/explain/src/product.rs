//! Which product made a token, by the marks that it leaves in claims and header.
//!
//! Names the product and its usual advice; decides nothing about the token.

use claviger_token::Token;

/// A product that was recognised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub(crate) name: &'static str,
    /// What its tokens are usually refused for.
    pub(crate) advice: &'static str,
}

const fn product(name: &'static str, advice: &'static str) -> Option<Product> {
    Some(Product { name, advice })
}

/// The product, if its marks are there.
pub(crate) fn recognise(token: &Token<'_>) -> Option<Product> {
    let payload = token.payload()?;
    let has = |name: &str| payload.contains(name);
    let issuer = payload.text("iss").unwrap_or_default();
    if issuer.contains("sts.windows.net")
        || (has("tid") && payload.text("ver").as_deref() == Some("1.0"))
    {
        return product(
            "Entra ID, v1 token",
            "an API that expects v2 sets `requestedAccessTokenVersion` to 2 in its manifest",
        );
    }
    if issuer.contains("login.microsoftonline.com") {
        return product(
            "Entra ID, v2 token",
            "request the scope `api://<this API>/.default` to get its audience",
        );
    }
    if issuer.contains(".b2clogin.com") {
        return product("Azure AD B2C", "each policy has an issuer and a key set of its own");
    }
    if issuer.contains("securetoken.google.com") {
        return product("Firebase", "`aud` is the project's id; the keys are those of securetoken");
    }
    if issuer.trim_start_matches("https://") == "accounts.google.com" {
        return product("Google", "a JWT of Google's is an ID token; its access tokens are opaque");
    }
    if issuer.contains("cognito-idp.") {
        return product(
            "Amazon Cognito",
            "access tokens carry `client_id` and `token_use` in place of `aud`",
        );
    }
    if issuer.contains(".auth0.com") {
        return product(
            "Auth0",
            "without an `audience` in the request, the token is opaque or encrypted; the issuer ends in a slash",
        );
    }
    if issuer.contains(".okta.com") || issuer.contains(".oktapreview.com") {
        return product(
            "Okta",
            "tokens of the org server are for Okta itself; use a custom authorization server",
        );
    }
    if has("kubernetes.io") || issuer.contains("kubernetes.default.svc") {
        return product(
            "Kubernetes service account",
            "ask for the audience: `kubectl create token --audience`",
        );
    }
    if issuer.contains("token.actions.githubusercontent.com") {
        return product(
            "GitHub Actions",
            "the audience is asked for in the job; `sub` names repository and branch",
        );
    }
    if has("realm_access") || issuer.contains("/realms/") {
        return product(
            "Keycloak",
            "an audience mapper adds this API to `aud`; the issuer is the host name that was used",
        );
    }
    if has("role") && issuer.contains("supabase") {
        return product("Supabase", "newer projects sign with ES256 and publish a key set");
    }
    None
}
