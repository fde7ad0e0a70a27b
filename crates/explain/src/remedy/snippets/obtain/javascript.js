import * as oidc from "openid-client";

const config = await oidc.discovery(
  new URL("https://id.example"), process.env.CLIENT_ID, process.env.CLIENT_SECRET,
);
const { access_token: token } = await oidc.clientCredentialsGrant(config, {
  resource: "https://api.example",
  scope: "orders.read",
});
