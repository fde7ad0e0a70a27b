options.TokenValidationParameters.IssuerSigningKey =
    new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret));
options.TokenValidationParameters.ValidAlgorithms = ["HS256"];
options.TokenValidationParameters.ValidIssuer = "https://id.example";
options.TokenValidationParameters.ValidAudience = "https://api.example";
