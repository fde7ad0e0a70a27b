session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = f"Bearer {token}"
response = session.get("https://api.example/orders", timeout=10)
