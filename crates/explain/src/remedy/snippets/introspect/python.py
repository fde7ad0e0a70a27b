answer = requests.post(
    "https://id.example/introspect",
    data={"token": token},
    auth=(api_client, api_secret),
    timeout=5,
)
answer.raise_for_status()
claims = answer.json()
if claims.get("active") is not True:
    raise PermissionError("invalid_token")
