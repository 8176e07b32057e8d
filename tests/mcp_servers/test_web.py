"""The HTTP client of the web APIs, and where it may connect to."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from tests.mcp_servers.conftest import QUICK, FakeApi, free_port
from worker.mcp_servers.web import http_client as web_client
from worker.mcp_servers.web.cache import TTLCache
from worker.mcp_servers.web.egress import Egress, is_public
from worker.mcp_servers.web.http_client import ApiClient, ApiFailed

ALLOWED = Egress(allow_private=True)


async def get(api: FakeApi, egress: Egress = ALLOWED, **options: Any) -> Any:
    client = ApiClient("Example", api.url + "/v1", egress, pacing=QUICK, **options)
    try:
        return await client.get("things", {"q": "a b&c"})
    finally:
        await client.close()


async def test_parameters_and_headers_arrive_as_given(api: FakeApi) -> None:
    api.will_answer({"ok": True})
    assert await get(api, headers={"X-Key": "k"}) == {"ok": True}
    [request] = api.requests
    assert (request.path, request.query["q"], request.headers["X-Key"]) == ("/v1/things", "a b&c", "k")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_tried_again_and_a_lasting_one_told(api: FakeApi, status: int) -> None:
    api.will_answer({}, status=status)
    api.will_answer({"ok": True})
    assert await get(api) == {"ok": True}
    api.answers = [(status, {}, {})]
    with pytest.raises(ApiFailed) as error:
        await get(api)
    assert error.value.status == status
    assert len(api.requests) == 2 + 3


async def test_retry_after_is_obeyed_and_a_long_one_told_instead_of_waited_for(api: FakeApi) -> None:
    api.will_answer({}, status=429, Retry_After="0")
    api.will_answer({"ok": True})
    assert await get(api) == {"ok": True}
    api.answers = [(429, {}, {"Retry-After": "120"})]
    with pytest.raises(ApiFailed, match="try again in 120 s"):
        await get(api)


@pytest.mark.parametrize("said", ["Wed, 21 Oct 2065 07:28:00 GMT", "-1", "soon", "\N{SUPERSCRIPT TWO}"])
async def test_a_retry_after_that_names_no_seconds_is_as_good_as_none(api: FakeApi, said: str) -> None:
    api.will_answer({}, status=429, Retry_After=said)
    api.will_answer({"ok": True})
    assert await get(api) == {"ok": True}


async def test_a_wrong_request_is_not_repeated(api: FakeApi) -> None:
    api.will_answer({"why": "no"}, status=400)
    with pytest.raises(ApiFailed) as error:
        await get(api)
    assert error.value.body == {"why": "no"}
    assert len(api.requests) == 1


async def test_an_answer_that_is_no_json_is_a_clear_failure(api: FakeApi) -> None:
    api.will_answer("<html>welcome</html>")
    with pytest.raises(ApiFailed, match="did not answer with JSON"):
        await get(api)


async def test_an_endless_answer_is_cut_off(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_client, "LARGEST_BYTES", 1000)
    api.will_answer("[" + "1," * 100_000 + "1]")
    with pytest.raises(ApiFailed, match="more than 1000 bytes"):
        await get(api)


async def test_a_redirect_within_the_origin_is_followed_and_one_elsewhere_is_not(api: FakeApi) -> None:
    api.will_answer({}, status=307, Location="/v2/things")
    api.will_answer({"ok": True})
    assert await get(api) == {"ok": True}
    for target in ("http://169.254.169.254/latest/meta-data/", "//other.example/x", "https://api.example/x"):
        api.answers = [(302, {}, {"Location": target})]
        with pytest.raises(ApiFailed, match="not followed"):
            await get(api)


async def test_a_loop_of_redirects_ends(api: FakeApi) -> None:
    api.will_answer({}, status=302, Location="/v1/things")
    with pytest.raises(ApiFailed, match="without end"):
        await get(api)


async def test_an_api_that_is_down_is_named_without_its_address() -> None:
    client = ApiClient("Example", f"http://127.0.0.1:{free_port()}/?key=secret", ALLOWED)
    with pytest.raises(ApiFailed, match=r"^Example is out of reach") as error:
        await client.get("", {})
    assert "secret" not in str(error.value)
    await client.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0"]
)
async def test_no_spelling_of_a_private_address_is_connected_to(api: FakeApi, host: str) -> None:
    port = URL(api.url).port
    client = ApiClient("Example", f"http://{host}:{port}/", Egress())
    with pytest.raises(ApiFailed, match=r"private address|out of reach"):
        await client.get("", {})
    assert api.requests == []
    await client.close()


async def test_the_refusal_says_how_the_operator_can_allow_it(api: FakeApi) -> None:
    with pytest.raises(ApiFailed, match="FORGE_EGRESS_HOSTS"):
        await get(api, Egress())


async def test_a_host_that_the_operator_named_may_be_private(api: FakeApi) -> None:
    api.will_answer({"ok": True})
    assert await get(api, Egress.from_environment({"FORGE_EGRESS_HOSTS": "x.example, 127.0.0.1"}))
    assert await get(api, Egress.from_environment({}, [api.url]))
    assert await get(api, Egress.from_environment({"FORGE_ALLOW_PRIVATE_EGRESS": "true"}))


async def test_a_name_that_resolves_to_a_private_address_is_refused(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is public in what it looks like; only the address that would be connected to counts."""
    port = URL(api.url).port
    resolve = socket.getaddrinfo

    def rebound(host: Any, *rest: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == "public.example" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    client = ApiClient("Example", f"http://public.example:{port}/", Egress())
    with pytest.raises(ApiFailed, match="private address"):
        await client.get("", {})
    assert api.requests == []
    await client.close()


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.5.5",
        "192.168.1.1",
        "169.254.169.254",
        "127.0.0.1",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "192.0.0.8",
        "192.0.0.170",
        "192.88.99.1",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::ffff:192.0.0.8",
        "2002:c000:8::",
        "::",
        "::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "5f00::1",
        "ff02::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b:1::a00:1",
        "fec0::1",
        "3fff::1",
        "name",
    ],
)
def test_addresses_that_are_not_public_are_told(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_all_its_ipv6_forms(address: ipaddress.IPv4Address) -> None:
    special = [ipaddress.ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24")]
    is_special = address.is_multicast or any(address in each for each in special)
    expected = address.is_global and not is_special
    number = int(address)
    assert is_public(str(address)) == expected
    assert is_public(str(ipaddress.IPv6Address((0xFFFF << 32) | number))) == expected
    assert is_public(str(ipaddress.IPv6Address((0x64FF9B << 96) | number))) == expected


async def test_answers_are_remembered_for_a_while_and_failures_are_not() -> None:
    asked: list[str] = []
    remembered = TTLCache[str](most=2, seconds=60)

    async def ask(key: str) -> str:
        asked.append(key)
        if key == "bad":
            raise ApiFailed("Example", "failed")
        return key.upper()

    for key in ("a", "a", "b", "c", "c", "a"):
        assert await remembered.get(key, lambda key=key: ask(key)) == key.upper()
    assert asked == ["a", "b", "c", "a"]
    for _ in range(2):
        with pytest.raises(ApiFailed):
            await remembered.get("bad", lambda: ask("bad"))
    assert asked.count("bad") == 2
