"""Environment that agents and their terminals may inherit: an allow-list, never the server's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

_ALLOWED = (
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "LOGNAME",
    "PATH",
    "SHELL",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_*",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
)


def inherited(environ: Mapping[str, str], also: Sequence[str] = ()) -> dict[str, str]:
    """The variables of `environ` that may be passed on; those of Chorus itself never are."""
    patterns = (*_ALLOWED, *also)
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("CHORUS_") and any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def terminal(environ: Mapping[str, str]) -> dict[str, str]:
    """What the session backend itself needs: a tmux server keeps the environment it is started with."""
    found = {name: environ[name] for name in ("HOME", "LANG", "PATH", "SHELL", "USER") if name in environ}
    # Without a UTF-8 locale tmux replaces every other character by an underscore.
    return {"LANG": "C.UTF-8", "TERM": "xterm-256color"} | found
