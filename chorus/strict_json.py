"""JSON as strangers send it: one meaning or an error, never a surprise further in.

Python's own reader accepts more than JSON (NaN, repeated keys) and fails in ways of its own on deep
nesting and very long numbers. What passes here can be stored, compared and written out again.
"""

from __future__ import annotations

import json
import re
from typing import Any

from chorus.errors import BadInput

#: orjson and PostgreSQL's jsonb take more; nothing Chorus exchanges nests beyond a dozen.
MAX_DEPTH = 100

_INT64 = range(-(2**63), 2**63)
_HALF_CHARACTER = re.compile(r"\\u[dD][89abABcCdDeEfF]")


def loads(data: bytes) -> Any:
    """Read UTF-8 JSON. Raises BadInput for anything that is not, or that is nested too deeply.

    Half characters (`"\\ud83d"`, which JavaScript writes when it cuts a text inside an emoji) become
    U+FFFD: the text around them is worth keeping.
    """
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_int,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        raise BadInput("This is not JSON: it is not UTF-8.") from error
    except RecursionError as error:
        raise BadInput("This JSON is nested too deeply.") from error
    except ValueError as error:
        raise BadInput(f"This is not JSON: {error}.") from error
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth_exceeds(value, MAX_DEPTH):
        raise BadInput("This JSON is nested too deeply.")
    return _mend(value) if _HALF_CHARACTER.search(text) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated in an object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _int(digits: str) -> int:
    if len(digits) > 20 or (number := int(digits)) not in _INT64:
        raise ValueError("a whole number is outside 64 bits")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent)]
    return bool(level)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mend(key): _mend(item) for key, item in value.items()}
    return [_mend(item) for item in value] if isinstance(value, list) else value
