"""Loaders that read once for all objects of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from chorus.model import AfterPlan, PermissionRequest, Task
from chorus.services.container import Services

#: Keys that are read at once.
BATCH = 500


class Loaders:
    """They gather what is asked for at the same time, and keep nothing: the operations of a WebSocket share
    one context, and what a later one is told must not be what an earlier one read.
    """

    def __init__(self, services: Services) -> None:
        #: Tasks by id.
        self.tasks: DataLoader[str, Task] = DataLoader(
            services.browse.many, max_batch_size=BATCH, cache=False
        )
        self.plan_options: DataLoader[PermissionRequest, Sequence[AfterPlan]] = DataLoader(
            services.permissions.inbox.plan_options, max_batch_size=BATCH, cache=False
        )
