@Bean
JwtDecoder jwtDecoder() {
    NimbusJwtDecoder decoder = NimbusJwtDecoder.withJwkSetUri("https://id.example/jwks")
        .jwsAlgorithm(SignatureAlgorithm.ES256)
        .build();
    decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
        JwtValidators.createDefaultWithIssuer("https://id.example"),
        new JwtClaimValidator<List<String>>("aud", aud -> aud != null
            && aud.contains("https://api.example"))));
    return decoder;
}
