import { importSPKI, jwtVerify } from "jose";

const pem = process.env.PUBLIC_KEY.replaceAll("\\n", "\n");
const key = await importSPKI(pem, "ES256");
await jwtVerify(token, key, { issuer, audience, algorithms: ["ES256"] });
