builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
    .AddJwtBearer(options =>
    {
        options.Authority = "https://id.example";
        options.Audience = "https://api.example";
        options.MapInboundClaims = false;
        options.TokenValidationParameters.ValidAlgorithms = ["ES256"];
        options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
    });
builder.Services.AddAuthorization();
