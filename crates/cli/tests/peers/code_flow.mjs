// npm openid-client logs a person in: authorization code with PKCE, ID token with nonce, userless refresh, and what
// comes back when an answer is lost. The person's browser is played by fetch: forms as they stand, cookies as they come.
// One argument: JSON with issuer, client {id}, redirect, resource, scope, username, password.
import assert from "node:assert/strict";
import * as oidc from "openid-client";

const given = JSON.parse(process.argv[2]);
const config = await oidc.discovery(new URL(given.issuer), given.client.id, undefined, oidc.None(), {
  execute: [oidc.allowInsecureRequests],
});
const metadata = config.serverMetadata();
assert.deepEqual(metadata.code_challenge_methods_supported, ["S256"]);
assert.equal(metadata.authorization_response_iss_parameter_supported, true);

const cookies = new Map();
async function browse(url, form) {
  const response = await fetch(url, {
    method: form ? "POST" : "GET",
    body: form ? new URLSearchParams(form) : undefined,
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "), accept: "text/html" },
    redirect: "manual",
  });
  for (const line of response.headers.getSetCookie()) {
    const [name, value] = line.split(";")[0].split("=");
    cookies.set(name, value);
  }
  return response;
}
const field = (page, name) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page)[1].replaceAll("&#38;", "&").replaceAll("&amp;", "&");
async function fill(response, values) {
  assert.equal(response.status, 200);
  const page = await response.text();
  const action = /action="([^"]*)"/.exec(page)[1];
  const form = { proof: field(page, "proof"), request: field(page, "request"), ...values };
  return browse(new URL(action, given.issuer), form);
}
async function logIn() {
  const verifier = oidc.randomPKCECodeVerifier();
  const checks = { state: oidc.randomState(), nonce: oidc.randomNonce() };
  const start = oidc.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect,
    scope: given.scope,
    resource: given.resource,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...checks,
  });
  let response = await browse(start);
  while (!response.headers.get("location")?.startsWith(given.redirect)) {
    const location = response.headers.get("location");
    if (location) response = await browse(new URL(location, given.issuer));
    else {
      const isLogIn = (await response.clone().text()).includes('name="password"');
      response = await fill(
        response,
        isLogIn ? { username: given.username, password: given.password } : { decision: "allow" },
      );
    }
  }
  return oidc.authorizationCodeGrant(config, new URL(response.headers.get("location")), {
    pkceCodeVerifier: verifier,
    expectedState: checks.state,
    expectedNonce: checks.nonce,
  });
}

const first = await logIn();
const id = first.claims();
assert.equal(id.iss, given.issuer);
assert.equal(id.aud, given.client.id);
assert.ok(first.refresh_token.startsWith("clv_rt_"));

// The second log-in asks nothing: the session and the consent stand.
const again = await logIn();
assert.equal(again.claims().sub, id.sub);
assert.equal(again.claims().sid, id.sid);

// An answer that is lost is given again, byte by byte; many at once get the same.
const lost = await oidc.refreshTokenGrant(config, first.refresh_token);
const many = await Promise.all(
  Array.from({ length: 16 }, () => oidc.refreshTokenGrant(config, first.refresh_token)),
);
for (const one of many) {
  assert.equal(one.refresh_token, lost.refresh_token);
  assert.equal(one.access_token, lost.access_token);
}
const next = await oidc.refreshTokenGrant(config, lost.refresh_token);
assert.notEqual(next.refresh_token, lost.refresh_token);
// A spent one after its successor was used: somebody has a copy, and the grant ends.
for (const spent of [first.refresh_token, next.refresh_token]) {
  await assert.rejects(oidc.refreshTokenGrant(config, spent), (error) => error.error === "invalid_grant");
}
await oidc.tokenRevocation(config, again.refresh_token);
await assert.rejects(oidc.refreshTokenGrant(config, again.refresh_token), (error) => error.error === "invalid_grant");

console.log(JSON.stringify({ ok: true, access_token: again.access_token, sub: id.sub }));
