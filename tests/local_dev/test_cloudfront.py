"""A laptop's server does not trust every web site: Host and Origin are checked before anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from forge.api.entry.security_headers import HEADERS
from local_dev.gateway.cloudfront import API_HOST, Front, Visitors
from tests.unlisted import tried

OWN = "127.0.0.1:8080"


def scope(*headers: tuple[str, str], path: str = "/api/state", kind: str = "http") -> dict[str, Any]:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": kind, "method": "GET", "path": path, "headers": raw, "client": ("127.0.0.1", 5)}


async def passed(
    visitors: Visitors, request: dict[str, Any], headers: dict[str, str] | None = None
) -> tuple[int, dict[bytes, bytes], dict[bytes, bytes]]:
    """The status, what the application saw, and the answer's headers."""
    seen: dict[bytes, bytes] = {}
    sent: list[Message] = []

    async def application(inner: Any, _receive: Any, send: Any) -> None:
        seen.update(inner["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"old")]})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await Front(application, visitors, "secret", [("/api/*", headers or {})])(request, receive, send)
    return sent[0]["status"], seen, dict(sent[0]["headers"])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (OWN, 200),
        ("localhost:8080", 200),
        ("LOCALHOST", 200),
        ("page.localhost", 200),
        ("localhost.", 200),
        ("[::1]:8080", 200),
        ("192.168.1.7:8080", 200),
        ("mine.test", 200),
        ("MINE.test:8080", 200),
        ("evil.example", 421),
        ("127.0.0.1.nip.io", 421),
        ("localhost.evil.example", 421),
        ("evil-localhost", 421),
        ("0x7f000001", 421),
        ("2130706433", 421),
        ("[::1", 421),
        ("", 421),
        (f"{OWN}@evil.example", 421),
        (f"{OWN}#.evil.example", 421),
        ("localhost:8080:evil.example", 421),
        ("[::1]evil.example", 421),
        ("[::1]:80evil.example", 421),
        ("[fe80::1%evil.example]", 421),
        ("localhost..", 421),
    ],
)
async def test_a_host_that_could_be_rebound_is_refused(host: str, status: int) -> None:
    visitors = Visitors.of("mine.test, other.test", [])
    for kind in ("http", "websocket"):
        assert (await passed(visitors, scope(("host", host), kind=kind)))[0] == status


async def test_no_host_and_two_hosts_are_refused() -> None:
    assert (await passed(Visitors(), scope()))[0] == 400
    assert (await passed(Visitors(), scope(("host", OWN), ("host", "evil.example"))))[0] == 400


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"http://{OWN}", 200),
        ("https://app.example", 200),
        ("http://evil.example", 403),
        ("http://127.0.0.1:9090", 403),
        ("http://localhost:8080", 403),
        ("null", 403),
        ("", 403),
        (OWN, 403),
        (f"file://{OWN}", 403),
        (f"http://{OWN}@evil.example", 403),
        (f"http://{OWN}, http://evil.example", 403),
    ],
)
async def test_a_page_of_another_origin_is_refused(origin: str, status: int) -> None:
    visitors = Visitors.of("", ["https://app.example"])
    for kind in ("http", "websocket"):
        assert (await passed(visitors, scope(("host", OWN), ("origin", origin), kind=kind)))[0] == status


_NAMES = st.from_regex(r"[a-zA-Z0-9.:@\[\]_-]{1,40}", fullmatch=True)


@given(_NAMES, st.sampled_from(["", ":80", ":8080"]))
async def test_no_name_that_a_stranger_can_register_passes(name: str, port: str) -> None:
    """With a top-level domain of the internet behind it, it is a name, whatever stands before."""
    host = f"{name}.example{port}"
    tried("host names", host)
    assert (await passed(Visitors(), scope(("host", host))))[0] == 421


@given(
    st.sampled_from([OWN, "localhost", "[::1]", "mine.test:80"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
)
async def test_nothing_but_a_port_may_stand_behind_a_name(name: str, behind: str) -> None:
    """Where somebody else reads the rest as the host, the two would not mean the same server."""
    tried("text behind a host name", (name, behind))
    status, _, _ = await passed(Visitors.of("mine.test", []), scope(("host", name + behind)))
    own, _, port = (name + behind).removeprefix("[::1]").partition(":")
    is_plain = all(sign.isalnum() or sign in ".-_" for sign in own) and (not port or port.isdecimal())
    assert status == 421 or is_plain


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
async def test_no_origin_but_the_own_passes(origin: str) -> None:
    tried("origins", origin)
    expected = 200 if origin.lower() in (f"http://{OWN}", f"https://{OWN}") else 403
    assert (await passed(Visitors(), scope(("host", OWN), ("origin", origin))))[0] == expected


async def test_functions_see_what_the_distribution_tells_and_not_what_the_viewer_claims() -> None:
    claims = [("x-forwarded-host", "evil.example"), ("x-forge-viewer", "9.9.9.9"), ("x-forge-edge", "guess")]
    _, seen, _ = await passed(Visitors(), scope(("host", OWN), *claims))
    assert seen[b"host"] == API_HOST
    assert seen[b"x-forwarded-host"] == OWN.encode()
    assert seen[b"x-forge-viewer"] == b"127.0.0.1"
    assert seen[b"x-forge-edge"] == b"secret"


@pytest.mark.parametrize(
    ("shown", "told", "viewer"),
    [
        ("secret", ["9.9.9.9"], b"9.9.9.9"),
        ("secret", [], b"127.0.0.1"),
        ("secret", [""], b"127.0.0.1"),
        ("secre", ["9.9.9.9"], b"127.0.0.1"),
        ("", ["9.9.9.9"], b"127.0.0.1"),
    ],
)
async def test_a_proxy_that_shows_the_secret_tells_for_whom_it_calls(
    shown: str, told: list[str], viewer: bytes
) -> None:
    claims = [("x-forge-edge", shown), *(("x-forge-viewer", address) for address in told)]
    for kind in ("http", "websocket"):
        _, seen, _ = await passed(Visitors(), scope(("host", OWN), *claims, kind=kind))
        assert seen[b"x-forge-viewer"] == viewer


async def test_an_answer_gets_the_headers_of_its_path() -> None:
    headers = {"x-frame-options": "DENY", "x-content-type-options": "nosniff"}
    _, _, answered = await passed(Visitors(), scope(("host", OWN)), headers)
    assert answered.items() >= {b"x-frame-options": b"DENY", b"x-content-type-options": b"nosniff"}.items()
    _, _, other = await passed(Visitors(), scope(("host", OWN), path="/index.html"), headers)
    assert other[b"x-frame-options"] == b"old"
    assert other.keys() == {name.encode() for name in HEADERS} - {b"strict-transport-security"}


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_refusal_has_the_headers_of_an_answer(kind: str) -> None:
    status, _, answered = await passed(Visitors(), scope(("host", "evil.example"), kind=kind))
    assert status == 421
    assert answered[b"x-content-type-options"] == b"nosniff"
