"""A request without this start's credential gets nothing from the queues, and neither does a page."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.store import system_clock
from local_dev.aws.create_tables import client
from local_dev.aws.credential import Credential
from local_dev.aws.queue_server import QueueServer, open_queues
from local_dev.processes.ports import ReservedPort
from local_dev.template.aws_variables import aws_variables
from local_dev.template.resource_names import local_wiring
from tests.patience import PATIENCE_SECONDS
from tests.unlisted import tried

KEY = "LOCAL0123456789ABCDEF"
SCOPE = "20261126/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
SIGNED = f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}"

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
