"""What git says when it fails, as errors of Chorus that a person can act on."""

from __future__ import annotations

import os
import re
import time

from chorus.errors import BackendError, Busy, ChorusError, StorageFull

#: A lock of git: "fatal: Unable to create '/r/.git/index.lock': File exists."
LOCKED = re.compile(r"Unable to create '(?P<path>[^'\n]+\.lock)': File exists")
_INCOMPLETE = re.compile(r"promisor|missing blob|unable to read [0-9a-f]{40}|unable to read (sha1|tree)")

#: What precedes a secret is kept, so that one sees where it was.
_SECRETS = (
    re.compile(r"(://)[^/@\s]+(?=@)"),
    re.compile(r"(?i)(authorization: )\S+( \S+)?"),
    re.compile(r"(?i)([?&](?:access_token|api_key|auth|key|password|token)=)[^&\s]+"),
    re.compile(r"()\b(?:gh[a-z]_|github_pat_|glpat-|sk-|xox[a-z]-|npm_|hf_)[A-Za-z0-9_-]{8,}"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_MOST = 600


def readable(text: str) -> str:
    """Text of git made fit to be shown and logged: one line, no control characters, no secrets."""
    for secret in _SECRETS:
        text = secret.sub(r"\1***", text)
    text = _CONTROL.sub(" ", text.strip().replace("\n", "; ")).strip()
    return text if len(text) <= _MOST else text[:_MOST] + " …"


def failure(command: str, code: int, stderr: str) -> ChorusError:
    """The error for a call of git that ended with an exit code that was not expected."""
    if "No space left on device" in stderr or "Disk quota exceeded" in stderr:
        return StorageFull()
    reason = readable(stderr) or (f"ended by signal {-code}" if code < 0 else f"exit code {code}")
    hint = ""
    if "dubious ownership" in stderr:
        hint = " The repository belongs to another user; git explains how to trust it."
    if _INCOMPLETE.search(stderr):
        hint = (
            " Objects are missing here. If this is a partial clone, let git fetch them first (by checking"
            " that commit out yourself): Chorus never uses the network."
        )
    return BackendError(f"`git {command}` failed: {reason}.{hint}", exit_code=code)


def locked(path: str, waited: float) -> Busy:
    """Somebody else holds a lock; Chorus never removes one, because it cannot know whether it is in use."""
    try:
        age = f", {max(0.0, time.time() - os.stat(path).st_mtime):.0f} s old"
    except OSError:
        age = ""
    return Busy(
        f"git's lock {readable(path)} is taken{age}, after waiting for {waited:g} s. If no git command is"
        " running in this repository, remove that file and try again.",
        lock=path,
    )
