"""A message in an HTTP body, or in an event of a stream, is read as the specification says, or as it was meant."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests.mcp_servers.external.test_odd_lines import ANSWER, ASKED, LINE, NODE_BLOCK, NODE_ERROR, ODD
from worker.agent.tools.external.odd_bodies import body_in_usual_form, end_of_events, events_in_usual_form

EVENT_ENDS = [b"\n\n", b"\r\n\r\n"]


def events(text: bytes) -> list[Any]:
    """Return the messages of the events as a client reads them."""
    response = httpx2.Response(
        200,
        headers={"content-type": "text/event-stream"},
        content=text,
        request=httpx2.Request("POST", "http://127.0.0.1"),
    )
    return [json.loads(event.data) for event in httpx2.EventSource(response)]


def event_of(data: bytes, head: bytes = b"data: ") -> bytes:
    return head + data.replace(b"\n", b"\n" + head)


@pytest.mark.parametrize("name", ODD)
def test_over_http_the_message_is_found_too(name: str) -> None:
    if b"data:" not in ODD[name]:
        assert json.loads(body_in_usual_form(ODD[name])) == ANSWER
        for head in (b"data:", b"data: ", b"event: message\nid: 5\ndata: "):
            assert events(events_in_usual_form(head + ODD[name] + b"\n\n")) == [ANSWER]


@pytest.mark.parametrize("end", EVENT_ENDS)
@pytest.mark.parametrize(
    "data",
    [
        b'{"jsonrpc":"2.0","id":1,"result":\n{"content":[]}}',
        b'{"jsonrpc":"2.0","id":1,"result":{\n"content":[]}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"content":[\n]}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x"}\n]}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"structuredContent":\n{"error": "x"}\n}}',
        b'{"jsonrpc":"2.0","id":1,\n"result":{}}',
        json.dumps(ANSWER, indent=1).encode(),
    ],
)
def test_an_event_may_continue_over_lines_of_data(data: bytes, end: bytes) -> None:
    text = event_of(data).replace(b"\n", end[: len(end) // 2]) + end
    assert events(events_in_usual_form(text * 2)) == [json.loads(data)] * 2


@pytest.mark.parametrize("data", [LINE[:-1], json.dumps({**ANSWER, "jsonrpc": "1"}, indent=1).encode()])
def test_an_odd_event_over_lines_of_data_is_read_as_a_whole(data: bytes) -> None:
    found = events(events_in_usual_form(event_of(data) + b"\n\n"))
    assert [message["id"] for message in found] == [7]


NOTED = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x"}}


@pytest.mark.parametrize("listed", [[NOTED, ANSWER], [ANSWER, NOTED], [NOTED, ANSWER, NOTED]])
def test_over_http_the_answer_in_a_list_is_not_lost(listed: list[Any]) -> None:
    text = json.dumps(listed).encode()
    assert json.loads(body_in_usual_form(text)) == ANSWER
    assert events(events_in_usual_form(b"data: " + text + b"\n\n")) == [NOTED] * (len(listed) - 1) + [ANSWER]


@pytest.mark.parametrize("other", [{**ANSWER, "id": 8}, {"jsonrpc": "1", "id": "8", "result": {}}])
@pytest.mark.parametrize(
    "own",
    [ANSWER, {**ANSWER, "id": "7"}, {"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": ""}}],
)
def test_an_answer_to_another_request_is_not_taken_for_this_ones(
    other: dict[str, Any], own: dict[str, Any]
) -> None:
    text = b"".join(b"data: " + json.dumps(message).encode() + b"\n\n" for message in (other, NOTED, own))
    [noted, answer] = events(events_in_usual_form(text, asked=7))
    assert (noted, {**answer, "id": own["id"]}) == (NOTED, own)
    assert str(answer["id"]) == "7"
    assert len(events(events_in_usual_form(text))) == 3


OTHER = {**ANSWER, "id": 8}


@pytest.mark.parametrize(
    ("body", "left"),
    [(OTHER, None), ([OTHER, ANSWER], ANSWER), ([OTHER, NOTED, OTHER], None), ([OTHER], None)],
)
def test_nor_is_one_in_a_whole_body(body: Any, left: Any) -> None:
    found = body_in_usual_form(json.dumps(body).encode(), asked=7)
    assert (json.loads(found) if found else None) == left


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize("end", EVENT_ENDS)
def test_events_are_cut_where_they_end(end: bytes, size: int) -> None:
    text, rest, whole = (b"data: 1" + end[: len(end) // 2] + b"data: 2" + end) * 3, bytearray(), b""
    for at in range(0, len(text), size):
        start = len(rest)
        rest += text[at : at + size]
        if cut := end_of_events(rest, start):
            assert rest[:cut].endswith(end)
            whole += rest[:cut]
            del rest[:cut]
    assert (whole, rest) == (text, b"")


@pytest.mark.parametrize(
    "text",
    [
        b"data: " + LINE,
        b"data:" + json.dumps(ASKED).encode(),
        b"data: {",
        b"event: endpoint\ndata: /messages?session=1",
        b"event: message",
        b": {}",
        b"",
        b"data: [DONE]",
        b"data: DEBUG node answered " + NODE_ERROR,
    ],
)
def test_over_http_any_other_event_stays_as_it_is(text: bytes) -> None:
    assert events_in_usual_form(text + b"\n\n") == text + b"\n\n"


@pytest.mark.parametrize(
    "body",
    [
        LINE,
        json.dumps(ANSWER, indent=1).encode(),
        b"",
        b'{"message": "no"}',
        b"<html>",
        b"node " + NODE_BLOCK,
    ],
)
def test_over_http_any_other_body_stays_as_it_is(body: bytes) -> None:
    assert body_in_usual_form(body) == body
