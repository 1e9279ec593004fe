"""Tell Chorus what is on standard input: `python3 -I -S report.py tell|ask URL [FILE]`.

Claude Code runs this for two events. `tell`, for the one it cannot send over HTTP itself (SessionStart),
takes 2 seconds at most and says nothing. `ask`, for permission requests, waits for the answer and prints it;
when the server goes away it asks the next one again, under the same name, at the address in FILE, so that a
request outlives the server. It ends with the agent that started it.

It uses the standard library alone and always succeeds: the agent must not notice when Chorus is away. The
token comes from the environment, never from the command line.
"""

import contextlib
import http.client
import json
import os
import select
import sys
import time
import urllib.parse

SECONDS = 2
LONGEST = 1_000_000

#: Seconds between attempts to reach a server that is away, and between looks at whether the agent lives.
AGAIN = (0.1, 0.2, 0.4, 0.8)
LOOK = 1.0


def main(how: str, url: str, *file: str) -> None:
    body = sys.stdin.buffer.read(LONGEST)
    if how == "tell":
        post(url, body).getresponse().read(LONGEST)
        return
    report = json.loads(body)
    report["chorus_report_id"] = os.urandom(16).hex()
    answer = ask(url, json.dumps(report).encode(), file[0] if file else "")
    sys.stdout.buffer.write(answer)


def ask(url: str, body: bytes, file: str) -> bytes:
    """The body of the answer, however long it takes and however often the server starts again."""
    parent, attempt = os.getppid(), 0
    while os.getppid() == parent:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = post(address(url, file), body)
            attempt = 0
            while not select.select([connection.sock], [], [], LOOK)[0]:
                if os.getppid() != parent:
                    return b""
            answer = connection.getresponse()
            text = answer.read(LONGEST)
            if answer.status == 200:
                return text
            if answer.status < 500 and answer.status != 429:
                return b""
        time.sleep(AGAIN[min(attempt, len(AGAIN) - 1)])
        attempt += 1
    return b""


def address(url: str, file: str) -> str:
    """Where the server is now: what the file says, or where it was at the start."""
    with contextlib.suppress(OSError, ValueError), open(file, encoding="utf-8") as now:
        return now.read(1000).strip() or url
    return url


def post(url: str, body: bytes) -> http.client.HTTPConnection:
    place = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=SECONDS)
    token = os.environ.get("CHORUS_HOOK_TOKEN", "")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request("POST", place.path or "/", body, headers)
    return connection


if __name__ == "__main__":
    with contextlib.suppress(Exception):
        main(*sys.argv[1:])
