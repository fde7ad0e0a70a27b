key := jose.JSONWebKey{Key: publicKey, Use: "sig", Algorithm: string(jose.ES256)}
sum, err := key.Thumbprint(crypto.SHA256)
if err != nil {
    return err
}
key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
set := jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey{key}, retiring...)}
