"""The configuration: typed tables, read once from files, variables and the command line.

Sources, later ones win: `~/.config/chorus/config.toml`, `chorus.toml` in the project, `CHORUS_*`
variables (`CHORUS_SERVER_PORT`, `CHORUS_PLUGINS_TMUX_COLS`, `CHORUS_STATE_DIR` …), options of the
command line. A key, a table or a plugin that nobody knows is an error with its file and line, not a
silent typo.

A plugin declares its options as a frozen dataclass of the same form as those of `tables`, with `Meta`
for bounds and descriptions, and returns it from its hook `chorus_settings`. `read_options` reads a plain
table as such a class, for the tests of a plugin.

msgspec reads the values: it is imported by what needs the configuration, never by `chorus --help`.
"""

from msgspec import Meta

from chorus.settings.keys import Key, all_keys
from chorus.settings.loading import Settings, load_settings
from chorus.settings.plugin_options import NoOptions, PluginOptions, read_options
from chorus.settings.schema import json_schema
from chorus.settings.tables import (
    BUILT_IN_PROFILES,
    AgentSettings,
    Configuration,
    DatabaseSettings,
    Defaults,
    DocumentSettings,
    EventSettings,
    LimitSettings,
    PermissionSettings,
    PluginSettings,
    ProfileSettings,
    ServerSettings,
    StatusSettings,
)
from chorus.settings.types import Command, InvalidKey, Program, Variables
from chorus.settings.words import as_toml, is_secret

__all__ = [
    "BUILT_IN_PROFILES",
    "AgentSettings",
    "Command",
    "Configuration",
    "DatabaseSettings",
    "Defaults",
    "DocumentSettings",
    "EventSettings",
    "InvalidKey",
    "Key",
    "LimitSettings",
    "Meta",
    "NoOptions",
    "PermissionSettings",
    "PluginOptions",
    "PluginSettings",
    "ProfileSettings",
    "Program",
    "ServerSettings",
    "Settings",
    "StatusSettings",
    "Variables",
    "all_keys",
    "as_toml",
    "is_secret",
    "json_schema",
    "load_settings",
    "read_options",
]
