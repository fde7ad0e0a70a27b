source := config.TokenSource(ctx, stored)
client := oauth2.NewClient(ctx, source)
res, err := client.Get("https://api.example/orders")
