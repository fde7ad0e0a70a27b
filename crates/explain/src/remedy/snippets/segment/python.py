def segment(value):
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


signing_input = segment(header) + b"." + segment(claims)
