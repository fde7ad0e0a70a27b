builder.Services.AddAuthorizationBuilder().AddPolicy("orders.read", policy => policy
    .RequireAssertion(context => context.User.FindAll(c => c.Type is "scope" or "scp")
        .SelectMany(claim => claim.Value.Split(' '))
        .Contains("orders.read")));
