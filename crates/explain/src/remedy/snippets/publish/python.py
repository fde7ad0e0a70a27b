from joserfc.jwk import ECKey

key = ECKey.import_key(public_pem)
public = key.as_dict(private=False)
public.update(kid=key.thumbprint(), use="sig", alg="ES256")
key_set = {"keys": [public, *retiring]}
