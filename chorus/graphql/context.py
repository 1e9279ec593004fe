"""What a resolver is given: the services and who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry

from chorus.services.container import Services


@dataclass
class Context:
    """`actor` names who asks, for the record; `connection_params` is filled by the WebSocket transport."""

    services: Services
    actor: str
    connection_params: dict[str, Any] | None = None


Info = strawberry.Info[Context, None]
