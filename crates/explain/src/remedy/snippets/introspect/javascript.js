const claims = await oidc.tokenIntrospection(config, token);
if (claims.active !== true) throw new Error("invalid_token");
