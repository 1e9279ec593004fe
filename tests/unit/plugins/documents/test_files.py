"""Bad input: a clear error, no waiting, and nothing from outside the project."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from chorus_documents import MarkdownProvider, Options

from chorus.errors import BadInput, Busy, ChorusError, Forbidden, NotFound

Write = Callable[[str, str | bytes], Path]
Link = Callable[[str, str | Path], None]
SECRET = "# top secret\n"


@pytest.fixture
def outside(root: str) -> Path:
    folder = Path(root).parent / "outside"
    folder.mkdir()
    (folder / "secret.md").write_text(SECRET)
    return folder


async def refused(
    provider: MarkdownProvider, root: str, path: str, error: type[ChorusError], message: str
) -> None:
    """The file is neither listed, found, outlined nor read."""
    assert path not in [one.path for one in await provider.list(root)]
    assert path not in [one.path for one in await provider.list(root, "secret")]
    with pytest.raises(error, match=message):
        await provider.read(root, path)
    with pytest.raises(error, match=message):
        await provider.outline(root, path)


# --- links and paths that lead out ----------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["../outside/secret.md", "{outside}/secret.md", "a.md", "link.md", "nowhere"]
)
async def test_a_link_is_never_followed(
    provider: MarkdownProvider, root: str, write: Write, link: Link, outside: Path, target: str
) -> None:
    write("a.md", "# A\n")
    link("link.md", target.format(outside=outside))
    await refused(provider, root, "link.md", Forbidden, "symbolic link")


@pytest.mark.parametrize("target", ["{outside}", "../outside", "real", "."])
async def test_a_folder_behind_a_link_is_never_entered(
    provider: MarkdownProvider, root: str, write: Write, link: Link, outside: Path, target: str
) -> None:
    write("docs/real/secret.md", SECRET.replace("secret", "public"))
    link("docs/link", target.format(outside=outside))
    await refused(provider, root, "docs/link/secret.md", Forbidden, "symbolic link")


async def test_a_project_may_be_reached_through_a_link_itself(
    provider: MarkdownProvider, root: str, write: Write, tmp_path: Path
) -> None:
    write("a.md", "# A\n")
    (tmp_path / "short").symlink_to(root)
    assert (await provider.read(str(tmp_path / "short"), "a.md")).text == "# A\n"


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("../outside/secret.md", Forbidden, "outside the project"),
        ("docs/../../outside/secret.md", Forbidden, "outside the project"),
        ("docs/../a.md", Forbidden, "outside the project"),
        ("/etc/passwd", Forbidden, "outside the project"),
        ("//etc/passwd", Forbidden, "outside the project"),
        ("/proc/self/environ", Forbidden, "outside the project"),
        ("%2e%2e%2foutside%2fsecret.md", NotFound, "There is no document"),
        ("..\\outside\\secret.md", NotFound, "There is no document"),
        ("a.md\0.png", BadInput, "NUL"),
        ("", BadInput, "must not be empty"),
        (".", BadInput, "must name a file"),
        ("\ud800.md", BadInput, "valid Unicode"),
        ("x" * 300 + ".md", NotFound, "There is no document x+…"),
        ("absent.md", NotFound, "There is no document absent.md"),
        ("a.md/b.md", NotFound, "There is no document"),
        ("docs/a.md/b.md", NotFound, "There is no document"),
        ("line\nfeed\x1b.md", NotFound, "There is no document line\ufffdfeed\ufffd.md"),
    ],
)
async def test_paths_that_lead_nowhere(
    provider: MarkdownProvider,
    root: str,
    write: Write,
    outside: Path,
    path: str,
    error: type[ChorusError],
    message: str,
) -> None:
    write("a.md", "# A\n")
    write("docs/a.md", "# A\n")
    await refused(provider, root, path, error, message)


@pytest.mark.parametrize("path", ["docs/a.md", "./docs/a.md", "docs//a.md", "docs/./a.md"])
async def test_a_document_has_one_path(
    provider: MarkdownProvider, root: str, write: Write, path: str
) -> None:
    write("docs/a.md", "# A\n")
    assert (await provider.read(root, path)).path == "docs/a.md"


# --- things that are not files ----------------------------------------------------------------------


def fifo(path: str) -> None:
    os.mkfifo(path)


def folder(path: str) -> None:
    os.mkdir(path)


def unix_socket(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(os.path.dirname(path))  # a socket's path is at most 107 bytes
        try:
            listener.bind(os.path.basename(path))
        finally:
            os.chdir(here)


@pytest.mark.parametrize(
    ("make", "message"),
    [(fifo, "not a regular file"), (folder, "is a folder"), (unix_socket, "not a regular file")],
)
async def test_what_is_not_a_file_is_refused_without_waiting(
    provider: MarkdownProvider, root: str, make: Callable[[str], None], message: str
) -> None:
    make(f"{root}/odd.md")
    await refused(provider, root, "odd.md", BadInput, message)


@pytest.mark.parametrize("device", ["null", "zero", "random"])
async def test_a_device_is_refused(device: str) -> None:
    provider = MarkdownProvider(Options(include=("*",)))
    assert device not in [one.path for one in await provider.list("/dev")]
    with pytest.raises(BadInput, match="not a regular file"):
        await provider.read("/dev", device)


# --- size and content -------------------------------------------------------------------------------


async def test_a_huge_sparse_file_is_refused_unread(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    with write("huge.md", "").open("r+b") as file:
        file.truncate(1024**3)
    await refused(
        provider, root, "huge.md", BadInput, "1,073,741,824 bytes; a document has at most 2,097,152"
    )


async def test_the_limit_is_the_last_size_that_is_read(root: str, write: Write) -> None:
    provider = MarkdownProvider(Options(max_bytes=5))
    write("a.md", "12345")
    write("b.md", "123456")
    assert [one.path for one in await provider.list(root)] == ["a.md"]
    with pytest.raises(
        BadInput, match=r"6 bytes; a document has at most 5 \(\[plugins.documents\] max_bytes\)"
    ):
        await provider.read(root, "b.md")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"# Title\n\nbad \xff byte\n", "odd.md is not UTF-8 text: see line 3"),
        (b"\xed\xa0\x80", "is not UTF-8 text: see line 1"),
        ("# Title\n".encode("utf-16"), "odd.md is UTF-16 text"),
        (b"# Title\n\0\n", "odd.md is not text: it contains NUL bytes"),
    ],
)
async def test_what_is_no_text_is_listed_by_name_and_says_why_it_cannot_be_read(
    provider: MarkdownProvider, root: str, write: Write, data: bytes, message: str
) -> None:
    write("odd.md", data)
    for _ in range(2):  # the second time it is remembered
        assert [(one.path, one.title) for one in await provider.list(root)] == [("odd.md", "odd")]
        with pytest.raises(BadInput, match=message):
            await provider.read(root, "odd.md")
    assert list(await provider.list(root, "title")) == []


async def test_hostile_markdown_is_outlined_in_bounds(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    for number, piece in enumerate(["> ", "- ", "[", "`", "*a", "<a ", "![", "\t", "# [", "[a]: b\n", "1. "]):
        write(f"{number}.md", piece * (60_000 // len(piece)))
    assert len(await provider.list(root)) == 11


# --- permissions ------------------------------------------------------------------------------------


@contextmanager
def as_a_plain_user() -> Iterator[None]:
    """root may read everything: where the tests run as root, they are somebody else for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="chorus-documents-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


async def test_a_file_that_may_not_be_read_says_so(provider: MarkdownProvider, shared: Path) -> None:
    (shared / "locked.md").write_text(SECRET)
    (shared / "locked.md").chmod(0)
    (shared / "docs").mkdir(mode=0)
    (shared / "open.md").write_text("# Open\n")
    with as_a_plain_user():
        assert [one.path for one in await provider.list(str(shared))] == ["open.md"]
        for path in ("locked.md", "docs/any.md"):
            with pytest.raises(Forbidden, match=f"{path} cannot be read: permission denied"):
                await provider.read(str(shared), path)
    (shared / "docs").chmod(0o755)


# --- files that change meanwhile --------------------------------------------------------------------


@contextmanager
def restless(change: Callable[[int], None]) -> Iterator[None]:
    """Make changes one after the other, as fast as possible, in a thread."""
    over = threading.Event()

    def run() -> None:
        turn = 0
        while not over.is_set():
            change(turn := turn + 1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def test_what_is_read_was_in_the_file_at_one_moment(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    size = 256 * 1024
    file = write("a.md", "a" * size)

    def overwrite(turn: int) -> None:
        with file.open("r+b") as opened:
            opened.write(b"ab"[turn % 2 : turn % 2 + 1] * size)

    with restless(overwrite):
        for _ in range(50):
            with suppress(Busy):
                assert (await provider.read(root, "a.md")).text in ("a" * size, "b" * size)


async def test_a_file_that_never_holds_still_is_busy_and_not_half_read() -> None:
    provider = MarkdownProvider(Options(include=("uptime",)))
    with pytest.raises(Busy, match="uptime is being written right now; try again in a moment"):
        await provider.read("/proc", "uptime")  # the kernel says that it has 0 bytes


async def test_a_link_put_in_the_way_meanwhile_is_not_followed(
    provider: MarkdownProvider, root: str, write: Write, outside: Path
) -> None:
    file = write("docs/a.md", "# mine\n")
    spare = Path(root, "spare")

    def swap(turn: int) -> None:
        if turn % 2:
            spare.symlink_to(outside / "secret.md")
        else:
            spare.write_text("# mine\n")
        os.replace(spare, file)

    with restless(swap):
        for _ in range(200):
            try:
                assert (await provider.read(root, "docs/a.md")).text == "# mine\n"
            except (Forbidden, NotFound, Busy):
                continue
            assert list(await provider.list(root, "top secret")) == []


async def test_a_folder_swapped_for_a_link_meanwhile_is_not_followed(
    provider: MarkdownProvider, root: str, write: Write, outside: Path
) -> None:
    write("docs/sub/secret.md", "# mine\n")
    here, aside, link = (Path(root, *parts) for parts in (("docs", "sub"), ("aside",), ("link",)))
    link.symlink_to(outside)

    def swap(turn: int) -> None:
        if turn % 2:
            os.rename(here, aside)
            os.rename(link, here)
        else:
            os.rename(here, link)
            os.rename(aside, here)

    with restless(swap):
        for _ in range(200):
            try:
                assert (await provider.read(root, "docs/sub/secret.md")).text == "# mine\n"
            except (Forbidden, NotFound, Busy):
                continue
            assert list(await provider.list(root, "top secret")) == []


async def test_an_edit_that_keeps_size_and_time_is_seen(
    provider: MarkdownProvider, root: str, write: Write
) -> None:
    file = write("a.md", "# One\n")
    for title in ("Two", "Six", "Ten"):
        file.write_text(f"# {title}\n")
        os.utime(file, ns=(1, 1))
        assert [one.title for one in await provider.list(root)] == [title]
        assert (await provider.outline(root, "a.md"))[0].text == title
