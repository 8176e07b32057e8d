"""The fields after a chunked body are no headers, and have an end."""

from __future__ import annotations

from typing import Any

from tests.local_dev.conftest import Application
from tests.local_dev.test_slow_clients import asked

HEAD = b"POST /said HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\nx-said: head\r\nTransfer-Encoding: chunked\r\n\r\n"


def said(event: Any, _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": f"{event['headers']['x-said']} {event.get('body')}"}


async def test_a_trailer_changes_no_header(application: Application) -> None:
    application.http = {"POST /said": said}
    async with application.running() as running:
        head = HEAD.replace(b"@HOST@", running.address.encode())
        whole = head + b"4\r\nbody\r\n0\r\nx-said: trailer\r\nhost: evil.example\r\n\r\n"
        for pieces in ([whole], [head, whole.removeprefix(head)]):
            assert (await asked(running.address, *pieces)).endswith(b"\r\n\r\nhead body")


async def test_a_trailer_without_an_end_is_cut_off(application: Application) -> None:
    application.http = {"POST /said": said}
    application.limit(http_body=50_000)
    async with application.running() as running:
        begun = HEAD.replace(b"@HOST@", running.address.encode()) + b"4\r\nbody\r\n0\r\nx-said: "
        assert await asked(running.address, begun, *[b"y" * 20_000] * 4) == b""


async def test_a_long_body_in_small_chunks_is_no_trailer(application: Application) -> None:
    application.http = {"POST /said": said}
    application.limit(http_body=50_000)
    async with application.running() as running:
        head = HEAD.replace(b"@HOST@", running.address.encode())
        chunks = b"40\r\n" + b"y" * 64 + b"\r\n"
        answer = await asked(running.address, head + chunks * 700 + b"0\r\n\r\n")
        assert answer.endswith(b"head " + b"y" * 64 * 700)
