"""Browser logins: kept on the server, so that they can be ended; only hashes are stored."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from chorus.errors import ChorusError, NotFound
from chorus.server.state.private_files import read_private, replace_private

#: A browser stays signed in for 30 days.
LIFETIME = 30 * 24 * 3600
_MAX_SESSIONS = 100


class Sessions:
    """The sessions in one small file, which a restart of the server reads again.

    An unreadable file means nobody is signed in: people log in again, and the file is written anew.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._expiry = _read(path)
        self._writing = asyncio.Lock()

    def find(self, secret: str) -> str | None:
        """The id of the session that the cookie's value belongs to, while it lasts."""
        session = _id(secret)
        return session if self._expiry.get(session, 0.0) > self._now() else None

    async def begin(self) -> str:
        """Sign a browser in; the answer is its cookie's value, which is stored nowhere."""
        secret = secrets.token_urlsafe(32)
        self._drop_expired()
        while len(self._expiry) >= _MAX_SESSIONS:
            self._expiry.pop(min(self._expiry, key=self._expiry.__getitem__))
        self._expiry[_id(secret)] = self._now() + LIFETIME
        await self._write()
        return secret

    async def end(self, session: str) -> None:
        """Sign a browser out, at once and for good."""
        if self._expiry.pop(session, None) is not None:
            await self._write()

    async def _write(self) -> None:
        async with self._writing:
            content = orjson.dumps(self._expiry)
            await asyncio.to_thread(replace_private, self._path, content)

    def _drop_expired(self) -> None:
        now = self._now()
        self._expiry = {session: expiry for session, expiry in self._expiry.items() if expiry > now}


def _read(path: Path) -> dict[str, float]:
    try:
        found = orjson.loads(read_private(path))
        return {str(session): float(expiry) for session, expiry in found.items()}
    except NotFound:
        return {}
    except (ChorusError, ValueError, TypeError, AttributeError):
        path.unlink(missing_ok=True)
        return {}


def _id(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
