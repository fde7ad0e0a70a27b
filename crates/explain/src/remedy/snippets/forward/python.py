response = requests.get(
    "https://api.example/orders/",
    headers={"Authorization": f"Bearer {token}"},
    allow_redirects=False,
    timeout=10,
)
if response.is_redirect:
    raise RuntimeError(f"call {response.headers['Location']} directly")
