// An API exchanges its caller's token for one of the next API: npm openid-client asks, oauth4webapi asks once more.
// One argument: JSON with issuer, app {id}, redirect, resource, username, password, api {id, secret}, target, scope.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { Browser } from "./browser.mjs";

const given = JSON.parse(process.argv[2]);
const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS = "urn:ietf:params:oauth:token-type:access_token";
const insecure = { execute: [oidc.allowInsecureRequests] };

// A person logs in to the application, and the application calls the API.
const app = await oidc.discovery(new URL(given.issuer), given.app.id, undefined, oidc.None(), insecure);
const verifier = oidc.randomPKCECodeVerifier();
const start = oidc.buildAuthorizationUrl(app, {
  redirect_uri: given.redirect,
  resource: given.resource,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
const back = await new Browser({ username: given.username, password: given.password }).visit(start);
const called = await oidc.authorizationCodeGrant(app, back, { pkceCodeVerifier: verifier });
const subject = called.access_token;

const config = await oidc.discovery(
  new URL(given.issuer),
  given.api.id,
  undefined,
  oidc.ClientSecretBasic(given.api.secret),
  insecure,
);
assert.ok(config.serverMetadata().grant_types_supported.includes(GRANT));
const request = { subject_token: subject, subject_token_type: ACCESS, audience: given.target, scope: given.scope };
const exchanged = await oidc.genericGrantRequest(config, GRANT, request);
assert.equal(exchanged.issued_token_type, ACCESS);
assert.equal(exchanged.token_type, "bearer");
assert.equal(exchanged.scope, given.scope);
assert.equal(exchanged.refresh_token, undefined);

// With its own token beside it the API is seen to act.
const own = await oidc.clientCredentialsGrant(config, { resource: given.target });
const acting = await oidc.genericGrantRequest(config, GRANT, {
  ...request,
  actor_token: own.access_token,
  actor_token_type: ACCESS,
});
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
assert.equal(claims(acting.access_token).act.sub, given.api.id);
assert.equal(claims(acting.access_token).sub, claims(subject).sub);

// The other library: the same question, and one that goes too far.
const server = await oauth
  .discoveryRequest(new URL(given.issuer), { [oauth.allowInsecureRequests]: true })
  .then((response) => oauth.processDiscoveryResponse(new URL(given.issuer), response));
const client = { client_id: given.api.id };
const ask = async (changes) => {
  const response = await oauth.genericTokenEndpointRequest(
    server,
    client,
    oauth.ClientSecretPost(given.api.secret),
    GRANT,
    { ...request, ...changes },
    { [oauth.allowInsecureRequests]: true },
  );
  return oauth.processGenericTokenEndpointResponse(server, client, response);
};
assert.equal((await ask({})).scope, given.scope);
for (const [changes, error] of [
  [{ scope: "admin" }, "invalid_scope"],
  [{ audience: "https://elsewhere.example" }, "invalid_target"],
  [{ subject_token: "made-up" }, "invalid_request"],
])
  await assert.rejects(ask(changes), (thrown) => thrown.error === error, JSON.stringify(changes));
console.log(JSON.stringify({ ok: true, subject, access_token: exchanged.access_token, sid: claims(subject).sid }));
