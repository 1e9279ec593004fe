"""The small Protocols that plugins implement, and the values that cross them.

Every method may raise an error of `chorus.errors`; anything else is translated to BackendError by
the host agent, which also puts a time-out around every call. `check()` answers why a backend cannot
work here (None: it can): only tasks that name the backend are affected. Methods that act are safe
to repeat: they look first, and return what is already there.

Backends are asked by name. Subclass the Protocol to inherit its defaults, or just have its shape.
"""

from chorus.backends.agents import (
    Agent,
    Dialog,
    Injection,
    Keys,
    Launch,
    LaunchRequest,
    NamesTools,
    PermissionProfile,
    StateFileReading,
    StatusSource,
    SupportsGuard,
    SupportsObserve,
    SupportsTitle,
    Verdict,
)
from chorus.backends.channels import (
    Channel,
    SpeaksLines,
)
from chorus.backends.config import (
    PluginConfig,
)
from chorus.backends.documents import (
    DocumentChange,
    DocumentProvider,
)
from chorus.backends.sessions import (
    SessionBackend,
    SessionSpec,
    SessionState,
)
from chorus.backends.transcripts import (
    Entry,
    SupportsTranscripts,
)
from chorus.backends.vcs import (
    CommitRequest,
    ConflictPolicy,
    CountsChanges,
    FollowsCommits,
    NeedsSetup,
    Pushes,
    Repository,
    ResolvesConflicts,
    SharesTree,
    VcsBackend,
    Workspace,
    WorkspaceSpec,
)

__all__ = [
    "Agent",
    "Channel",
    "CommitRequest",
    "ConflictPolicy",
    "CountsChanges",
    "Dialog",
    "DocumentChange",
    "DocumentProvider",
    "Entry",
    "FollowsCommits",
    "Injection",
    "Keys",
    "Launch",
    "LaunchRequest",
    "NamesTools",
    "NeedsSetup",
    "StateFileReading",
    "PermissionProfile",
    "PluginConfig",
    "Pushes",
    "Repository",
    "ResolvesConflicts",
    "SessionBackend",
    "SessionSpec",
    "SessionState",
    "SharesTree",
    "SpeaksLines",
    "StatusSource",
    "SupportsGuard",
    "SupportsObserve",
    "SupportsTitle",
    "SupportsTranscripts",
    "VcsBackend",
    "Verdict",
    "Workspace",
    "WorkspaceSpec",
]
