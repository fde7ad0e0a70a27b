import { createRemoteJWKSet, jwtVerify } from "jose";

const keys = createRemoteJWKSet(new URL("https://id.example/jwks"));
const { payload } = await jwtVerify(token, keys, {
  issuer: "https://id.example",
  audience: "https://api.example",
  algorithms: ["ES256"],
  requiredClaims: ["exp", "sub"],
  clockTolerance: 30,
});
