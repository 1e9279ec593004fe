"""Drafts of tasks: what a person says of a new one, checked, with the defaults filled in."""

from __future__ import annotations

from chorus.model import AgentStatus, Project, Task
from chorus.plugins import Plugins
from chorus.services import validation
from chorus.services.permissions.profiles import Profiles
from chorus.services.tasks import inputs, transitions
from chorus.services.tasks.inputs import NewTask
from chorus.settings import Defaults


class Drafts:
    """Makes tasks that are not on record yet."""

    def __init__(self, *, plugins: Plugins, profiles: Profiles, defaults: Defaults) -> None:
        self._plugins = plugins
        self._profiles = profiles
        self.defaults = defaults

    def make(self, new: NewTask, project: Project, vcs: str) -> Task:
        """Return the task as it is to be created, without an id. Raises BadInput and UnknownBackend."""
        agent = new.agent or self.defaults.agent
        session = new.session_backend or self.defaults.session
        profile = new.permission_profile or self.defaults.permission_profile
        self._check_known(agent, session, vcs, profile)
        return Task(
            id="",
            project_id=project.id,
            host_id=project.host_id,
            title=validation.title(new.title),
            description=validation.text(new.description, "description"),
            priority=validation.number(new.priority, "priority", -1000, 1000),
            status=transitions.FIRST.status,
            agent_status=AgentStatus.STOPPED,
            activity=None,
            status_source=None,
            status_since=None,
            agent=agent,
            session_backend=session,
            vcs_backend=vcs,
            permission_profile=profile,
            allowed_tools=inputs.tools(new.allowed_tools or ()),
            run_mode=new.run_mode,
            branch=None,
            worktree=None,
            base=None,
            result=None,
            error=None,
            conflict=None,
            added_lines=None,
            removed_lines=None,
            changed_files=None,
            agent_session_id=None,
            current_run_id=None,
            created_at=project.created_at,
            started_at=None,
            finished_at=None,
            budget_usd=inputs.budget(new.budget_usd),
        )

    def profile_name(self, name: str) -> str:
        """Return the name of a permission profile. Raises an error that lists those there are."""
        return self._profiles[name].name

    def _check_known(self, agent: str, session: str, vcs: str, profile: str) -> None:
        """Each of these look-ups raises an error that lists what there is."""
        _ = self._plugins.agents[agent], self._plugins.sessions[session]
        _ = self._plugins.vcs[vcs], self._profiles[profile]
