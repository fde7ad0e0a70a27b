SecretKey key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
NimbusJwtDecoder decoder = NimbusJwtDecoder.withSecretKey(key)
    .macAlgorithm(MacAlgorithm.HS256).build();
decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
    JwtValidators.createDefaultWithIssuer("https://id.example"),
    new JwtClaimValidator<List<String>>("aud", aud -> aud != null
        && aud.contains("https://api.example"))));
