"""How the fake fails: text on standard error, and an exit code."""

from __future__ import annotations


class Failed(Exception):
    """A failure of a command: its text, its exit code, and what it still prints on standard output."""

    def __init__(self, text: str, *, code: int = 1, out: object = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.out = out


def bad_input(text: str, hint: str = "") -> Failed:
    return Failed(f"Error: {text}" + (f"\n\nHint: {hint}" if hint else ""))
