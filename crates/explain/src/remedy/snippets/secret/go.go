secret := []byte(os.Getenv("JWT_SECRET"))
if len(secret) < 32 {
    return errors.New("JWT_SECRET is missing or shorter than 32 bytes")
}
parsed, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return secret, nil },
    jwt.WithValidMethods([]string{"HS256"}),
    jwt.WithIssuer(issuer), jwt.WithAudience(audience))
