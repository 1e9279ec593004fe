"""What somebody looks for in documents, ignoring case."""

from __future__ import annotations

from chorus_documents.markdown import decoded


class Needle:
    """A text to look for. An empty one is in everything."""

    def __init__(self, match: str) -> None:
        self._folded = match.casefold()
        # ASCII is looked for in the bytes, which is several times as fast. All that is missed by it are
        # letters whose other case is longer: `strasse` does not find `straße`.
        self._bytes = match.lower().encode() if match.isascii() and "\n" not in match else None

    def __bool__(self) -> bool:
        return bool(self._folded)

    def is_in(self, text: str) -> bool:
        return self._folded in text.casefold()

    def is_in_file(self, data: bytes) -> bool:
        """Whether it is in the text of a file; ValueError if that is none."""
        if self._bytes is not None:
            return self._bytes in data.lower()
        return self.is_in(decoded(data))
