response = requests.post("https://id.example/token", data=form, timeout=10)
response.raise_for_status()
token = response.json()["access_token"]
