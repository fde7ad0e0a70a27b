options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
