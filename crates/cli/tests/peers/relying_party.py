"""A person with a browser at a relying party that nobody here wrote: log-in, what it learnt, log-out.

One argument: JSON with what ("mod_auth_openidc" or "authlib"), issuer, username, password and what the party needs.
The browser is `requests`: redirects as they come, forms as they stand. Prints one JSON object.
"""

import json
import os
import re
import sys
import time
from html import unescape
from urllib.parse import parse_qs, quote, urljoin, urlsplit

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests

given = json.loads(sys.argv[1])


def fill(browser, page, **values):
    """Fills in the form of one of the authority's pages."""
    action = re.search(r'action="([^"]*)"', page.text).group(1)
    form = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'name="(proof|request)" value="([^"]*)"', page.text)
    }
    return browser.post(
        urljoin(page.url, unescape(action)), data={**form, **values}, allow_redirects=False
    )


def follow(browser, response, until):
    """Goes on as a person would until an address begins with `until`, which is not asked for."""
    for _ in range(20):
        location = response.headers.get("location")
        if location:
            address = urljoin(response.url, location)
            if until and address.startswith(until):
                return address
            response = browser.get(address, allow_redirects=False)
        elif 'name="password"' in response.text:
            response = fill(
                browser, response, username=given["username"], password=given["password"]
            )
        elif 'name="proof"' in response.text:
            response = fill(browser, response, decision="allow")
        else:
            assert not until, f"stopped at {response.url}: {response.status_code} {response.text}"
            return response
    raise AssertionError("no end of redirects")


def mod_auth_openidc():
    site = given["site"]
    browser = requests.Session()
    page = follow(browser, browser.get(f"{site}/private/", allow_redirects=False), None)
    assert page.status_code == 200 and page.text == "only for Ada\n", (page.status_code, page.text)
    told = browser.get(f"{site}/redirect?info=json").json()
    assert told["userinfo"]["email"] == "ada@example.org", told
    assert told["userinfo"]["sub"] == told["id_token"]["sub"], told
    if given.get("until_ended"):
        # The session ends elsewhere; the party was told through the back channel.
        print(json.dumps(told), flush=True)
        sys.stdin.readline()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            again = browser.get(f"{site}/private/", allow_redirects=False)
            if again.status_code != 200:
                break
            time.sleep(0.1)
        assert again.status_code == 302, (again.status_code, again.text)
        assert again.headers["location"].startswith(given["issuer"]), again.headers
        return {"ok": True}
    # The party logs out: it ends its own session, and sends the browser to the authority and back.
    out = browser.get(
        f"{site}/redirect?logout={quote(site + '/bye', safe='')}", allow_redirects=False
    )
    asked = out.headers["location"]
    assert asked.startswith(given["issuer"] + "/logout?"), asked
    assert "id_token_hint" in parse_qs(urlsplit(asked).query), asked
    gone = browser.get(asked, allow_redirects=False)
    assert gone.status_code == 303, (gone.status_code, gone.text)
    assert gone.headers["location"].startswith(site + "/bye"), gone.headers
    # Both have forgotten the person.
    start = browser.get(f"{site}/private/", allow_redirects=False)
    page = browser.get(start.headers["location"], allow_redirects=False)
    assert page.status_code == 200 and 'name="password"' in page.text, page.text
    return {"ok": True, **told}


def authlib():
    from authlib.integrations.requests_client import OAuth2Session
    from joserfc import jwt
    from joserfc.jwk import KeySet

    metadata = requests.get(given["issuer"] + "/.well-known/openid-configuration").json()
    client = OAuth2Session(
        given["client"]["id"],
        redirect_uri=given["redirect"],
        scope=given["scope"],
        token_endpoint_auth_method="none",
        code_challenge_method="S256",
    )
    verifier = "v" * 64
    address, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-1"
    )
    browser = requests.Session()
    answer = follow(browser, browser.get(address, allow_redirects=False), given["redirect"])
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, code_verifier=verifier, state=state
    )
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"]).json())
    algorithms = metadata["id_token_signing_alg_values_supported"]
    claims = jwt.decode(token["id_token"], keys, algorithms=algorithms).claims
    assert claims["nonce"] == "n-1" and claims["aud"] == given["client"]["id"], claims
    told = client.get(metadata["userinfo_endpoint"])
    assert told.status_code == 200, told.text
    told = told.json()
    assert told["sub"] == claims["sub"] and told["email"] == "ada@example.org", told
    first = token["refresh_token"]
    again = client.refresh_token(metadata["token_endpoint"], refresh_token=first)
    assert again["refresh_token"] != first
    assert client.get(metadata["userinfo_endpoint"]).json() == told
    client.revoke_token(metadata["revocation_endpoint"], token=again["refresh_token"])
    refused = client.get(metadata["userinfo_endpoint"])
    assert refused.status_code == 401, refused.text
    assert 'error="invalid_token"' in refused.headers["www-authenticate"], refused.headers
    assert refused.json()["code"] == "token-revoked", refused.text
    return {"ok": True, "userinfo": told}


print(json.dumps({"mod_auth_openidc": mod_auth_openidc, "authlib": authlib}[given["what"]]()))
