account = accounts.find(issuer=claims["iss"], subject=claims["sub"])
if account is None:
    raise PermissionError(f"no account for {claims['sub']} of {claims['iss']}")
