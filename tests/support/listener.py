"""An agent for tests. It keeps a diary of what happens to it, and reports each step until it is heard.

Run as `listener.py` in a task's terminal; every line that is typed is a prompt:

    write NAME      makes a file and reports the edit
    ask WORDS       asks for permission; the connection may break, it asks again with the same name
    wait            is busy until it is interrupted
    exit N          ends
    flood SECONDS   prints as fast as it can
    bytes           prints what is no UTF-8
    fork            leaves a process in the background that ignores SIGTERM
    deaf            ignores SIGTERM from now on, and is busy
    anything else   is only written down

The diary is `$DIARY/<task id>`, one JSON list a line. Standard library only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

DIARY = Path(os.environ["DIARY"], os.environ["CHORUS_TASK_ID"])


def note(*words: object) -> None:
    with DIARY.open("a") as diary:
        diary.write(json.dumps(words) + "\n")


def report(event: str, **fields: Any) -> dict[str, Any]:
    """Tell it until somebody has it; the body of the answer. The run's end is the end of this agent."""
    body = {"hook_event_name": event, "chorus_report_id": uuid.uuid4().hex, "session_id": "s", **fields}
    while True:
        try:
            return post(body)
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
        except OSError:
            pass  # the server is away
        time.sleep(0.05)


def post(body: dict[str, Any]) -> dict[str, Any]:
    token = os.environ["CHORUS_HOOK_TOKEN"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    address = os.environ["CHORUS_HOOK_URL"]
    request = urllib.request.Request(address, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        text = answer.read()
    found: dict[str, Any] = json.loads(text) if text.strip() else {}
    return found


def write(name: str) -> None:
    path = Path(name).absolute()
    path.write_text(f"{name}\n")
    given = {"file_path": str(path), "content": f"{name}\n"}
    answer = {"type": "create", "filePath": str(path), "structuredPatch": []}
    report("PostToolUse", tool_name="Write", tool_input=given, tool_response=answer, tool_use_id=name)


def ask(words: str) -> None:
    answer = report("PermissionRequest", tool_name="Bash", tool_input={"command": words})
    decision = answer.get("hookSpecificOutput", {}).get("decision", {})
    note("verdict", words, decision.get("behavior"))


def wait() -> None:
    signal.sigwait([signal.SIGINT])  # blocked in main, so that none is missed
    note("interrupted")


def flood(seconds: float) -> None:
    block = (b"0123456789abcdef" * 4 + b"\n") * 1000
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        os.write(1, block)


def fork() -> None:
    script = "trap '' TERM HUP; while :; do sleep 1; done"
    child = subprocess.Popen(["sh", "-c", script], start_new_session=True, stdout=subprocess.DEVNULL)
    note("child", child.pid)


def deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("deaf")
    while True:
        signal.pause()


def act(prompt: str) -> None:
    word, _, rest = prompt.partition(" ")
    match word:
        case "write":
            write(rest)
        case "ask":
            ask(rest)
        case "wait":
            wait()
        case "exit":
            sys.exit(int(rest))
        case "flood":
            flood(float(rest))
        case "bytes":
            os.write(1, b"\xff\xfe split \xc3" + b"\xa9 nul \x00 end\n" + b"x" * 1_000_000 + b"\nover\n")
        case "fork":
            fork()
        case "deaf":
            deaf()


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    note("start", os.getpid())
    report("SessionStart", source="startup")
    for line in sys.stdin:
        prompt = line.rstrip("\n")
        note("read", prompt)
        report("UserPromptSubmit", prompt=prompt)
        act(prompt)
        report("Stop", last_assistant_message=f"did {prompt[:40]}")


if __name__ == "__main__":
    main()
