"""The table `[plugins.hooks]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from chorus.errors import BadInput
from chorus_hooks.prices import Price

#: One process for many prompts, or one for each.
HEADLESS = ("keep-alive", "atomic")


@dataclass(frozen=True, slots=True)
class Options:
    """How Claude Code is started: the program (with leading arguments), extra environment, the model.

    An empty `model` leaves the choice to Claude Code. `prices` are those of models that Chorus does not know,
    or that cost somebody else something else. `headless` says how long a process without a terminal interface
    lives, `headless_keep_mb` how much of what it says is kept for a server that is away.
    """

    command: tuple[str, ...] = ("claude",)
    env: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    prices: Mapping[str, Price] = field(default_factory=dict)
    headless: str = "keep-alive"
    headless_keep_mb: int = 512

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> Self:
        """The options in a table. Raises BadInput naming the key and what it must be."""
        unknown = sorted(set(table) - set(cls.__slots__))
        if unknown:
            raise BadInput(
                f"[plugins.hooks]: unknown key `{unknown[0]}` (known: {', '.join(sorted(cls.__slots__))})"
            )
        default = cls()
        return cls(
            command=_command(table.get("command", default.command)),
            env=_env(table.get("env", default.env)),
            model=_model(table.get("model", default.model)),
            headless=_headless(table.get("headless", default.headless)),
            headless_keep_mb=_keep(table.get("headless_keep_mb", default.headless_keep_mb)),
            prices={name: _price(name, one) for name, one in _table(table.get("prices", {})).items()},
        )


def _command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or not all(_is_word(part) for part in value):
        raise BadInput('[plugins.hooks] command must be a list of words, for example ["claude"]')
    return tuple(value)


def _env(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise BadInput('[plugins.hooks] env must be a table of strings, for example { HTTPS_PROXY = "…" }')
    wrong = [name for name, one in value.items() if not name or "=" in name or "\0" in name + one]
    if wrong:
        raise BadInput(f"[plugins.hooks] env: {wrong[0]!r} cannot be a variable of the environment")
    return dict(value)


def _model(value: Any) -> str:
    if not isinstance(value, str) or value.startswith("-") or not value.isprintable():
        raise BadInput('[plugins.hooks] model must be the name of a model, for example "opus"')
    return value


def _headless(value: Any) -> str:
    if value not in HEADLESS:
        known = " or ".join(f'"{one}"' for one in HEADLESS)
        raise BadInput(f"[plugins.hooks] headless must be {known}, not {str(value)[:40]!r}")
    return str(value)


def _keep(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise BadInput("[plugins.hooks] headless_keep_mb must be a number of MiB, 1 or more")
    return value


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadInput("[plugins.hooks.prices] must be a table: model = { input = 3.0, output = 15.0 }")
    return value


def _price(name: str, value: Any) -> Price:
    """Dollars for a million tokens; reading from the cache is a tenth of the input unless it is said."""
    known = {"input", "output", "cache_read"}
    numbers = value if isinstance(value, Mapping) else {}
    right = all(type(one) in (int, float) and one >= 0 for one in numbers.values())
    if not right or not {"input", "output"} <= set(numbers) <= known:
        raise BadInput(
            f"[plugins.hooks.prices] {name!r} must be like {{ input = 3.0, output = 15.0 }}, in dollars for "
            "a million tokens; cache_read may be added"
        )
    return Price.of(numbers["input"], numbers["output"], numbers.get("cache_read"))


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value
