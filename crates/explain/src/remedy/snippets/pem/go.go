pem, err := os.ReadFile("public.pem")
if err != nil {
    return err
}
key, err := jwt.ParseECPublicKeyFromPEM(pem)
if err != nil {
    return err
}
parsed, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return key, nil },
    jwt.WithValidMethods([]string{"ES256"}),
    jwt.WithIssuer(issuer), jwt.WithAudience(audience))
