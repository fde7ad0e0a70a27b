const asText = new TextEncoder().encode(process.env.JWT_SECRET);
const asBase64 = Buffer.from(process.env.JWT_SECRET, "base64");
await jwtVerify(token, asText, { issuer, audience, algorithms: ["HS256"] });
