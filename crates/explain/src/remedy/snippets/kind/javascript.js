await jwtVerify(token, keys, { issuer, audience, algorithms: ["ES256"], typ: "at+jwt" });
