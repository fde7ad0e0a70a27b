"""PyPI `mcp` finds its way to an API by itself: 401, RFC 9728 metadata, server metadata, registration (or a client-ID
metadata document), PKCE, token, call. One argument: JSON with server, username, password, redirect and, where there is
one, document (a client id)."""

import asyncio
import html
import json
import re
import sys
import urllib.parse

import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, TokenStorage
from mcp.shared.auth import OAuthClientMetadata

given = json.loads(sys.argv[1])


class Kept(TokenStorage):
    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def browse(start):
    """A person: types name and password, allows what is asked for; gives the address they are sent to in the end."""
    origin = urllib.parse.urlsplit(start).netloc
    async with httpx2.AsyncClient(headers={"accept": "text/html"}) as browser:
        answer = await browser.get(start)
        for _ in range(12):
            if "location" in answer.headers:
                to = urllib.parse.urljoin(str(answer.url), answer.headers["location"])
                if urllib.parse.urlsplit(to).netloc != origin:
                    return to
                answer = await browser.get(to)
                continue
            page = answer.text
            form = {}
            for field in re.findall(r"<input[^>]*>", page):
                value = re.search(r'value="([^"]*)"', field)
                form[re.search(r'name="([^"]*)"', field)[1]] = html.unescape(value[1]) if value else ""
            typed = {"username": given["username"], "password": given["password"]}
            form.update({name: value for name, value in typed.items() if name in form})
            form["decision"] = "allow"
            action = html.unescape(re.search(r'<form[^>]*action="([^"]*)"', page)[1])
            answer = await browser.post(urllib.parse.urljoin(str(answer.url), action), data=form)
    raise SystemExit("the pages lead nowhere")


async def main():
    kept = Kept()
    back = None

    async def redirect(url):
        nonlocal back
        back = await browse(url)

    async def callback():
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)
        assert "error" not in query, back
        return AuthorizationCodeResult(
            code=query["code"][0], state=query["state"][0], iss=query["iss"][0]
        )

    metadata = OAuthClientMetadata(
        client_name="MCP for Python",
        redirect_uris=[given["redirect"]],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method=given.get("method", "none"),
    )
    provider = OAuthClientProvider(
        server_url=given["server"],
        client_metadata=metadata,
        storage=kept,
        redirect_handler=redirect,
        callback_handler=callback,
        client_metadata_url=given.get("document"),
    )
    async with httpx2.AsyncClient(auth=provider) as client:
        answer = await client.get(given["server"])
        assert answer.status_code == 200, (answer.status_code, answer.text)
        again = await client.get(given["server"])
        assert again.status_code == 200
    assert kept.tokens.refresh_token.startswith("clv_rt_")
    print(json.dumps({"ok": True, "client": kept.client.client_id, "scope": kept.tokens.scope}))


asyncio.run(main())
