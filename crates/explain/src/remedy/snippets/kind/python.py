verified = jwt.decode_complete(
    token, key, algorithms=["ES256"], audience=audience, issuer=issuer
)
if verified["header"].get("typ", "").lower().removeprefix("application/") != "at+jwt":
    raise PermissionError("no access token")
