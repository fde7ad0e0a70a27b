// npm openid-client as an application and as a resource server: it discovers the authority, obtains
// a token with both ways to send a secret, introspects it and revokes it.
// One argument: JSON with issuer, client {id, secret}, introspector {id, secret}, resource, scope.
import assert from "node:assert/strict";
import * as oidc from "openid-client";

const given = JSON.parse(process.argv[2]);
const plain = { execute: [oidc.allowInsecureRequests] };

async function discovered(party, authentication, algorithm = "oidc") {
  return oidc.discovery(new URL(given.issuer), party.id, undefined, authentication(party.secret), {
    ...plain,
    algorithm,
  });
}

const seen = {};
for (const [way, authentication] of [
  ["client_secret_basic", oidc.ClientSecretBasic],
  ["client_secret_post", oidc.ClientSecretPost],
]) {
  // RFC 8414 metadata and OpenID Connect discovery must lead to the same endpoints.
  const algorithm = way === "client_secret_basic" ? "oidc" : "oauth2";
  const client = await discovered(given.client, authentication, algorithm);
  const metadata = client.serverMetadata();
  assert.equal(metadata.issuer, given.issuer);
  assert.ok(metadata.grant_types_supported.includes("client_credentials"));
  assert.ok(metadata.token_endpoint_auth_methods_supported.includes(way));

  const granted = await oidc.clientCredentialsGrant(client, {
    resource: given.resource,
    scope: given.scope,
  });
  assert.equal(granted.token_type.toLowerCase(), "bearer");
  assert.ok(granted.expires_in > 0 && granted.expires_in <= 300, "a short-lived token");
  if (granted.scope !== undefined) assert.equal(granted.scope, given.scope);

  const introspector = await discovered(given.introspector, oidc.ClientSecretBasic);
  const before = await oidc.tokenIntrospection(introspector, granted.access_token);
  assert.equal(before.active, true);
  assert.equal(before.client_id, given.client.id);
  assert.equal(before.iss, given.issuer);
  assert.equal(before.scope, given.scope);

  await oidc.tokenRevocation(client, granted.access_token);
  const after = await oidc.tokenIntrospection(introspector, granted.access_token);
  assert.deepEqual(after, { active: false }, "an inactive token tells nothing else");
  // RFC 7009 §2.2: revoking twice is as good as once.
  await oidc.tokenRevocation(client, granted.access_token);
  seen[way] = granted.access_token;
}
assert.notEqual(seen.client_secret_basic, seen.client_secret_post);

// A wrong secret and a scope nobody granted come back as the errors that the RFC names.
const impostor = await discovered({ ...given.client, secret: "wrong" }, oidc.ClientSecretBasic);
await assert.rejects(
  oidc.clientCredentialsGrant(impostor, { resource: given.resource }),
  (error) => error.error === "invalid_client" || error.cause?.[0]?.scheme === "basic",
);
const honest = await discovered(given.client, oidc.ClientSecretBasic);
await assert.rejects(
  oidc.clientCredentialsGrant(honest, { resource: given.resource, scope: "no-such-scope" }),
  (error) => error.error === "invalid_scope",
);
await assert.rejects(
  oidc.clientCredentialsGrant(honest, { resource: "https://nobody.example/" }),
  (error) => error.error === "invalid_target",
);
console.log(JSON.stringify({ ok: true }));
