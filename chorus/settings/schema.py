"""The JSON schema of a configuration file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.json import schema_components

from chorus.settings.tables import Configuration, PluginSettings

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(models: Mapping[str, type], without_model: Iterable[str] = ()) -> dict[str, Any]:
    """Return the schema of a file.

    The models are those of plugins, by name; plugins without one may have any options.
    """
    roots = [Configuration, PluginSettings, *models.values()]
    (root, plugins, *options), parts = schema_components(roots, ref_template="#/$defs/{name}")
    tables = dict(zip(models, options, strict=True)) | dict.fromkeys(without_model, {"type": "object"})
    parts[_part(plugins)]["properties"] |= tables
    for part in parts.values():
        if "properties" in part:
            part["additionalProperties"] = False
    return {"$schema": _DIALECT, **root, "title": "Configuration of Chorus", "$defs": parts}


def _part(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
