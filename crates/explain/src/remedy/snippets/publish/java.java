ECKey key = new ECKey.Builder(Curve.P_256, publicKey)
    .keyUse(KeyUse.SIGNATURE)
    .algorithm(JWSAlgorithm.ES256)
    .keyIDFromThumbprint()
    .build();
String set = new JWKSet(key).toString();
