options.TokenValidationParameters.ValidTypes = ["at+jwt"];
