const keys = createRemoteJWKSet(new URL("https://id.example/jwks"), {
  cooldownDuration: 30_000,
  cacheMaxAge: 600_000,
  timeoutDuration: 5_000,
});
