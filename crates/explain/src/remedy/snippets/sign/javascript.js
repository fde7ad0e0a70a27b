import { SignJWT } from "jose";

const token = await new SignJWT({ scope: "orders.read" })
  .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid })
  .setIssuer("https://id.example")
  .setSubject(clientId)
  .setAudience("https://api.example")
  .setIssuedAt()
  .setExpirationTime("5m")
  .setJti(crypto.randomUUID())
  .sign(privateKey);
