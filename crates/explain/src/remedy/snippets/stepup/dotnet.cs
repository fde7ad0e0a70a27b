var properties = new OpenIdConnectChallengeProperties { MaxAge = TimeSpan.FromMinutes(5) };
properties.SetParameter("acr_values", acrValues);
await HttpContext.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
