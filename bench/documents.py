"""How long documents take at scale: 2,000 Markdown files, listed, searched, read and watched.

    python bench/documents.py [--documents 2000] [--rounds 30]

The files are those that installed packages ship (the Python environment's, and the web client's
`node_modules` when they are there), copied until there are enough. `grep -ril` over the same files stands
beside the search as the peer everybody has. Nothing is written outside a temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, cast

from chorus_documents import MarkdownProvider

WORD = "accessibility"
ROWS = "{:<54} {:>9} {:>9}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--documents", type=int, default=2_000)
    arguments.add_argument("--rounds", type=int, default=30)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="chorus-bench-documents-") as root:
        size = fill(Path(root), chosen.documents)
        print(f"{chosen.documents} documents, {size / 2**20:.1f} MiB, {chosen.rounds} rounds")
        print(ROWS.format("", "p50 ms", "max ms"))
        asyncio.run(measure(root, chosen.rounds))


def sources() -> list[Path]:
    """Markdown that installed packages ship."""
    places = [Path(sysconfig.get_path("purelib")), Path(__file__).parents[1] / "web" / "node_modules"]
    return sorted(file for place in places for file in place.rglob("*.md") if file.is_file())


def fill(root: Path, count: int) -> int:
    """Copy `count` documents into three levels of folders; returns the bytes they have."""
    size = 0
    for number, file in enumerate(islice(cycle(sources()), count)):
        folder = root / "docs" / str(number // 100) / str(number // 10 % 10)
        folder.mkdir(parents=True, exist_ok=True)
        size += Path(shutil.copyfile(file, folder / f"{number}.md")).stat().st_size
    return size


async def measure(root: str, rounds: int) -> None:
    provider = MarkdownProvider()
    row("list, the first time (every file is read)", [await timed(partial(provider.list, root))])
    row("list, nothing changed", [await timed(partial(provider.list, root)) for _ in range(rounds)])
    await search(provider, root, rounds)
    documents = await provider.list(root)
    paths = [one.path for one in documents][:: max(1, len(documents) // rounds)]
    row("outline of one document", [await timed(partial(provider.outline, root, path)) for path in paths])
    row("one document, whole", [await timed(partial(provider.read, root, path)) for path in paths])
    told = [seconds async for seconds in changes(provider, root, paths[0], rounds)]
    row("a change, until it is told (75 ms of it are waited)", told)


async def search(provider: MarkdownProvider, root: str, rounds: int) -> None:
    ours = [await timed(partial(provider.list, root, WORD)) for _ in range(rounds)]
    row(f"search for {WORD!r} in paths, titles and text", ours)
    peer = [await timed(partial(asyncio.to_thread, grep, root)) for _ in range(rounds)]
    row(f"  the peer: grep -ril {WORD}", peer)
    ratio = statistics.median(ours) / statistics.median(peer)
    print(f"  found {len(await provider.list(root, WORD))}, grep {len(grep(root))}; ratio {ratio:.1f}")


async def changes(provider: MarkdownProvider, root: str, path: str, rounds: int) -> AsyncIterator[float]:
    watch = cast(Any, provider.watch(root))
    await anext(watch)
    for number in range(rounds):
        start = time.perf_counter()
        await asyncio.to_thread(Path(root, path).write_text, f"# Change {number}\n")
        await anext(watch)
        yield time.perf_counter() - start
    await watch.aclose()


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await call()
    return time.perf_counter() - start


def grep(root: str) -> list[str]:
    command = ["grep", "-ril", "--include=*.md", "--", WORD, root]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def row(name: str, seconds: Sequence[float]) -> None:
    print(ROWS.format(name, f"{statistics.median(seconds) * 1000:.2f}", f"{max(seconds) * 1000:.2f}"))


if __name__ == "__main__":
    main()
