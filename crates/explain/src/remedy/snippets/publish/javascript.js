import { calculateJwkThumbprint, exportJWK } from "jose";

const jwk = await exportJWK(publicKey);
jwk.kid = await calculateJwkThumbprint(jwk);
jwk.use = "sig";
jwk.alg = "ES256";
response.setHeader("Cache-Control", "public, max-age=300");
response.json({ keys: [jwk, ...retiring] });
