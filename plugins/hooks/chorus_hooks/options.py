"""The table `[plugins.hooks]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from chorus.settings import Command, Meta, Variables
from chorus_hooks.prices import Price

Dollars = Annotated[float, Meta(ge=0, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """`[plugins.hooks.prices.NAME]`: the price of a model, in dollars for a million tokens."""

    input: Annotated[Dollars, Meta(description="Dollars for a million tokens of input.")]
    output: Annotated[Dollars, Meta(description="Dollars for a million tokens of output.")]
    cache_read: Annotated[
        Dollars | None,
        Meta(description="Dollars for a million tokens from the cache; a tenth of the input if left out."),
    ] = None


@dataclass(frozen=True, slots=True)
class Options:
    """`[plugins.hooks]`: how Claude Code is started.

    `prices` are those of models that Chorus does not know, or that cost somebody else something else.
    """

    command: Annotated[Command, Meta(description="Claude Code: the program, with leading arguments.")] = (
        "claude",
    )
    env: Annotated[Variables, Meta(description="Variables added to the environment of Claude Code.")] = field(
        default_factory=dict
    )
    model: Annotated[
        str,
        Meta(
            pattern=r"^(?!-)[^\x00-\x1f\x7f]*$(?!\n)",
            description="The name of the model; empty: what Claude Code chooses.",
            examples=["opus"],
        ),
    ] = ""
    headless: Annotated[
        Literal["keep-alive", "atomic"],
        Meta(description="Whether a process without a terminal interface lives on, or for one prompt."),
    ] = "keep-alive"
    headless_keep_mb: Annotated[
        int, Meta(ge=1, description="How much of its lines (MiB) is kept for a server that is away.")
    ] = 512
    prices: Mapping[str, ModelPrice] = field(default_factory=dict)

    def price_table(self) -> dict[str, Price]:
        """Return the person's own prices."""
        return {name: Price.of(one.input, one.output, one.cache_read) for name, one in self.prices.items()}
