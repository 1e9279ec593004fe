"""The gate, in its order: Host, Origin, who, how often, how large. Each refusal beside what passes."""

from __future__ import annotations

import httpx
import pytest

from chorus.server.access.gate import Limits
from chorus.server.access.rates import Buckets
from tests.support.server_fakes import EFFECTS
from tests.support.site import URL, MakeSite, Ready

ACT = {"query": "mutation { act }"}


async def test_the_token_opens_and_the_actor_is_known(ready: Ready, client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ actor }"}, headers=ready.bearer)
    assert answer.json() == {"data": {"actor": "token"}}


# --- Host --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "localhost:8420", "[::1]:8420"])
async def test_our_own_names_are_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8420",
        "127.0.0.1.evil.example:8420",
        "localhost.:8420",
        "LOCALHOST:8420",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:08420",
        "0.0.0.0:8420",
        "[::ffff:127.0.0.1]:8420",
        "user@127.0.0.1:8420",
        "",
    ],
)
async def test_other_names_are_not(ready: Ready, client: httpx.AsyncClient, host: str) -> None:
    headers = {**ready.bearer, "host": host}
    assert (await client.get("/healthz", headers=headers)).status_code == 421
    assert (await client.post("/graphql", json=ACT, headers=headers)).status_code == 421
    assert EFFECTS == []


async def test_two_hosts_and_forwarded_hosts_do_not_help(ready: Ready, client: httpx.AsyncClient) -> None:
    twice = [("host", "127.0.0.1:8420"), ("host", "evil.example")]
    assert (await client.get("/healthz", headers=twice)).status_code == 400
    forwarded = {"host": "evil.example", "x-forwarded-host": "127.0.0.1:8420", **ready.bearer}
    assert (await client.get("/healthz", headers=forwarded)).status_code == 421


# --- Origin ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:9999",
        "http://127.0.0.1:8420.evil.example",
        "http://127.0.0.1:8420@evil.example",
        "http://localhost.evil:8420",
        "https://127.0.0.1:8420",
        "HTTP://127.0.0.1:8420",
        "file://",
        "",
    ],
)
async def test_other_origins_are_refused_even_with_the_token(
    ready: Ready, client: httpx.AsyncClient, origin: str
) -> None:
    headers = {**ready.bearer, "origin": origin}
    answer = await client.post("/graphql", json=ACT, headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert EFFECTS == []


async def test_our_origins_pass(ready: Ready, client: httpx.AsyncClient) -> None:
    for origin in (URL, "http://localhost:8420", "http://[::1]:8420"):
        answer = await client.post("/graphql", json=ACT, headers={**ready.bearer, "origin": origin})
        assert answer.json() == {"data": {"act": "act"}}


@pytest.mark.parametrize("origin", ["http://evil.example", "null", URL])
async def test_a_preflight_grants_nothing(client: httpx.AsyncClient, origin: str) -> None:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-private-network": "true",
    }
    answer = await client.options("/graphql", headers=headers)
    assert answer.status_code in (401, 403)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


# --- who ---------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", "/"),
    ("GET", "/task/1"),
    ("GET", "/assets/app-1.js"),
    ("GET", "/graphiql"),
    ("GET", "/graphql"),
    ("POST", "/graphql"),
    ("GET", "/metrics"),
    ("POST", "/hook"),
    ("POST", "/login/link"),
    ("POST", "/logout"),
    ("GET", "/there-is-no/such.thing"),
    ("DELETE", "/healthz"),
    ("TRACE", "/"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_needs_credentials(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_with_credentials_unknown_routes_are_not_found(ready: Ready, client: httpx.AsyncClient) -> None:
    for path in ("/there-is-no/such.thing", "/graphql/x", "/terminal/t1", "/hook/x"):
        assert (await client.get(path, headers=ready.bearer)).status_code == 404


async def test_a_browser_without_a_session_is_told_what_to_run(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers={"accept": "text/html"})
    assert answer.status_code == 401
    assert "chorus login" in answer.text


async def test_wrong_tokens_are_refused(make_site: MakeSite) -> None:
    ready = make_site()
    token = ready.site.token
    wrong = [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer  {token}",
        f"Bearer {token} ",
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        f"Bearer {token.swapcase()}",
        f"Basic {token}",
        token,
        "Bearer " + "x" * 100_000,
        "Bearer \xff\xfe",
    ]
    for value in wrong:
        app = make_site().site.app  # each without the failures of the others
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
            headers = [(b"authorization", value.encode("latin-1"))]
            answer = await client.post("/graphql", json=ACT, headers=headers)
            assert answer.status_code == 401, value
    assert EFFECTS == []


async def test_a_token_in_the_address_is_no_credential(ready: Ready, client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/graphql?token={ready.site.token}", json=ACT)
    assert answer.status_code == 401


async def test_two_authorizations_are_none(ready: Ready, client: httpx.AsyncClient) -> None:
    headers = [*ready.bearer.items(), *ready.bearer.items()]
    assert (await client.post("/graphql", json=ACT, headers=headers)).status_code == 401


async def test_a_new_token_ends_the_old_one(ready: Ready, make_site: MakeSite) -> None:
    old = ready.bearer
    (ready.state_dir / "token").unlink()
    app = make_site().site.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        assert (await client.post("/graphql", json=ACT, headers=old)).status_code == 401


# --- cookies -----------------------------------------------------------------------------------------


async def test_a_cookie_needs_the_csrf_header(ready: Ready, client: httpx.AsyncClient) -> None:
    cookie = {"cookie": await ready.cookie(client)}
    client.cookies.clear()
    csrf = {**cookie, "x-chorus-csrf": "1"}
    assert (await client.post("/graphql", json=ACT, headers=cookie)).status_code == 403
    foreign = {**csrf, "origin": "http://evil.example"}
    assert (await client.post("/graphql", json=ACT, headers=foreign)).status_code == 403
    assert EFFECTS == []
    answer = await client.post("/graphql", json={"query": "{ actor }"}, headers={**csrf, "origin": URL})
    assert answer.json() == {"data": {"actor": "web"}}


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
async def test_requests_that_began_elsewhere_are_refused_with_a_cookie(
    ready: Ready, client: httpx.AsyncClient, site: str
) -> None:
    headers = {"cookie": await ready.cookie(client), "x-chorus-csrf": "1", "sec-fetch-site": site}
    client.cookies.clear()
    assert (await client.post("/graphql", json=ACT, headers=headers)).status_code == 403
    assert (await client.get("/", headers=headers)).status_code == 403
    assert EFFECTS == []
    followed = {**headers, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert (await client.get("/", headers=followed)).status_code == 200
    assert (await client.post("/graphql", json=ACT, headers=followed)).status_code == 403
    same = {**headers, "sec-fetch-site": "same-origin"}
    assert (await client.post("/graphql", json=ACT, headers=same)).status_code == 200


async def test_cookies_of_our_name_by_others_do_not_get_in_the_way(
    ready: Ready, client: httpx.AsyncClient
) -> None:
    ours = await ready.cookie(client)
    client.cookies.clear()
    name = ours.partition("=")[0]
    both = {"cookie": f"{name}=planted; {ours}"}
    assert (await client.get("/", headers=both)).status_code == 200
    assert (await client.get("/", headers={"cookie": f"{name}=planted"})).status_code == 401


# --- how often ---------------------------------------------------------------------------------------


async def test_failed_attempts_are_slowed_and_lock_nobody_out(
    ready: Ready, client: httpx.AsyncClient
) -> None:
    wrong = {"authorization": "Bearer wrong"}
    statuses = [(await client.get("/metrics", headers=wrong)).status_code for _ in range(100)]
    assert statuses == [401] * 5 + [429] * 95
    answer = await client.post("/login", json={"code": "wrong"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert (await client.get("/metrics", headers=ready.bearer)).status_code == 200
    assert await ready.cookie(client)


async def test_a_flood_of_one_is_not_a_flood_of_all(make_site: MakeSite) -> None:
    limits = Limits(hooks=lambda: Buckets(0.01, 20), strangers=lambda: Buckets(0.01, 20))
    ready = make_site(limits=limits)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(ready.site.app), base_url=URL) as client:
        run, other = ({"authorization": f"Bearer live-{n}"} for n in (1, 2))
        statuses = [(await client.post("/hook", json={}, headers=run)).status_code for _ in range(30)]
        assert statuses == [200] * 20 + [429] * 10
        assert (await client.post("/hook", json={}, headers=other)).status_code == 200
        strangers = [(await client.get("/login")).status_code for _ in range(30)]
        assert strangers == [200] * 20 + [429] * 10
        assert (await client.get("/", headers=ready.bearer)).status_code == 200


# --- how large ---------------------------------------------------------------------------------------


async def test_bodies_are_bounded(ready: Ready, client: httpx.AsyncClient) -> None:
    def query(size: int) -> bytes:
        text = b'{"query": "{ actor }", "extensions": {"x": ""}}'
        return text.replace(b'""', b'"' + b"x" * (size - len(text)) + b'"')

    headers = {**ready.bearer, "content-type": "application/json"}
    assert (await client.post("/graphql", content=query(1 << 20), headers=headers)).status_code == 200
    assert (await client.post("/graphql", content=query((1 << 20) + 1), headers=headers)).status_code == 413
    run = {"authorization": "Bearer live"}
    assert (await client.post("/hook", content=b'{"a":"' + b"x" * 262_135 + b'"}', headers=run)).is_success
    assert (await client.post("/hook", content=b"x" * 262_145, headers=run)).status_code == 413
    assert (await client.post("/login", content=b"x" * 20_000)).status_code == 413


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, identity"])
async def test_compressed_bodies_are_refused(ready: Ready, client: httpx.AsyncClient, encoding: str) -> None:
    headers = {**ready.bearer, "content-encoding": encoding, "content-type": "application/json"}
    assert (await client.post("/graphql", content=b"\x1f\x8b", headers=headers)).status_code == 415


# --- on every answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/", "/login", "/graphql", "/assets/app-1.js", "/no.thing"])
@pytest.mark.parametrize("known", [True, False])
async def test_every_answer_has_the_security_headers(
    ready: Ready, client: httpx.AsyncClient, path: str, known: bool
) -> None:
    answer = await client.get(path, headers=ready.bearer if known else {})
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "connect-src 'self'"):
        assert part in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in answer.headers
