import pathlib
import re

token = pathlib.Path("token.txt").read_text(encoding="utf-8-sig").strip()
if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
    raise ValueError("token.txt holds no token")
