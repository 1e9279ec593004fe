"""The demo agent: a script, not an intelligence. Run as `agent.py PROMPT` in a task's terminal.

It does what a real agent does as far as Chorus can see: reads, edits real files, asks for permission at
the hook endpoint and waits for the answer, runs a command, finishes. Standard library only, because it runs
in the task's environment and not in that of the server. `CHORUS_DEMO_PACE` is the pause between two
steps in seconds.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

PACE = float(os.environ.get("CHORUS_DEMO_PACE", "0.8"))


def report(event: str, **fields: Any) -> dict[str, Any]:
    """Tell the hook endpoint, in the form of Claude Code's hooks; the body of the answer."""
    body = {"hook_event_name": event, "session_id": SESSION, "cwd": os.getcwd(), **fields}
    request = urllib.request.Request(
        os.environ["CHORUS_HOOK_URL"],
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['CHORUS_HOOK_TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        text = answer.read()
    found: dict[str, Any] = json.loads(text) if text.strip() else {}
    return found


def say(text: str) -> None:
    print(f"\033[36m[demo agent]\033[0m {text}", flush=True)
    time.sleep(PACE)


def read(path: str) -> str:
    say(f"reading {path}")
    use = tool_use("read_file", "read", path, files=[path])
    report("PreToolUse", **use)
    text = Path(path).read_text()
    report("PostToolUse", **use, tool_response={})
    return text


def edit(path: str, new: str) -> None:
    """Write a file and report it with the hunks of the change."""
    old = Path(path).read_text() if Path(path).exists() else ""
    file = str(Path(path).absolute())
    use = tool_use("edit_file", "edit", file, {"path": path, "content": new}, files=[file])
    say(f"editing {path}")
    report("PreToolUse", **use)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(new)
    report("PostToolUse", **use, tool_response={"structuredPatch": hunks(old, new)})


def hunks(old: str, new: str) -> list[dict[str, Any]]:
    found = []
    before, after = old.splitlines(), new.splitlines()
    for group in difflib.SequenceMatcher(None, before, after).get_grouped_opcodes(3):
        lines = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [" " + line for line in before[i1:i2]]
            else:
                lines += ["-" + line for line in before[i1:i2]] + ["+" + line for line in after[j1:j2]]
        first, last = group[0], group[-1]
        found.append(
            {
                "oldStart": first[1] + 1,
                "oldLines": last[2] - first[1],
                "newStart": first[3] + 1,
                "newLines": last[4] - first[3],
                "lines": lines,
            }
        )
    return found


def run_python(*arguments: str) -> str:
    """Ask for permission, wait for the answer, run the command if it was allowed."""
    command = " ".join(("python3", *arguments))
    use = tool_use("shell", "run", command, {"command": command, "description": "Run the tests"})
    say(f"asks to run: {command}")
    report("PreToolUse", **use)
    answer = report("PermissionRequest", **use)
    decision = answer.get("hookSpecificOutput", {}).get("decision", {})
    if decision.get("behavior") != "allow":
        say(f"was not allowed: {decision.get('message') or 'no reason given'}")
        return "denied"
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, end="", flush=True)
    result = {"stdout": done.stdout, "stderr": done.stderr, "interrupted": False}
    report("PostToolUse", **use, tool_response=result)
    return "passed" if done.returncode == 0 else "failed"


def tool_use(
    name: str,
    kind: str,
    subject: str,
    given: dict[str, Any] | None = None,
    files: list[str] | None = None,
) -> dict[str, Any]:
    """Describe one use of a tool of ours: nobody else knows what it does."""
    return {
        "tool_name": name,
        "tool_kind": kind,
        "tool_subject": subject,
        "tool_files": files,
        "tool_input": given or {},
        "tool_use_id": f"demo_{uuid.uuid4().hex}",
    }


def greeting() -> str:
    """The task that adds a feature and runs the tests."""
    text = read("greet.py")
    edit("greet.py", text.replace('return f"Hello, {name}!"', 'return f"Hello, {name.strip()}!"'))
    return f"Names are trimmed before greeting; the tests {run_python('-m', 'unittest', '-q')}."


def readme() -> str:
    """The task that writes documentation."""
    text = read("README.md")
    edit("README.md", text + "\n## Usage\n\n    python greet.py Ada\n")
    edit("docs/usage.md", "# Usage\n\nRun `python greet.py NAME`.\n")
    return "The README says how to use the program."


def other(prompt: str) -> str:
    """Whatever else it is asked: it writes it down, as a demo can do no more."""
    path = "notes.md"
    old = Path(path).read_text() if Path(path).exists() else "# Notes\n"
    edit(path, f"{old}\n- {prompt.splitlines()[0][:200] if prompt.strip() else '(empty prompt)'}\n")
    return "Noted. This is the demo agent: it follows a script and cannot do more."


def work(prompt: str) -> str:
    lowered = prompt.lower()
    if "greet" in lowered and Path("greet.py").exists():
        return greeting()
    if "readme" in lowered and Path("README.md").exists():
        return readme()
    return other(prompt)


def main() -> None:
    prompt = sys.argv[1] if len(sys.argv) > 1 else ""
    say("This is a demo: a script, not an intelligence.")
    report("SessionStart", source="startup")
    report("UserPromptSubmit", prompt=prompt)
    result = work(prompt)
    say(result)
    report("Stop", last_assistant_message=result, background_tasks=[])


if __name__ == "__main__":
    SESSION = str(uuid.uuid4())
    main()
