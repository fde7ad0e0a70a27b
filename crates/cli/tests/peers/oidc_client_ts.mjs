// npm oidc-client-ts, the library of browser applications, in Node with a store in memory: code with PKCE, state,
// userinfo, refresh, and the address for log-out. The person's browser is played by browser.mjs.
// One argument: JSON with issuer, client {id}, redirect, resource, scope, username, password.
import assert from "node:assert/strict";
import { InMemoryWebStorage, OidcClient, WebStorageStateStore } from "oidc-client-ts";
import { Browser } from "./browser.mjs";

const given = JSON.parse(process.argv[2]);
const client = new OidcClient({
  authority: given.issuer,
  client_id: given.client.id,
  redirect_uri: given.redirect,
  scope: given.scope,
  resource: given.resource,
  stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  loadUserInfo: true,
});
const request = await client.createSigninRequest({ state: { from: "orders" } });
const browser = new Browser({ username: given.username, password: given.password });
const answer = await browser.visit(request.url);
const user = await client.processSigninResponse(answer.href);
assert.deepEqual(user.userState, { from: "orders" });
assert.equal(user.profile.iss, given.issuer);
assert.ok(user.profile.sub && user.access_token && user.refresh_token);
const again = await client.useRefreshToken({
  state: { ...user, data: user.userState, session_state: null, refresh_token: user.refresh_token, profile: user.profile },
});
assert.notEqual(again.access_token, user.access_token);
const out = await client.createSignoutRequest({ id_token_hint: user.id_token });
assert.ok(out.url.startsWith(given.issuer));
console.log(JSON.stringify({ ok: true, sub: user.profile.sub }));
