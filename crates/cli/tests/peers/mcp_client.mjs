// @modelcontextprotocol/sdk finds its way to an API by itself: 401 → RFC 9728 metadata → server metadata → registration
// (or a client-ID metadata document) → PKCE → token → call → refresh.
// One argument: JSON with server, username, password, redirect and, where there is one, document (a client id).
import assert from "node:assert/strict";
import { auth, extractWWWAuthenticateParams } from "@modelcontextprotocol/sdk/client/auth.js";
import { Browser } from "./browser.mjs";

const given = JSON.parse(process.argv[2]);
const browser = new Browser({ username: given.username, password: given.password });
const kept = {};
let code;
const provider = {
  redirectUrl: given.redirect,
  clientMetadataUrl: given.document,
  clientMetadata: {
    client_name: "MCP SDK",
    redirect_uris: [given.redirect],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: given.method ?? "none",
    application_type: "native",
  },
  state: () => "a state & more",
  clientInformation: () => kept.client,
  saveClientInformation: (client) => (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => (kept.tokens = tokens),
  saveCodeVerifier: (verifier) => (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
  async redirectToAuthorization(url) {
    const back = await browser.visit(url);
    assert.ok(back instanceof URL, back.page);
    assert.equal(back.searchParams.get("state"), "a state & more");
    code = back.searchParams.get("code");
    assert.ok(code, back.href);
  },
};

const refused = await fetch(given.server);
assert.equal(refused.status, 401);
const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(refused);
assert.ok(resourceMetadataUrl, "the 401 says where the metadata are");
const about = { serverUrl: given.server, resourceMetadataUrl, scope };
let outcome = await auth(provider, about);
assert.equal(outcome, "REDIRECT");
outcome = await auth(provider, { ...about, authorizationCode: code });
assert.equal(outcome, "AUTHORIZED");
if (given.document) assert.equal(kept.client.client_id, given.document);
else assert.ok(kept.client.client_id.startsWith("cl_"));

const call = () => fetch(given.server, { headers: { authorization: `Bearer ${kept.tokens.access_token}` } });
assert.equal((await call()).status, 200);

// With a refresh token at hand it refreshes, and asks nobody.
const first = kept.tokens;
assert.equal(await auth(provider, about), "AUTHORIZED");
assert.notEqual(kept.tokens.access_token, first.access_token);
assert.equal((await call()).status, 200);

console.log(JSON.stringify({ ok: true, client: kept.client.client_id, scope: kept.tokens.scope, pages: browser.pages.length }));
