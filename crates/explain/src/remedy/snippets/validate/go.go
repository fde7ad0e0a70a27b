keys, err := keyfunc.NewDefaultCtx(ctx, []string{"https://id.example/jwks"})
if err != nil {
    return err
}
parsed, err := jwt.Parse(token, keys.Keyfunc,
    jwt.WithIssuer("https://id.example"),
    jwt.WithAudience("https://api.example"),
    jwt.WithValidMethods([]string{"ES256"}),
    jwt.WithExpirationRequired(),
    jwt.WithLeeway(30*time.Second),
)
