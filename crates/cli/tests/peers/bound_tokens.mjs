// npm openid-client and oauth4webapi with tokens that are bound to a key: DPoP with the authority's nonces for every
// grant, pushed requests, form_post, private_key_jwt, introspection and revocation.
// One argument: JSON with issuer, app {id}, signer {id, key (PEM), kid}, introspector {id, secret}, redirect, resource,
// scope, username, password.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { Browser } from "./browser.mjs";

const given = JSON.parse(process.argv[2]);
const execute = [oidc.allowInsecureRequests];
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
const discovered = (id, authentication) =>
  oidc.discovery(new URL(given.issuer), id, undefined, authentication, { execute });

// The person's application: it keeps no secret, and every request of its is pushed.
const app = await discovered(given.app.id, oidc.None());
const metadata = app.serverMetadata();
assert.ok(metadata.dpop_signing_alg_values_supported.includes("ES256"));
assert.ok(metadata.response_modes_supported.includes("form_post"));
assert.equal(metadata.claims_parameter_supported, false);
const DPoP = oidc.getDPoPHandle(app, await oidc.randomDPoPKeyPair());
const stranger = oidc.getDPoPHandle(app, await oidc.randomDPoPKeyPair());
const jkt = await DPoP.calculateThumbprint();
const browser = new Browser({ username: given.username, password: given.password });

async function asked(parameters, options) {
  const verifier = oidc.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
  const start = await oidc.buildAuthorizationUrlWithPAR(
    app,
    {
      redirect_uri: given.redirect,
      scope: given.scope,
      resource: given.resource,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      ...parameters,
    },
    options,
  );
  assert.deepEqual([...start.searchParams.keys()].sort(), ["client_id", "request_uri"]);
  return { start, checks };
}

let { start, checks } = await asked({}, { DPoP });
const answer = await browser.visit(start);
await assert.rejects(
  oidc.authorizationCodeGrant(app, answer, checks, undefined, { DPoP: stranger }),
  (error) => error.error === "invalid_grant",
);
const tokens = await oidc.authorizationCodeGrant(app, answer, checks, undefined, { DPoP });
assert.equal(tokens.token_type, "dpop");
assert.equal(claims(tokens.access_token).cnf.jkt, jkt);
assert.equal(tokens.claims().iss, given.issuer);

// The name of a pushed request serves once.
const over = await browser.visit(start);
assert.equal(over.status, 400);

// The key stands in for rotation, and no other key refreshes.
const refreshed = await oidc.refreshTokenGrant(app, tokens.refresh_token, undefined, { DPoP });
assert.equal(refreshed.refresh_token, tokens.refresh_token);
assert.equal(claims(refreshed.access_token).cnf.jkt, jkt);
for (const [options, code] of [
  [undefined, "invalid_dpop_proof"],
  [{ DPoP: stranger }, "invalid_grant"],
])
  await assert.rejects(
    oidc.refreshTokenGrant(app, tokens.refresh_token, undefined, options),
    (error) => error.error === code,
  );
await oidc.refreshTokenGrant(app, tokens.refresh_token, undefined, { DPoP });

// form_post: the page is a form for the client's address, and openid-client reads what it would get.
({ start, checks } = await asked({ response_mode: "form_post" }, { DPoP }));
const page = await (await browser.send(start)).text();
assert.ok(page.includes(`action="${given.redirect}"`), page);
const posted = new Request(given.redirect, { method: "POST", body: browser.filled(page, {}) });
const again = await oidc.authorizationCodeGrant(app, posted, checks, undefined, { DPoP });
assert.equal(again.claims().sub, tokens.claims().sub);

// Who knows of the token is told its key.
const api = await discovered(given.introspector.id, oidc.ClientSecretBasic(given.introspector.secret));
const told = await oidc.tokenIntrospection(api, refreshed.access_token);
assert.equal(told.active, true);
assert.equal(told.token_type, "DPoP");
assert.equal(told.cnf.jkt, jkt);
const about = await oidc.fetchUserInfo(app, again.access_token, again.claims().sub, { DPoP });
assert.equal(about.sub, again.claims().sub);
await oidc.tokenRevocation(app, tokens.refresh_token);
assert.deepEqual(await oidc.tokenIntrospection(api, refreshed.access_token), { active: false });

// A machine with a key for itself (private_key_jwt), and another for its tokens.
const der = Buffer.from(given.signer.key.replace(/-----[^-]+-----|\s/g, ""), "base64");
const curve = { name: "ECDSA", namedCurve: "P-256" };
const key = await webcrypto.subtle.importKey("pkcs8", der, curve, false, ["sign"]);
const signing = oidc.PrivateKeyJwt({ key, kid: given.signer.kid });
const machine = await discovered(given.signer.id, signing);
const handle = oidc.getDPoPHandle(machine, await oidc.randomDPoPKeyPair("EdDSA"));
const parameters = { resource: given.resource, scope: "orders:read" };
const bound = await oidc.clientCredentialsGrant(machine, parameters, { DPoP: handle });
assert.equal(bound.token_type, "dpop");
assert.equal(claims(bound.access_token).cnf.jkt, await handle.calculateThumbprint());
await assert.rejects(
  oidc.clientCredentialsGrant(machine, parameters),
  (error) => error.error === "invalid_dpop_proof",
);

// oauth4webapi: the same by hand, the retry with a nonce included.
const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(given.issuer);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
const client = { client_id: given.signer.id };
const proofs = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
let nonces = 0;
async function byHand() {
  const response = await oauth.clientCredentialsGrantRequest(
    as,
    client,
    oauth.PrivateKeyJwt({ key, kid: given.signer.kid }),
    new URLSearchParams(parameters),
    { DPoP: proofs, ...insecure },
  );
  try {
    return await oauth.processClientCredentialsResponse(as, client, response);
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    nonces += 1;
    return byHand();
  }
}
for (let round = 0; round < 3; round++) assert.equal((await byHand()).token_type, "dpop");
assert.equal(nonces, 1, "one retry, and the nonce lasts");

console.log(JSON.stringify({ ok: true, bound: bound.access_token }));
