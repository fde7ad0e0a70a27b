keys = jwt.PyJWKClient("https://id.example/jwks", lifespan=300, timeout=5)
