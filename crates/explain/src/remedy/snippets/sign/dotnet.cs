var key = new ECDsaSecurityKey(ecdsa) { KeyId = kid };
var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
{
    Issuer = "https://id.example",
    Audience = "https://api.example",
    Subject = new ClaimsIdentity([new Claim("sub", clientId)]),
    Expires = DateTime.UtcNow.AddMinutes(5),
    TokenType = "at+jwt",
    SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
});
