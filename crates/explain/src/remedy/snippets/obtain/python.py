import os

from authlib.integrations.requests_client import OAuth2Session

session = OAuth2Session(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
response = session.fetch_token(
    "https://id.example/token",
    grant_type="client_credentials",
    resource="https://api.example",
    scope="orders.read",
)
token = response["access_token"]
