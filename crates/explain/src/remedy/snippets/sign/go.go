now := time.Now()
t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.RegisteredClaims{
    Issuer:    "https://id.example",
    Subject:   clientID,
    Audience:  jwt.ClaimStrings{"https://api.example"},
    IssuedAt:  jwt.NewNumericDate(now),
    ExpiresAt: jwt.NewNumericDate(now.Add(5 * time.Minute)),
    ID:        uuid.NewString(),
})
t.Header["kid"] = kid
t.Header["typ"] = "at+jwt"
token, err := t.SignedString(privateKey)
