options.MapInboundClaims = false;
options.TokenValidationParameters.NameClaimType = "sub";
