"""What was read of documents, kept for as long as the files stay the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from chorus_documents.files import Stamp
from chorus_documents.markdown import Parsed

#: Documents and headings kept, together. A heading takes about 250 bytes, so this is about 15 MB.
CAPACITY = 60_000


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a file in one state. `problem` says why its text cannot be read, after its name."""

    stamp: Stamp
    version: str
    parsed: Parsed
    problem: str | None = None


class Cache:
    """The least recently used go first. Used from several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._weight = 0
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._lock = Lock()

    def get(self, root: str, path: str, stamp: Stamp) -> Known | None:
        with self._lock:
            known = self._known.get((root, path))
            if known is None or known.stamp != stamp:
                return None
            self._known.move_to_end((root, path))
            return known

    def put(self, root: str, path: str, known: Known) -> None:
        with self._lock:
            self._drop((root, path))
            self._known[root, path] = known
            self._weight += _weight(known)
            while self._weight > self._capacity:
                self._drop(next(iter(self._known)))

    def _drop(self, key: tuple[str, str]) -> None:
        old = self._known.pop(key, None)
        if old is not None:
            self._weight -= _weight(old)


def _weight(known: Known) -> int:
    return 1 + len(known.parsed.outline)
