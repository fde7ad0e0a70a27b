config := clientcredentials.Config{
    ClientID:       os.Getenv("CLIENT_ID"),
    ClientSecret:   os.Getenv("CLIENT_SECRET"),
    TokenURL:       "https://id.example/token",
    Scopes:         []string{"orders.read"},
    EndpointParams: url.Values{"resource": {"https://api.example"}},
}
client := config.Client(ctx)
