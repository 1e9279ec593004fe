"""What Claude Code needs in its environment to work as it does for the person who runs Chorus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: Which account, service and model it uses, and how it is set up. Not what it tells its own children about
#: themselves (CLAUDECODE, CLAUDE_CODE_SESSION_ID, CLAUDE_CODE_ENTRYPOINT): Chorus may run in one.
_OWN = (
    "ANTHROPIC_*",
    "API_TIMEOUT_MS",
    "BASH_*_TIMEOUT_MS",
    "CLAUDE_CONFIG_DIR",
    "CLAUDE_CODE_API_KEY_HELPER_TTL_MS",
    "CLAUDE_CODE_DISABLE_*",
    "CLAUDE_CODE_ENABLE_*",
    "CLAUDE_CODE_MAX_*",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_SKIP_*",
    "CLAUDE_CODE_SUBAGENT_MODEL",
    "CLAUDE_CODE_USE_*",
    "DISABLE_*",
    "MAX_THINKING_TOKENS",
    "MCP_TIMEOUT",
    "MCP_TOOL_TIMEOUT",
    "OTEL_*",
)

#: The credentials of a cloud are passed on only when Claude Code is told to go through it.
_CLOUDS = {
    "CLAUDE_CODE_USE_BEDROCK": ("AWS_*",),
    "CLAUDE_CODE_USE_VERTEX": ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUD_ML_REGION", "VERTEX_REGION_*"),
    "CLAUDE_CODE_USE_FOUNDRY": ("AZURE_*",),
}


def inherited(environ: Mapping[str, str]) -> Sequence[str]:
    """Names, as shell patterns, of what it may inherit."""
    clouds = [names for switch, names in _CLOUDS.items() if environ.get(switch)]
    return (*_OWN, *(name for names in clouds for name in names))


def exempt_from_proxies(environ: Mapping[str, str], host: str) -> Mapping[str, str]:
    """NO_PROXY with what it held and Chorus: a proxy would refuse the reports, or be told them."""
    before = ",".join(environ.get(name, "") for name in ("NO_PROXY", "no_proxy"))
    hosts = [name.strip() for name in (*before.split(","), "127.0.0.1", "localhost", "::1", host)]
    exempt = ",".join(dict.fromkeys(name for name in hosts if name))
    return dict.fromkeys(("NO_PROXY", "no_proxy"), exempt)
