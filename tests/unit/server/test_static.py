"""The client's files."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.site import URL, MakeSite, Ready


@pytest.mark.parametrize("path", ["/", "/task/1", "/settings/", "/documents/a%20b"])
async def test_addresses_of_the_client_get_its_page(
    ready: Ready, client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path, headers=ready.bearer)
    assert (answer.status_code, answer.text) == (200, "<title>client</title>")
    assert answer.headers["cache-control"] == "no-cache"


async def test_graphiql_is_a_page_of_its_own(ready: Ready, client: httpx.AsyncClient) -> None:
    assert (await client.get("/graphiql", headers=ready.bearer)).text == "<title>graphiql</title>"


async def test_assets_are_kept_for_ever_and_compressed(ready: Ready, client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-1.js", headers={**ready.bearer, "accept-encoding": "gzip"})
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text.startswith("const client")
    again = await client.get(
        "/assets/app-1.js", headers={**ready.bearer, "if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/%252e%252e/outside.txt",
        "/assets/%2e%2e%2f%2e%2e%2foutside.txt",
        "/..%5coutside.txt",
        "//etc/passwd",
        "//etc",
        "/assets/C:%5cwindows",
        "/a%00b",
        "/a%0ab",
        "/missing.js",
        "/assets/missing.js",
        "/.git/config",
        "/" + "x" * 300 + ".js",
    ],
)
async def test_nothing_else_is_found(ready: Ready, client: httpx.AsyncClient, path: str) -> None:
    request = client.build_request("GET", URL, headers=ready.bearer)
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await client.send(request)
    assert answer.status_code == 404
    assert "outside" not in answer.text


async def test_links_out_of_the_folder_are_not_followed(
    ready: Ready, client: httpx.AsyncClient, web: Path
) -> None:
    (web / "out.txt").symlink_to(web.parent / "outside.txt")
    assert (await client.get("/out.txt", headers=ready.bearer)).status_code == 404


async def test_the_client_is_read_only(ready: Ready, client: httpx.AsyncClient) -> None:
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert (await client.request(method, "/", headers=ready.bearer)).status_code == 405


async def test_without_a_built_client_the_page_names_the_command(make_site: MakeSite) -> None:
    ready = make_site(web=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(ready.site.app), base_url=URL) as client:
        answer = await client.get("/", headers=ready.bearer)
        assert answer.status_code == 503
        assert "make run" in answer.text
        answer = await client.post("/graphql", json={"query": "{ actor }"}, headers=ready.bearer)
        assert answer.status_code == 200
