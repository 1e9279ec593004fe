"""Principal: the person or program that makes a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: The key of the Principal in `scope["state"]`; absent on a WebSocket that has yet to say who it is.
PRINCIPAL = "principal"

#: The key in a WebSocket's `scope["state"]` of an `Authenticate` function, for the message
#: `connection_init` of graphql-transport-ws.
AUTHENTICATE = "authenticate"


@dataclass(frozen=True, slots=True)
class Principal:
    """`name` is the actor that goes on record; `kind` says how it proved itself: `token` or `web`."""

    name: str
    kind: str


#: Takes an `Authorization` value (`Bearer …`) and answers who that is, or None.
Authenticate = Callable[[str], Principal | None]

TOKEN = Principal("token", "token")
WEB = Principal("web", "web")
