"""Signing in and out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from chorus.errors import BadInput
from chorus.server.access.credentials import CODE_SECONDS, LoginCodes, cookie_name, load_token
from chorus.server.access.login import local_path
from chorus.server.access.sessions import LIFETIME, Sessions
from tests.support.site import URL, MakeSite, Ready


async def test_a_link_is_made_with_the_token_and_signs_in(ready: Ready, client: httpx.AsyncClient) -> None:
    link = (await client.post("/login/link", headers=ready.bearer)).json()["url"]
    page, _, code = link.partition("#")
    assert page == f"{URL}/login"
    answer = await client.post("/login", json={"code": code, "next": "/task/1"})
    assert answer.json() == {"next": "/task/1"}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(cookie_name(ready.port) + "=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert (await client.get("/")).text == "<title>client</title>"


async def test_a_browser_session_makes_no_links(ready: Ready, client: httpx.AsyncClient) -> None:
    await ready.cookie(client)
    assert (await client.post("/login/link", headers={"x-chorus-csrf": "1"})).status_code == 403
    assert (await client.post("/login/link", headers=ready.bearer)).status_code == 200


async def test_a_code_works_once_even_in_parallel(ready: Ready, client: httpx.AsyncClient) -> None:
    code = ready.site.login.link().partition("#")[2]
    answers = await asyncio.gather(*(client.post("/login", json={"code": code}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert (await client.post("/login", json={"code": code})).status_code == 401


def test_a_code_lasts_five_minutes() -> None:
    now = [0.0]
    codes = LoginCodes(clock=lambda: now[0])
    late, early = codes.issue(), codes.issue()
    now[0] = CODE_SECONDS - 1
    assert codes.redeem(early)
    now[0] = CODE_SECONDS
    assert not codes.redeem(late)


async def test_each_login_gets_a_new_session_and_ends_the_one_before(
    ready: Ready, client: httpx.AsyncClient
) -> None:
    first = await ready.cookie(client)
    second = await ready.cookie(client)  # the client sends the first cookie along
    client.cookies.clear()
    assert first != second
    assert (await client.get("/", headers={"cookie": first})).status_code == 401
    assert (await client.get("/", headers={"cookie": second})).status_code == 200


async def test_a_cookie_set_before_is_not_adopted(ready: Ready, client: httpx.AsyncClient) -> None:
    client.cookies.set(cookie_name(ready.port), "planted")
    code = ready.site.login.link().partition("#")[2]
    answer = await client.post("/login", json={"code": code})
    assert "planted" not in answer.headers["set-cookie"]


async def test_logging_out_ends_the_session_for_good(ready: Ready, client: httpx.AsyncClient) -> None:
    cookie = {"cookie": await ready.cookie(client)}
    client.cookies.clear()
    assert (await client.post("/logout", headers=cookie)).status_code == 403
    assert (await client.get("/", headers=cookie)).status_code == 200
    answer = await client.post("/logout", headers={**cookie, "x-chorus-csrf": "1"})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await client.get("/", headers=cookie)).status_code == 401


async def test_sessions_survive_a_restart_and_are_stored_as_hashes(
    ready: Ready, client: httpx.AsyncClient, make_site: MakeSite
) -> None:
    cookie = await ready.cookie(client)
    stored = ready.state_dir / "sessions.json"
    assert cookie.partition("=")[2] not in stored.read_text()
    assert stored.stat().st_mode & 0o777 == 0o600
    app = make_site().site.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as again:
        assert (await again.get("/", headers={"cookie": cookie})).status_code == 200


async def test_sessions_end_and_are_bounded(tmp_path: Path) -> None:
    now = [1000.0]
    sessions = Sessions(tmp_path / "sessions.json", now=lambda: now[0])
    first = await sessions.begin()
    assert sessions.find(first)
    now[0] += 1
    for _ in range(100):
        last = await sessions.begin()
    assert sessions.find(first) is None
    assert sessions.find(last)
    now[0] += LIFETIME
    assert sessions.find(last) is None


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a": "b"}', b"\xff", b"null"])
async def test_a_damaged_session_file_only_signs_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sessions.json"
    path.touch(0o600)
    path.write_bytes(content)
    sessions = Sessions(path)
    assert sessions.find("anything") is None
    assert sessions.find(await sessions.begin())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b"{}",
        b'{"code": 5}',
        b'{"code": ""}',
        b"\xff",
        b'{"code": NaN}',
        b"[" * 9000,
    ],
)
async def test_bad_bodies_are_refused(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert (await client.post("/login", content=body, headers=headers)).status_code == 400


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_forms_cannot_sign_in(ready: Ready, client: httpx.AsyncClient, kind: str) -> None:
    code = ready.site.login.link().partition("#")[2]
    content = b'{"code": "' + code.encode() + b'"}'
    answer = await client.post("/login", content=content, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 415
    assert (await client.post("/login", json={"code": code})).status_code == 200


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/task/1?tab=diff#x", "/task/1?tab=diff#x"),
        ("/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/a\nb", "/"),
        (None, "/"),
        (5, "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_only_paths_of_ours_are_gone_to(value: object, expected: str) -> None:
    assert local_path(value) == expected


async def test_the_login_page_is_public_and_loads_only_our_files(client: httpx.AsyncClient) -> None:
    page = (await client.get("/login")).text
    for path in ("/login.js", "/login.css"):
        assert f'"{path}"' in page
        assert (await client.get(path)).status_code == 200
    assert "<script>" not in page
    assert "style=" not in page


# --- the token's file --------------------------------------------------------------------------------


def test_the_token_is_made_once_and_private(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        token = load_token(tmp_path)
    finally:
        os.umask(umask)
    assert load_token(tmp_path) == token
    assert len(token) == 43  # 256 bits
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def _wide(path: Path) -> None:
    path.chmod(0o644)


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_wide, "chmod 600"),
        (_link, "symbolic link"),
        (_pipe, "not a file"),
        (_empty, "does not hold a token"),
    ],
)
def test_a_token_that_cannot_be_trusted_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    load_token(tmp_path)
    spoil(tmp_path / "token")
    with pytest.raises(BadInput, match=says) as caught:
        load_token(tmp_path)
    assert str(tmp_path / "token") in caught.value.message
