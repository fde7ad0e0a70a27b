"""PyPI websockets as a browser-like client, through the gate, to an echo server of another make.

One argument: JSON with url (ws://…), token, subject.
"""

import json
import os
import sys

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

given = json.loads(sys.argv[1])
url = given["url"]

# Without a token there is no upgrade: a 401 that says how to authenticate.
try:
    connect(url)
except InvalidStatus as refused:
    assert refused.response.status_code == 401, refused
    assert refused.response.headers["WWW-Authenticate"].startswith("Bearer")
else:
    raise AssertionError("the gate upgraded a connection without a token")

headers = {"Authorization": f"Bearer {given['token']}", "Claviger-Subject": "somebody-else"}
with connect(url, additional_headers=headers, max_size=16 * 1024 * 1024) as socket:
    greeting = json.loads(socket.recv(timeout=10))
    assert greeting["subject"] == given["subject"], greeting
    for message in ("hello", "", "a" * 70_000, os.urandom(3 * 1024 * 1024)):
        socket.send(message)
        assert socket.recv(timeout=10) == message
    assert socket.ping().wait(timeout=10), "a pong comes back through the gate"
    socket.close(1000, "done")
    assert socket.protocol.close_rcvd.code == 1000, "the closing handshake passes both ways"

print(json.dumps({"ok": True}))
