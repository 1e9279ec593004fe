"""What the models of Anthropic cost, in US dollars for a million tokens.

Source: the table "Model pricing" of platform.claude.com/docs/en/about-claude/pricing, and what Claude Code
2.1.329 itself computes for each kind of token (measured in November 2026; where both name a model they
agree). A model that is not in it has no cost, until `[plugins.hooks.prices]` says one. A subscription
costs what it costs: this is what the same tokens would cost over the API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: One search of the web by the API's own tool.
WEB_SEARCH = 0.01


@dataclass(frozen=True, slots=True)
class Price:
    """For a million tokens. Writing to the cache for five minutes or an hour costs more than plain input.

    `longer`: an answer to more than so many tokens of input costs another price as a whole.
    """

    input: float
    output: float
    cache_read: float
    longer: tuple[int, Price] | None = None

    @classmethod
    def of(
        cls,
        input: float,
        output: float,
        cache_read: float | None = None,
        longer: tuple[int, Price] | None = None,
    ) -> Price:
        return cls(input, output, input / 10 if cache_read is None else cache_read, longer)

    def cost(self, plain: int, output: int, read: int, written: int, written_for_long: int) -> float:
        """`written_for_long` are those of `written` that are kept for an hour."""
        if self.longer is not None and plain + read + written > self.longer[0]:
            return self.longer[1].cost(plain, output, read, written, written_for_long)
        short = written - written_for_long
        given = plain + 1.25 * short + 2 * written_for_long
        return (given * self.input + read * self.cache_read + output * self.output) / 1_000_000


#: By the beginning of the model's name; the longest that fits counts.
_PRICES: Mapping[str, Price] = {
    "claude-fable-5-1": Price.of(10, 50, 0.25),
    "claude-fable-5": Price.of(10, 50),
    "claude-opus-5-5": Price.of(4, 20, 0.2),
    "claude-opus-5": Price.of(5, 25),
    "claude-opus-4-8": Price.of(5, 25),
    "claude-opus-4-7": Price.of(5, 25),
    "claude-opus-4-6": Price.of(5, 25),
    "claude-opus-4-5": Price.of(5, 25),
    "claude-opus-4-1": Price.of(15, 75),
    "claude-opus-4": Price.of(15, 75),
    "claude-sonnet-5-5": Price.of(2, 10, 0.1),
    "claude-sonnet-5": Price.of(2, 10),
    "claude-sonnet-4-6": Price.of(3, 15),
    "claude-sonnet-4-5": Price.of(3, 15),
    "claude-sonnet-4": Price.of(3, 15),
    "claude-3-7-sonnet": Price.of(3, 15),
    "claude-haiku-5-5": Price.of(0.1, 0.5, longer=(100_000, Price.of(0.5, 2.5))),
    "claude-haiku-4-5": Price.of(1, 5),
    "claude-3-5-haiku": Price.of(0.8, 4),
}

#: What may follow a name in the table: a date, `latest`, the size of the context, the version of a cloud.
_REST = re.compile(r"([-@](\d{8}|latest|default))?(-v\d+(:\d+)?)?(\[\w+\])?")

#: What clouds put before the name: a region and the maker's name, or a path.
_BEFORE = re.compile(r"^(?:.*/)?(?:[a-z-]+\.)?(?:anthropic\.)?")


def price(model: str, own: Mapping[str, Price]) -> Price | None:
    """The price of a model; the person's own prices come first. None when it is not known."""
    name = _BEFORE.sub("", model.lower())
    for prices in (own, _PRICES):
        for known in sorted(prices, key=len, reverse=True):
            if name == known or (name.startswith(known) and _REST.fullmatch(name[len(known) :])):
                return prices[known]
    return None
