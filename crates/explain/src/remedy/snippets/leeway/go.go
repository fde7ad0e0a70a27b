parsed, err := jwt.Parse(token, keys.Keyfunc,
    jwt.WithLeeway(30*time.Second), jwt.WithExpirationRequired(),
    jwt.WithValidMethods([]string{"ES256"}),
    jwt.WithIssuer(issuer), jwt.WithAudience(audience))
