var key = ECDsa.Create();
key.ImportFromPem(File.ReadAllText("public.pem"));
options.TokenValidationParameters.IssuerSigningKey = new ECDsaSecurityKey(key);
options.TokenValidationParameters.ValidAlgorithms = ["ES256"];
options.TokenValidationParameters.ValidIssuer = "https://id.example";
options.TokenValidationParameters.ValidAudience = "https://api.example";
