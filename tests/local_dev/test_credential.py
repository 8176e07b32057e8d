"""A request without this start's credential gets nothing from the table's guard and the queues, and neither does a
page.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.store import system_clock
from local_dev.aws.create_tables import client
from local_dev.aws.credential import Credential
from local_dev.aws.sqs.queue_server import QueueServer, open_queues
from local_dev.aws.table_guard import LARGEST_HEAD, TableGuard
from local_dev.processes.chosen_ports import ReservedPort
from local_dev.template.aws_variables import aws_variables
from local_dev.template.resource_names import local_wiring
from tests.patience import PATIENCE_SECONDS, eventually
from tests.unlisted import tried

KEY = "LOCAL0123456789ABCDEF"
SCOPE = "20261126/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
SIGNED = f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}"
LIST_TABLES = {"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"}

REFUSED: list[list[tuple[str, str]]] = [
    [],
    [("authorization", "")],
    [("authorization", f"AWS4-HMAC-SHA256 Credential=OTHER/{SCOPE}")],
    [("authorization", f"AWS4-HMAC-SHA256 Credential={KEY}")],
    [("authorization", f"AWS4-HMAC-SHA256 Credential={KEY[:-1]}/{SCOPE}")],
    [("authorization", f"AWS4-HMAC-SHA256 Credential=/{SCOPE}")],
    [("authorization", SIGNED), ("origin", "http://evil.example")],
    [("authorization", SIGNED), ("origin", "null")],
    [("authorization", SIGNED), ("Origin", "")],
    [("authorization", SIGNED), ("authorization", SIGNED)],
    [("x-authorization", SIGNED)],
]


@asynccontextmanager
async def echo() -> AsyncGenerator[tuple[ReservedPort, list[bytes]]]:
    """In the emulator's place: what reaches it, and an answer to each piece of it."""
    port, reached, answering = ReservedPort.hidden(), list[bytes](), set[asyncio.Task[None] | None]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.add(asyncio.current_task())
        while data := await reader.read(65536):
            reached.append(data)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, port.host, port.number):
        yield port, reached
        await asyncio.wait_for(asyncio.gather(*filter(None, answering)), PATIENCE_SECONDS)


@asynccontextmanager
async def guarded(place: tuple[str, int], seconds: float = 10.0) -> AsyncGenerator[TableGuard]:
    guard = TableGuard(lambda: place, Credential(KEY), seconds)
    await guard.start()
    try:
        yield guard
    finally:
        guard.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("headers", REFUSED)
async def test_the_table_is_closed_to_who_has_no_credential_and_to_pages(
    headers: list[tuple[str, str]],
) -> None:
    async with (
        echo() as (port, reached),
        guarded((port.host, port.number)) as guard,
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as web,
    ):
        for method in ("GET", "POST", "OPTIONS"):
            answer = await web.request(method, guard.url, headers=[*LIST_TABLES.items(), *headers])
            assert answer.status_code == 403
            assert not any(name.startswith("access-control") for name in answer.headers)
    assert reached == []


async def test_who_has_it_is_passed_on_for_as_long_as_the_connection_lasts() -> None:
    head = f"POST / HTTP/1.1\r\nAuthorization: {SIGNED}\r\n\r\n".encode()
    body, second = b"one" * 500_000, b"POST / HTTP/1.1\r\n\r\n"
    async with echo() as (port, reached), guarded((port.host, port.number)) as guard:
        reader, writer = await asyncio.open_connection(*address(guard.url))
        for data in (head, body, second):
            writer.write(data)
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        await eventually(lambda: sum(map(len, reached)) == len(head + body + second))
        writer.close()
    assert b"".join(reached) == head + body + second


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


async def read_all(url: str, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*address(url))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_head_in_pieces_is_judged_as_a_whole() -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {SIGNED}\r\nOrigin: http://evil.example\r\n\r\n".encode()
    async with echo() as (port, reached), guarded((port.host, port.number)) as guard:
        answer = await read_all(guard.url, *(head[start : start + 7] for start in range(0, len(head), 7)))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert reached == []


async def test_long_heads_and_those_that_never_end_are_closed() -> None:
    async with echo() as (port, reached), guarded((port.host, port.number), seconds=0.05) as guard:
        assert (await read_all(guard.url, b"GET / HTTP/1.1\r\nx: " + b"y" * LARGEST_HEAD)).startswith(
            b"HTTP/1.1 431 "
        )
        assert await read_all(guard.url, b"GET / HTTP/1.1\r\nHost: x\r\n") == b""
    assert reached == []


async def test_an_emulator_that_is_gone_is_a_connection_that_ends() -> None:
    head = f"POST / HTTP/1.1\r\nAuthorization: {SIGNED}\r\n\r\n".encode()
    port = ReservedPort.hidden()
    async with guarded((port.host, port.number)) as guard:
        assert await read_all(guard.url, head) == b""


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_no_other_authorization_is_taken(value: str) -> None:
    tried("authorizations", value)
    assert Credential(KEY).refusal([(b"authorization", value.encode())])


@given(st.text(max_size=30), st.sampled_from(["authorization", "x-amz-date", "cookie"]))
def test_an_origin_is_refused_whatever_else_is_said(origin: str, beside: str) -> None:
    headers = [(b"authorization", SIGNED.encode()), (beside.encode(), b"x"), (b"origin", origin.encode())]
    assert Credential(KEY).refusal(headers)


def test_each_start_has_a_key_of_its_own() -> None:
    keys = {Credential.fresh().access_key for _ in range(100)}
    assert len(keys) == 100
    assert min(map(len, keys)) >= 32
    assert not any(key in repr(Credential(key)) for key in keys)


def test_the_hidden_address_differs_each_time_and_is_no_other_computers() -> None:
    places = {ReservedPort.hidden().host for _ in range(20)}
    assert all(place.startswith("127.") for place in places)
    assert len(places) == 20


@pytest.mark.slow
@pytest.mark.parametrize("headers", REFUSED)
async def test_the_queues_are_closed_to_who_has_no_credential_and_to_pages(
    headers: list[tuple[str, str]], tmp_path: Path
) -> None:
    wiring = local_wiring({}, "http://127.0.0.1:1")
    listener = socket.create_server(("127.0.0.1", 0))
    queues = open_queues(tmp_path / "queues.db", print)
    server = QueueServer(listener.detach(), queues, wiring, system_clock, Credential(KEY))
    serving = asyncio.create_task(server.run())
    sqs = client("sqs", aws_variables({}, "http://127.0.0.1:1", server.url, KEY))
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as web:
            target = {"x-amz-target": "AmazonSQS.ReceiveMessage"}
            answers = [
                await web.request(method, server.url, headers=[*target.items(), *headers])
                for method in ("GET", "POST", "OPTIONS")
            ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        for name in wiring.queues():
            await asyncio.to_thread(sqs.receive_message, QueueUrl=wiring.template.refs[name])
    finally:
        sqs.close()
        server.stop()
        await serving
