await jwtVerify(token, keys, {
  issuer, audience, algorithms: ["ES256"], clockTolerance: 30,
});
