import html
import json
from urllib.parse import parse_qs, urlsplit

from_url = parse_qs(urlsplit(url).fragment)["access_token"][0]
from_json = json.loads(text)["access_token"]
from_page = html.unescape(cell)
