const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: "https://app.example/callback",
  scope: "openid orders.write",
  resource: "https://api.example",
  acr_values: challenge.acr_values,
  max_age: challenge.max_age,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
