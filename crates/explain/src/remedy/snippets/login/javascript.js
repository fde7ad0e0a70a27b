const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: "https://app.example/callback",
  scope: "openid offline_access orders.read",
  resource: "https://api.example",
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
