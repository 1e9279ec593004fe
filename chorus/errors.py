"""The one tree of errors that Chorus raises.

    ChorusError                 code      what a client may see
    ├── NotFound                NOT_FOUND
    ├── BadInput                BAD_INPUT
    │   └── UnknownBackend      BAD_INPUT
    ├── Conflict                CONFLICT
    │   └── VcsConflict         CONFLICT
    ├── Unavailable             UNAVAILABLE
    │   ├── ReadOnly            READ_ONLY
    │   └── ResourceExhausted   RESOURCE_EXHAUSTED
    ├── BackendError            BACKEND_ERROR
    │   └── PluginFailure       BACKEND_ERROR
    ├── Forbidden               FORBIDDEN
    ├── Unauthenticated         UNAUTHENTICATED
    ├── CursorExpired           CURSOR_EXPIRED
    ├── Busy                    BUSY
    └── StorageFull             STORAGE_FULL

The message of an error is a sentence for a person: what is wrong and what to do. Errors of
libraries and programs are translated into this tree at one boundary per kind (a backend call, the
database, the HTTP gate); whatever is not in the tree is a bug and is shown to clients only as
INTERNAL with an id.
"""

from __future__ import annotations

import json
from typing import Any


class ChorusError(Exception):
    """Something Chorus expects to go wrong."""

    code = "INTERNAL"

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])
        #: Facts a program can act on; they travel as GraphQL error extensions beside the code, and in events.
        #: So they are plain data, whatever a plugin has named: what JSON does not know becomes its text.
        self.details: dict[str, Any] = json.loads(json.dumps(details, default=str, skipkeys=True))

    @property
    def message(self) -> str:
        return str(self.args[0])


class NotFound(ChorusError):
    """There is nothing with this id."""

    code = "NOT_FOUND"


class BadInput(ChorusError):
    """The input cannot be used as it is."""

    code = "BAD_INPUT"


class UnknownBackend(BadInput):
    """No plugin offers a backend of this name."""


class Conflict(ChorusError):
    """The present state does not allow this."""

    code = "CONFLICT"


class VcsConflict(Conflict):
    """The change depends on work that is on another branch."""


class Unavailable(ChorusError):
    """Something this needs is not there right now."""

    code = "UNAVAILABLE"


class ReadOnly(Unavailable):
    """The database cannot be written right now: nothing was changed, and what is known can be read."""

    code = "READ_ONLY"


class ResourceExhausted(Unavailable):
    """This machine has no room for another process, file or page of memory right now."""

    code = "RESOURCE_EXHAUSTED"


class BackendError(ChorusError):
    """A program or service that Chorus drives has failed."""

    code = "BACKEND_ERROR"


class PluginFailure(BackendError):
    """A plugin has failed in a way it should not."""


class Forbidden(ChorusError):
    """This is not allowed."""

    code = "FORBIDDEN"


class Unauthenticated(ChorusError):
    """A valid token or login is needed."""

    code = "UNAUTHENTICATED"


class CursorExpired(ChorusError):
    """The events after this cursor are no longer kept: read the present state and follow from now."""

    code = "CURSOR_EXPIRED"


class Busy(ChorusError):
    """Somebody else holds what this needs; trying again later can succeed."""

    code = "BUSY"


class StorageFull(ChorusError):
    """The disk is full: nothing was changed. Free some space and try again."""

    code = "STORAGE_FULL"
