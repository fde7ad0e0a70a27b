// A program without a browser is allowed on another machine: npm openid-client begins and polls, a person's browser is
// played beside it; oauth4webapi does the same and is told no.
// One argument: JSON with issuer, client {id}, scope, resource, username, password.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { Browser } from "./browser.mjs";

const given = JSON.parse(process.argv[2]);
const person = { username: given.username, password: given.password };
const config = await oidc.discovery(new URL(given.issuer), given.client.id, undefined, oidc.None(), {
  execute: [oidc.allowInsecureRequests],
});
const device = await oidc.initiateDeviceAuthorization(config, { scope: given.scope, resource: given.resource });
assert.match(device.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
assert.equal(device.verification_uri, `${given.issuer}/device`);
const polling = oidc.pollDeviceAuthorizationGrant(config, device);

// By the address with the code in it; the code stands on the page to be compared, and nothing is allowed by visiting.
const browser = new Browser(person);
const done = await browser.visit(device.verification_uri_complete);
assert.equal(done.status, 200, done.page);
assert.ok(browser.pages.some((page) => page.includes(device.user_code) && page.includes(given.client.name)));
assert.ok(!browser.pages.some((page) => page.includes("<script")));
const tokens = await polling;
assert.equal(tokens.claims().aud, given.client.id);
assert.ok(tokens.refresh_token.startsWith("clv_rt_"));
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
assert.equal(refreshed.scope, tokens.scope);

// Typed by hand in lower case, and not allowed.
const insecure = { [oauth.allowInsecureRequests]: true };
const server = await oauth
  .discoveryRequest(new URL(given.issuer), insecure)
  .then((response) => oauth.processDiscoveryResponse(new URL(given.issuer), response));
const client = { client_id: given.client.id };
const begun = await oauth
  .deviceAuthorizationRequest(server, client, oauth.None(), { scope: given.scope }, insecure)
  .then((response) => oauth.processDeviceAuthorizationResponse(server, client, response));
const poll = async () => {
  const response = await oauth.deviceCodeGrantRequest(server, client, oauth.None(), begun.device_code, insecure);
  return oauth.processDeviceCodeResponse(server, client, response);
};
await assert.rejects(poll(), (error) => error.error === "authorization_pending");
await assert.rejects(poll(), (error) => error.error === "slow_down");
const typed = { user_code: begun.user_code.toLowerCase().replace("-", " "), decision: "deny" };
const said = await new Browser(person).visit(begun.verification_uri, typed);
assert.equal(said.status, 200);
await new Promise((resolve) => setTimeout(resolve, 10_100));
await assert.rejects(poll(), (error) => error.error === "access_denied");

console.log(JSON.stringify({ ok: true, access_token: tokens.access_token }));
