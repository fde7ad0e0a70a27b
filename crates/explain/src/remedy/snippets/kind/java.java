decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
    .issuer("https://id.example").audience("https://api.example")
    .clientId(clientId).build());
