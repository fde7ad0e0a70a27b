JWSVerifier verifier = new ECDSAVerifier(publicKey, Set.of("https://id.example/ext"));
boolean good = SignedJWT.parse(token).verify(verifier);
