"""A message in a line that is not one as the specification writes it is read, and its call does not wait in vain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import PARSE_ERROR, jsonrpc_message_adapter

from tests.properties import examples
from tests.unlisted import tried
from worker.agent.tools.external.odd_lines import DEEPEST, MOST_STARTS, PrettyPrinted, in_usual_form, rescued

PAID = {"content": [{"type": "text", "text": "paid"}]}
ANSWER = {"jsonrpc": "2.0", "id": 7, "result": PAID}
LINE = json.dumps(ANSWER).encode()
ODD: dict[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + LINE,
    "a colour": b"\x1b[32m" + LINE + b"\x1b[0m",
    "a log's prefix": b"2026-11-26 [INFO] server: " + LINE,
    "a progress bar before it": b"[====>  ] 50%\rdone " + LINE,
    "an event stream's field": b"data: " + LINE,
    "a zero byte": b"\0" + LINE,
    "a header before it": b"Content-Length: 5 " + LINE,
    "something after it": LINE + b"Content-Length: 77\r",
    "a list": b"[" + LINE + b"]",
    "no version": json.dumps({"id": 7, "result": PAID}).encode(),
    "another version": json.dumps({**ANSWER, "jsonrpc": "1.0"}).encode(),
    "a version that is a number": json.dumps({**ANSWER, "jsonrpc": 2.0}).encode(),
    "an id with a point": LINE.replace(b'"id": 7', b'"id": 7.0'),
}


@pytest.mark.parametrize("name", ODD)
def test_the_message_in_the_line_is_found(name: str) -> None:
    assert rescued(ODD[name]) == [ANSWER]
    jsonrpc_message_adapter.validate_python(rescued(ODD[name])[0], by_name=False)


def nested(depth: int) -> bytes:
    return LINE.replace(b'"result": {', b'"result": {"x": ' + b'{"a": ' * depth + b"1" + b"}" * depth + b", ")


def test_what_is_nested_too_deeply_costs_only_its_own_depth() -> None:
    (found,) = rescued(nested(300))
    assert found["result"]["content"] == PAID["content"]
    inner, depth = found["result"]["x"], 0
    while isinstance(inner, dict):
        inner, depth = inner["a"], depth + 1
    assert (inner, depth < DEEPEST + 2) == ("(nested too deeply to be read)", True)


@pytest.mark.parametrize(
    "line",
    [
        nested(90_000),
        LINE.replace(b'"content"', b'"x": ' + b"9" * 6_000 + b', "content"'),
        b'{"result": {"x": ' + b"[" * 5_000 + b'}, "jsonrpc": "2.0", "id": 7}',
        b'{"jsonrpc":"2.0","id":7,"result":{"x":' + b"[" * 2_000_000,
        b'{"id": 7, "result": {"x": tru}}',
    ],
    ids=["deep", "a long number", "the id at the end", "too long to be parsed again", "no JSON"],
)
def test_an_answer_that_cannot_be_read_ends_its_call(line: bytes) -> None:
    (found,) = rescued(line)
    assert (found["id"], found["error"]["code"]) == (7, PARSE_ERROR)
    jsonrpc_message_adapter.validate_python(found, by_name=False)


ASKED = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {}}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"welcome",
        b"{}",
        b"[]",
        b"5",
        b"got " + json.dumps(ASKED).encode(),
        b'log {"id": 7}',
        b'{"x": {"id": 7, "result": tru}}',
    ],
)
def test_what_is_no_message_is_left_out(line: bytes) -> None:
    assert rescued(line) == []


def test_a_message_is_looked_for_at_a_few_places_of_a_line_only() -> None:
    assert rescued(b'[" ' * (MOST_STARTS - 1) + LINE) == [ANSWER]
    assert rescued(b'[" ' * MOST_STARTS + LINE) == []


NOISE = st.text(st.characters(exclude_characters="\n[{"), max_size=30).map(str.encode)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
IDS = st.integers(0, 10**12) | st.text(
    st.characters(codec="ascii", exclude_characters='"\\'), min_size=1, max_size=20
)


@examples(300)
@given(
    NOISE,
    NOISE,
    VALUES,
    IDS,
    st.sampled_from([{}, {"jsonrpc": "2.0"}, {"jsonrpc": None}, {"jsonrpc": "1.1"}]),
)
def test_any_answer_between_any_noise_is_found(
    before: bytes, after: bytes, value: Any, number: Any, version: dict[str, Any]
) -> None:
    line = before + json.dumps({**version, "id": number, "result": {"x": value}}).encode() + after
    tried("lines of a foreign program with an answer", line)
    assert rescued(line) == [{"jsonrpc": "2.0", "id": number, "result": {"x": value}}]


@examples(200)
@given(st.binary(max_size=200) | st.text('{}[]",:id7 result\\').map(str.encode))
def test_any_line_gives_messages_that_can_be_read_or_none(line: bytes) -> None:
    tried("lines of a foreign program", line)
    for message in rescued(line):
        assert message["jsonrpc"] == "2.0"


@examples(150)
@given(
    VALUES,
    st.sampled_from([1, 2, 4, "\t"]),
    st.lists(st.sampled_from([b"noise", b"}", b"", b"x {"]), max_size=3),
)
def test_a_message_over_several_lines_is_put_together(value: Any, indent: Any, noise: list[bytes]) -> None:
    pretty = PrettyPrinted(1_000_000)
    message = {**ANSWER, "result": {"x": value}}
    lines = json.dumps(message, indent=indent).encode().split(b"\n")
    tried("messages over several lines", lines)
    found = [whole for line in [*noise, *lines] if (whole := pretty.whole(line))]
    assert [rescued(whole) for whole in found] == [[message]]


def test_lines_without_an_end_are_not_kept() -> None:
    pretty = PrettyPrinted(1_000)
    assert [pretty.whole(line) for line in (b"{", b"x" * 2_000, b"}")] == [None, None, None]


@pytest.mark.parametrize("name", ODD)
def test_over_http_the_message_is_found_too(name: str) -> None:
    if b"data:" not in ODD[name]:
        for head in (b"data:", b"data: ", b""):
            found = in_usual_form(head + ODD[name])
            assert found.startswith(head.strip())
            assert json.loads(found[len(head.strip()) :]) == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        b"data: " + LINE,
        b"data:" + json.dumps(ASKED).encode(),
        LINE,
        json.dumps(ANSWER, indent=1).encode(),
        b"data: {",
        b'data:  {"id": 1, "result": 2},',
        b"event: message",
        b": {}",
        b"",
        b'{"message": "no"}',
        b"<html>",
        b"data: [DONE]",
    ],
)
def test_over_http_any_other_line_stays_as_it_is(line: bytes) -> None:
    assert in_usual_form(line) == line
