const segment = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const signingInput = `${segment(header)}.${segment(claims)}`;
