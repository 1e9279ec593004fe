"""The terminal socket, over a real WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosed

from chorus.server.connections.outbox import LIMIT, MAX_FRAME, Outbox
from tests.support.graphql_socket import close_code, receive, refused, socket
from tests.support.server_fakes import FakeEvent
from tests.support.site import MakeSite, Ready, serving


def terminal(live: Ready, path: str = "/terminal/t1"):  # type: ignore[no-untyped-def]
    return socket(live, live.bearer, path=path, protocols=[])


async def test_output_goes_out_in_order(live: Ready) -> None:
    async with terminal(live, "/terminal/t1?after=7") as viewer:
        start = {"type": "start", "runId": "run-1", "offset": 7, "cols": 80, "rows": 24, "sizedBy": "nobody"}
        assert await receive(viewer) == start
        for event in (
            FakeEvent("data", data=b"\x1b[1m\xff"),
            FakeEvent("truncated", offset=9, until=20),
            FakeEvent("data", data=b"more"),
            FakeEvent("end"),
            FakeEvent("start", run_id="run-2", cols=100, rows=30),
        ):
            live.terminals.events.put_nowait(event)
        assert await viewer.recv() == b"\x1b[1m\xff"
        assert await receive(viewer) == {"type": "truncated", "from": 9, "to": 20}
        assert await viewer.recv() == b"more"
        assert await receive(viewer) == {"type": "end"}
        assert await receive(viewer) == {
            "type": "start",
            "runId": "run-2",
            "offset": 0,
            "cols": 100,
            "rows": 30,
            "sizedBy": "nobody",
        }


async def test_input_and_size_come_in(live: Ready) -> None:
    async with terminal(live) as viewer:
        await viewer.send(b"ls\r")
        await viewer.send(json.dumps({"type": "resize", "cols": 120, "rows": 40}))
        await viewer.send(b"\x1b[A")
        await viewer.send("nonsense")
        await receive(viewer)
        assert (await receive(viewer))["code"] == "BAD_INPUT"
    assert live.terminals.typed == [(b"ls\r", "token"), (b"\x1b[A", "token")]
    assert live.terminals.sizes == [(120, 40)]


def resize(cols: int, rows: int) -> str:
    return json.dumps({"type": "resize", "cols": cols, "rows": rows})


async def test_who_looks_on_is_told_the_size_and_may_take_it_over(live: Ready) -> None:
    async with terminal(live) as wide:
        assert (await receive(wide))["sizedBy"] == "nobody"
        await wide.send(resize(120, 40))
        await wide.send("nonsense")  # its answer says that the frame before was taken
        await receive(wide)
        async with terminal(live) as small, terminal(live) as silent:
            for viewer in (small, silent):
                assert (await receive(viewer))["sizedBy"] == "other"
            await small.send(resize(60, 20))
            taken = {"type": "size", "cols": 60, "rows": 20, "sizedBy": "other"}
            assert [await receive(viewer) for viewer in (wide, silent)] == [taken, taken]
        # Who set it has left, so the next who wants to may.
        assert await receive(wide) == {"type": "size", "cols": 60, "rows": 20, "sizedBy": "nobody"}
    async with terminal(live) as next_one:
        assert (await receive(next_one))["sizedBy"] == "nobody"


async def test_a_size_that_was_refused_is_nobodys(live: Ready) -> None:
    async with terminal(live) as one, terminal(live) as other:
        for viewer in (one, other):
            await receive(viewer)
        await one.send(resize(1, 1))
        assert (await receive(one))["code"] == "BAD_INPUT"
        await other.send(resize(90, 30))
        assert (await receive(one))["sizedBy"] == "other"


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", '{"type": "other"}', '{"type": "resize"}', '{"type": "resize", "cols": 0, "rows": 0}',
     '{"type": "resize", "cols": -1, "rows": 24}', '{"type": "resize", "cols": 1000000000, "rows": 24}',
     '{"type": "resize", "cols": 80.0, "rows": 24}', '{"type": "resize", "cols": true, "rows": 24}',
     '{"type": "resize", "cols": "80", "rows": 24}', "[" * 10_000],
)  # fmt: skip
async def test_bad_control_frames_are_answered_and_harmless(live: Ready, text: str) -> None:
    async with terminal(live) as viewer:
        await receive(viewer)
        await viewer.send(text)
        assert (await receive(viewer))["code"] == "BAD_INPUT"
        await viewer.send(json.dumps({"type": "resize", "cols": 80, "rows": 24}))
        await viewer.send(b"x")
        await viewer.send("again")
        await receive(viewer)
    assert live.terminals.sizes == [(80, 24)]
    assert live.terminals.typed == [(b"x", "token")]


async def test_too_much_input_at_once_ends_it(live: Ready) -> None:
    async with terminal(live) as viewer:
        await viewer.send(b"x" * 65_536)
        with contextlib.suppress(ConnectionClosed):
            await viewer.send(b"x" * 65_537)
        assert await close_code(viewer) == 1009
    assert [len(data) for data, _ in live.terminals.typed] == [65_536]


async def test_trouble_with_input_is_told_and_the_socket_stays(live: Ready) -> None:
    async with terminal(live, "/terminal/stopped") as viewer:
        await receive(viewer)
        await viewer.send(b"x")
        assert await receive(viewer) == {
            "type": "error",
            "code": "CONFLICT",
            "message": "The agent is stopped.",
        }
        live.terminals.events.put_nowait(FakeEvent("data", data=b"still here"))
        assert await viewer.recv() == b"still here"


async def test_an_unknown_task_is_told(live: Ready) -> None:
    async with terminal(live, "/terminal/t9") as viewer:
        assert (await receive(viewer))["code"] == "NOT_FOUND"
        assert await close_code(viewer) == 4404


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "", "9" * 40, "٣"])
async def test_a_bad_offset_is_refused(live: Ready, after: str) -> None:
    path = f"/terminal/t1?after={after}"
    assert await refused(live, headers=live.bearer, path=path, protocols=[]) == 400


async def test_a_viewer_that_does_not_read_harms_nobody_and_holds_little(live: Ready) -> None:
    async with terminal(live, "/terminal/flood") as stuck, terminal(live) as viewer:
        await stuck.recv()
        stuck.transport.pause_reading()
        await receive(viewer)
        for number in range(50):
            live.terminals.events.put_nowait(FakeEvent("data", data=b"%d" % number))
            assert await viewer.recv() == b"%d" % number
        held = await _settled(live)
        # What waits: the outbox, uvicorn's and the kernel's buffers; not what the terminal has.
        assert held * MAX_FRAME < 20 << 20
        stuck.transport.abort()
        async with asyncio.timeout(45):
            await live.terminals.idle.wait()


async def test_a_viewer_that_does_not_read_is_let_go(
    make_site: MakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(make_site, send_deadline=0.1) as (live, _), terminal(live, "/terminal/flood") as stuck:
        await stuck.recv()
        stuck.transport.pause_reading()
        async with asyncio.timeout(45):
            await live.terminals.idle.wait()
        stuck.transport.abort()
    assert caplog.records == []


async def _settled(live: Ready) -> int:
    """How often the flood got through until its reader was held back."""
    async with asyncio.timeout(45):
        while True:
            before = live.terminals.flooded
            await asyncio.sleep(0.05)
            if live.terminals.flooded == before:
                return before


async def test_leaving_ends_the_following(live: Ready) -> None:
    async with terminal(live) as viewer:
        await receive(viewer)
        assert live.terminals.following == 1
    async with asyncio.timeout(45):
        await live.terminals.idle.wait()
    assert live.terminals.following == 0


async def test_one_that_cannot_let_go_is_cut_off_in_silence(
    make_site: MakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    """The server stops all the same, and nobody reads a traceback for it."""
    async with serving(make_site) as (ready, server):
        ready.terminals.clings = True
        async with terminal(ready) as viewer:
            await receive(viewer)
            server.should_exit = True
            assert await close_code(viewer) == 1012
    assert "Traceback" not in caplog.text


async def test_an_outbox_joins_small_pieces_and_keeps_the_order() -> None:
    outbox = Outbox()
    for piece in (b"a", b"b"):
        await outbox.put_bytes(piece)
    await outbox.put_text("marker")
    await outbox.put_bytes(b"c")
    frames = []
    for _ in range(3):
        frames.append(await outbox.take())
        await outbox.sent()
    assert frames == [{"bytes": b"ab"}, {"text": "marker"}, {"bytes": b"c"}]


async def test_an_outbox_is_bounded_and_its_frames_are() -> None:
    outbox = Outbox()
    filling = asyncio.create_task(outbox.put_bytes(b"x" * (4 * LIMIT)))
    got = 0
    while got < 4 * LIMIT:
        frame = await outbox.take()
        assert len(frame["bytes"]) <= MAX_FRAME
        assert outbox._size <= LIMIT
        got += len(frame["bytes"])
        await outbox.sent()
    await filling
    await outbox.drained()
