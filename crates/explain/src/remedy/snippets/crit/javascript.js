await jwtVerify(token, keys, {
  issuer, audience, algorithms: ["ES256"],
  crit: { "https://id.example/ext": true },
});
