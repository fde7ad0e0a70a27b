//! The crate `openidconnect` as a relying party, in two steps with a browser between them.
//!
//! `start {issuer, client, redirect, scope}` says where to send the person, and what to keep;
//! `finish {issuer, client, redirect, kept, answer}` redeems the code, checks the ID token with its nonce and
//! access-token hash, asks userinfo and refreshes.

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let step = arguments.next().ok_or("start or finish")?;
    let given: Value = serde_json::from_str(&arguments.next().ok_or("what is given, as JSON")?)?;
    let text = |name: &str| given[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name}"));
    // A relying party follows no redirect of a token endpoint.
    let http = openidconnect::ureq::AgentBuilder::new().redirects(0).build();
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(text("issuer")?)?, &http)?;
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(text("client")?), None)
        .set_redirect_uri(RedirectUrl::new(text("redirect")?)?);
    if step == "start" {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        for scope in text("scope")?.split(' ') {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        let (url, csrf, nonce) = request.set_pkce_challenge(challenge).url();
        let kept = json!({"csrf": csrf.secret(), "nonce": nonce.secret(), "verifier": verifier.secret()});
        println!("{}", json!({"url": url.as_str(), "kept": kept}));
        return Ok(());
    }
    let kept = |name: &str| given["kept"][name].as_str().unwrap_or_default().to_owned();
    let answer = openidconnect::url::Url::parse(&text("answer")?)?;
    let member = |name: &str| {
        answer.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    if member("state").as_deref() != Some(kept("csrf").as_str()) {
        return Err("the state is not the one that was sent".into());
    }
    let code = AuthorizationCode::new(member("code").ok_or("no code")?);
    let tokens = client
        .exchange_code(code)?
        .set_pkce_verifier(PkceCodeVerifier::new(kept("verifier")))
        .request(&http)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, &Nonce::new(kept("nonce")))?;
    if let Some(expected) = claims.access_token_hash() {
        let found = AccessTokenHash::from_token(
            tokens.access_token(),
            id_token.signing_alg()?,
            id_token.signing_key(&verifier)?,
        )?;
        if found != *expected {
            return Err("at_hash belongs to another access token".into());
        }
    }
    let person: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))?
        .request(&http)?;
    let refresh = tokens.refresh_token().ok_or("no refresh token")?;
    let again = client.exchange_refresh_token(refresh)?.request(&http)?;
    println!(
        "{}",
        json!({
            "ok": again.access_token().secret() != tokens.access_token().secret(),
            "sub": person.subject().as_str(),
            "has_at_hash": claims.access_token_hash().is_some(),
        })
    );
    Ok(())
}
