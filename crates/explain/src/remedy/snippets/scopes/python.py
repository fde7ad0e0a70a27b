claim = claims.get("scope", claims.get("scp", ""))
scopes = set(claim.split() if isinstance(claim, str) else claim)
if "orders.read" not in scopes:
    raise PermissionError("insufficient_scope")
