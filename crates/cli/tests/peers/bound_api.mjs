// npm openid-client and oauth4webapi call an API behind the gate with tokens that are bound to a key (RFC 9449 §7), and
// a thief tries the same with what went over the wire.
// One argument: JSON with issuer, client {id, secret}, resource, scope, apis: [{url, nonces}].
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";

const given = JSON.parse(process.argv[2]);
const insecure = { [oauth.allowInsecureRequests]: true };

const config = await oidc.discovery(
  new URL(given.issuer),
  given.client.id,
  undefined,
  oidc.ClientSecretBasic(given.client.secret),
  { execute: [oidc.allowInsecureRequests] },
);
const handle = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
const parameters = { resource: given.resource, scope: given.scope };
const { access_token: token } = await oidc.clientCredentialsGrant(config, parameters, { DPoP: handle });

/** Remembers each request as it went over the wire. */
const sent = [];
const recording = async (url, options) => {
  sent.push({ url, method: options.method, headers: Object.fromEntries(new Headers(options.headers)) });
  return fetch(url, options);
};
const again = ({ url, method, headers }) => fetch(url, { method, headers });
const code = (response) => response.headers.get("claviger-code");
const refused = (error) => {
  assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, error);
  const [challenge] = error.cause;
  assert.equal(challenge.scheme, "dpop");
  assert.ok(challenge.parameters.algs.split(" ").includes("ES256"));
  return error.status === 401;
};

for (const api of given.apis) {
  const url = new URL("orders?state=open", api.url);

  // openid-client: the retry with a nonce is its own.
  const answer = await oidc.fetchProtectedResource(config, token, url, "GET", null, undefined, { DPoP: handle });
  assert.equal(answer.status, 200, api.url);
  assert.equal((await answer.json()).path, "/orders");
  const posted = await oidc.fetchProtectedResource(config, token, url, "POST", "{}", undefined, { DPoP: handle });
  assert.equal(posted.status, 200, api.url);

  // oauth4webapi with a key and a token of its own: its caller asks again with the nonce.
  const client = { client_id: given.client.id };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
  const issuer = new URL(given.issuer);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const secret = oauth.ClientSecretBasic(given.client.secret);
  const grant = async () => {
    const body = new URLSearchParams(parameters);
    const answer = await oauth.clientCredentialsGrantRequest(as, client, secret, body, { DPoP, ...insecure });
    return oauth.processClientCredentialsResponse(as, client, answer);
  };
  const granted = await grant().catch((error) => (oauth.isDPoPNonceError(error) ? grant() : Promise.reject(error)));
  let nonces = 0;
  const options = { DPoP, [oauth.customFetch]: recording, ...insecure };
  const call = async (token) => {
    const request = () => oauth.protectedResourceRequest(token, "GET", url, undefined, undefined, options);
    try {
      return await request();
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error;
      nonces += 1;
      return request();
    }
  };
  for (let round = 0; round < 3; round++) {
    const good = await call(granted.access_token);
    assert.equal(good.status, 200, api.url);
    assert.equal(good.headers.has("dpop-nonce"), api.nonces, api.url);
  }
  assert.equal(nonces, api.nonces ? 1 : 0, "where nonces are on one is asked for, and it lasts");

  // Whoever saw the last request go by has nothing of it: not again, not for another method or address, not as a
  // bearer token.
  const seen = sent.at(-1);
  const replayed = await again(seen);
  assert.deepEqual([replayed.status, code(replayed)], [401, "sender-proof-invalid"], api.url);
  assert.equal((await again({ ...seen, method: "DELETE" })).status, 401);
  assert.equal((await again({ ...seen, url: new URL("invoices", api.url) })).status, 401);
  const { dpop: _, ...headers } = seen.headers;
  const without = await again({ ...seen, headers });
  assert.deepEqual([without.status, code(without)], [401, "sender-proof-missing"], api.url);
  const plain = await again({ ...seen, headers: { authorization: `Bearer ${granted.access_token}` } });
  assert.deepEqual([plain.status, code(plain)], [401, "sender-proof-missing"], api.url);

  // The other token is another key's: stolen. With a proof of the thief's it passes no more than without one.
  await assert.rejects(call(token), refused);
  const bare = oauth.protectedResourceRequest(token, "GET", url, undefined, undefined, insecure);
  await assert.rejects(bare, refused);
}

console.log(JSON.stringify({ ok: true, bound: token }));
