import requests


class BearerAuth(requests.auth.AuthBase):
    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


response = requests.get(
    "https://api.example/orders", auth=BearerAuth(token), timeout=10
)
