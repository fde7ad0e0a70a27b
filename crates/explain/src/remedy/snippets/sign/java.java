Instant now = Instant.now();
JwtClaimsSet claims = JwtClaimsSet.builder()
    .issuer("https://id.example").subject(clientId)
    .audience(List.of("https://api.example"))
    .issuedAt(now).expiresAt(now.plus(Duration.ofMinutes(5)))
    .claim("scope", "orders.read").build();
JwsHeader header = JwsHeader.with(SignatureAlgorithm.ES256)
    .keyId(kid).type("at+jwt").build();
String token = encoder.encode(JwtEncoderParameters.from(header, claims)).getTokenValue();
