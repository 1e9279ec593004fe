"""Context of a resolver: the services and the principal that makes the request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import strawberry

from chorus.graphql.loaders import Loaders
from chorus.services.container import Services


@dataclass
class Context:
    """`actor` names who asks, for the record; `connection_params` is filled by the WebSocket transport."""

    services: Services
    actor: str
    connection_params: dict[str, Any] | None = None
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.services)


Info = strawberry.Info[Context, None]
