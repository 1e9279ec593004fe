"""Free memory of this machine."""

from __future__ import annotations

from pathlib import Path

MEMINFO = Path("/proc/meminfo")


def free_mb(meminfo: Path = MEMINFO) -> int | None:
    """Megabytes that programs can still get without swapping (MemAvailable); None where Linux does not say.

    The kernel answers from what it knows already: this may be called from the event loop.
    """
    try:
        for line in meminfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) // 1024
    except (OSError, ValueError, IndexError):
        pass
    return None
