from authlib.integrations.requests_client import OAuth2Session

session = OAuth2Session(
    client_id,
    client_secret,
    token=stored_token,
    token_endpoint="https://id.example/token",
    update_token=lambda token, **_: store(token),
)
response = session.get("https://api.example/orders", timeout=10)
