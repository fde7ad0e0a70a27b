#!/usr/bin/env python3
"""Seeds for the fuzzers from the diagnosis cases: seed.py CASES.jsonl CORPUS_FOLDER

Tokens in the inputs are cut to the byte 0xFE, which the target replaces by a good token.
"""

import base64
import gzip
import hashlib
import json
import pathlib
import re
import sys

TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def keep(folder: pathlib.Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def main() -> None:
    cases, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
    for line in pathlib.Path(cases).read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        given = case["input"].encode()
        keep(corpus / "recognise", given)
        keep(corpus / "parse", given)
        for first in b"\0\1\2":
            keep(corpus / "explain", bytes([first]) + TOKEN.sub(b"\xfe", given))
            keep(corpus / "message", bytes([first]) + TOKEN.sub(b"\xfe", given))
            keep(corpus / "batch", bytes([first]) + TOKEN.sub(b"\xfe", given))
            keep(corpus / "diff", bytes([first]) + b"\xfe\xff" + TOKEN.sub(b"\xfe", given))
        packed = gzip.compress(TOKEN.sub(b"\xfe", given), mtime=0)
        keep(corpus / "batch", b"\x40" + packed)
        for content in case.get("files", {}).values():
            for first in b"\0\1":
                keep(corpus / "keys", bytes([first]) + base64.b64decode(content))
            keep(corpus / "parse", base64.b64decode(content))


main()
