"""Tell Chorus what is on standard input: `python3 -I -S report.py URL`.

Claude Code runs this for the one event it cannot send over HTTP itself (SessionStart). It uses the standard
library alone, takes 2 seconds at most, says nothing and always succeeds: the agent must not notice
when Chorus is away. The token comes from the environment, never from the command line.
"""

import contextlib
import http.client
import os
import sys
import urllib.parse

SECONDS = 2
LONGEST = 1_000_000


def main(url: str) -> None:
    body = sys.stdin.buffer.read(LONGEST)
    place = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=SECONDS)
    token = os.environ.get("CHORUS_HOOK_TOKEN", "")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request("POST", place.path or "/", body, headers)
    connection.getresponse().read(LONGEST)


if __name__ == "__main__":
    with contextlib.suppress(Exception):
        main(sys.argv[1])
