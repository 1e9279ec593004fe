"""The server itself as people see it: its settings and a check-up of its machine."""

from __future__ import annotations

from collections.abc import Sequence

from chorus.host.port import HostPort
from chorus.model import Check
from chorus.services.configuration import Setting, listed
from chorus.services.projects import ProjectService
from chorus.settings import Settings


class SystemService:
    def __init__(self, settings: Settings, host: HostPort, projects: ProjectService) -> None:
        self._settings = settings
        self._host = host
        self._projects = projects

    def settings(self) -> list[Setting]:
        return listed(self._settings)

    async def check_up(self) -> Sequence[Check]:
        """Looks at the machine and at every project's repository: some tenths of a second."""
        return await self._host.run_doctor([project.path for project in await self._projects.all()])
