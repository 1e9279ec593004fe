"""Credentials: the bearer token of the state directory, login codes, browser logins."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from chorus.errors import BadInput, NotFound
from chorus.server.access.principal import TOKEN, WEB, Principal
from chorus.server.access.sessions import Sessions
from chorus.server.state.private_files import create_private, read_private

_TOKEN_BYTES = 32
_TOKEN_FORM = re.compile(rb"[A-Za-z0-9_-]{43}")
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([\x21-\x7e]{1,512})")

#: A login link is for right now.
CODE_SECONDS = 300
_MAX_CODES = 100


def load_token(state_dir: Path) -> str:
    """The token in `state_dir/token`, made on first use: 256 random bits, readable by this user alone.

    Raises BadInput when the file could have been read or planted by somebody else, or is damaged.
    """
    path = state_dir / "token"
    try:
        content = read_private(path)
    except NotFound:
        create_private(path, secrets.token_urlsafe(_TOKEN_BYTES).encode() + b"\n")
        content = read_private(path)
    token = content.removesuffix(b"\n")
    if not _TOKEN_FORM.fullmatch(token):
        raise BadInput(f"{path} does not hold a token: remove it, and a new one is made at the next start.")
    return token.decode()


class LoginCodes:
    """One-time codes for login links; in memory, so a restart ends them all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expiry: dict[bytes, float] = {}

    def issue(self) -> str:
        code = secrets.token_urlsafe(_TOKEN_BYTES)
        self._drop_expired()
        while len(self._expiry) >= _MAX_CODES:
            self._expiry.pop(next(iter(self._expiry)))
        self._expiry[digest(code)] = self._clock() + CODE_SECONDS
        return code

    def redeem(self, code: str) -> bool:
        """True for a code that is fresh, once: removing it is the test, so of two at once only one wins."""
        self._drop_expired()
        return self._expiry.pop(digest(code), None) is not None

    def _drop_expired(self) -> None:
        now = self._clock()
        for code in [code for code, expiry in self._expiry.items() if expiry <= now]:
            del self._expiry[code]


class Credentials:
    """Everything the gate compares against."""

    def __init__(self, token: str, sessions: Sessions, cookie: str, codes: LoginCodes | None = None) -> None:
        self._token = digest(token)
        self.sessions = sessions
        self.codes = codes or LoginCodes()
        self.cookie = cookie

    def is_token(self, token: str) -> bool:
        # Digests have one length and no prefix in common, so the time says nothing about the token.
        return hmac.compare_digest(digest(token), self._token)

    def by_authorization(self, value: str) -> Principal | None:
        """Who an `Authorization` value belongs to. Exactly `Bearer <token>`, nothing more around it."""
        token = bearer(value)
        return TOKEN if token is not None and self.is_token(token) else None

    def by_cookie(self, header: str) -> tuple[Principal, str] | None:
        """Who a `Cookie` header belongs to, and the id of the session.

        Another program on this host can add cookies of our name (cookies ignore ports), so every one counts.
        """
        for value in _cookies(header, self.cookie)[:10]:
            session = self.sessions.find(value)
            if session is not None:
                return WEB, session
        return None

    def sends_cookie(self, header: str) -> bool:
        return bool(_cookies(header, self.cookie))


def cookie_name(port: int) -> str:
    """One name per port: several servers on a host share one cookie jar."""
    return f"chorus_session_{port}"


def bearer(value: str) -> str | None:
    """The token of `Bearer <token>`, or None."""
    match = _BEARER.fullmatch(value)
    return match[1] if match else None


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _cookies(header: str, name: str) -> list[str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [value for key, _, value in pairs if key == name and value]
