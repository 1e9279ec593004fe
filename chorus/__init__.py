"""Chorus: many coding agents at work on one machine's repositories, one branch and one terminal each.

Plugins import from here, from `chorus.backends`, `chorus.model`, `chorus.errors`, `chorus.settings` and
`chorus.testing`.
"""

from chorus.backends import PluginConfig
from chorus.errors import ChorusError
from chorus.hookspecs import hookimpl

__all__ = ["ChorusError", "PluginConfig", "__version__", "hookimpl"]

__version__ = "0.1.0"
