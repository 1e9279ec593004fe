"""Values of `Host` and `Origin` that are ours. Exact texts: no suffixes, no ports left out.

A page of another site can point its own name at 127.0.0.1 (DNS rebinding): its requests then arrive
here with that name as `Host`, on HTTP and WebSocket alike. Only the exact names below are answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Addresses:
    hosts: frozenset[bytes]
    origins: frozenset[bytes]

    @classmethod
    def of(cls, host: str, port: int, more_origins: Iterable[str] = ()) -> Addresses:
        """The address that is served, the loopback names, and further origins (a development server)."""
        names = [bracketed(host), "127.0.0.1", "localhost", "[::1]"]
        origins = {f"http://{name}:{port}" for name in names} | set(more_origins)
        if port == _DEFAULT_PORTS["http"]:
            origins |= {f"http://{name}" for name in names}
        hosts = {urlsplit(origin).netloc for origin in origins}
        return cls(frozenset(map(str.encode, hosts)), frozenset(map(str.encode, origins)))


def bracketed(host: str) -> str:
    """The host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host
