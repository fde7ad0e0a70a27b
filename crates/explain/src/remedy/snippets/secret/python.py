import base64
import os

as_text = os.environ["JWT_SECRET"].encode()
as_base64 = base64.b64decode(os.environ["JWT_SECRET"])
claims = jwt.decode(
    token, as_text, algorithms=["HS256"], audience=audience, issuer=issuer
)
