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
from worker.agent.tools.external.largest_answer import LARGEST_ANSWER
from worker.agent.tools.external.odd_lines import DEEPEST, MOST_STARTS, RESULT_FIELDS, PrettyPrinted, rescued
from worker.agent.tools.external.stdio_transport import messages_in

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


@pytest.mark.parametrize("begins", ["\ufeff", ""])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_program_that_writes_utf_16_is_understood(begins: str, ends: str) -> None:
    answers = [
        {**ANSWER, "id": number, "result": {**PAID, "words": "Grüße, Ж, 日本, 😀"}} for number in (1, 2, 3)
    ]
    text = begins + "".join(json.dumps(each, ensure_ascii=False) + ends for each in answers)
    *lines, rest = text.encode("utf-16-le").split(b"\n")
    assert rest == b"\0"
    assert [message for line in lines for message in rescued(line)] == answers


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


NODE_ERROR = b'{"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"execution reverted"}}'
NODE_BLOCK = b'{"jsonrpc":"2.0","id":3,"result":{"number":"0x1"}}'
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
        b"DEBUG node answered " + NODE_ERROR,
        b"DEBUG node answered " + NODE_BLOCK,
        b"DEBUG node answered [" + NODE_BLOCK + b"]",
        b'{"level":20,"msg":"rpc","response":' + NODE_BLOCK + b"}",
        b'{"level":20,"msg":"rpc","response":' + LINE + b"}",
        b'{"level":20,"response":' + NODE_ERROR,
        b'{"level":20} ' + NODE_BLOCK,
    ],
)
def test_what_is_no_message_is_left_out(line: bytes) -> None:
    assert rescued(line) == []


def test_a_message_is_looked_for_at_a_few_places_of_a_line_only() -> None:
    assert rescued(b'[" ' * (MOST_STARTS - 1) + LINE) == [ANSWER]
    assert rescued(b'[" ' * MOST_STARTS + LINE) == []


NOISE = st.text(st.characters(codec="utf-8", exclude_characters="\n[{"), max_size=30).map(str.encode)
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
    st.sampled_from(sorted(RESULT_FIELDS)),
)
def test_any_answer_between_any_noise_is_found(
    before: bytes, after: bytes, value: Any, number: Any, version: dict[str, Any], field: str
) -> None:
    result = {"x": value, field: value}
    line = before + json.dumps({**version, "id": number, "result": result}).encode() + after
    tried("lines of a foreign program with an answer", line)
    assert rescued(line) == [{"jsonrpc": "2.0", "id": number, "result": result}]


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
    for line in (b"2026-11-26 INFO ready", b'{"level":20}', b"[INFO] ready", b"ready"):
        assert [pretty.whole(part) for part in (b"{", line, b"  1", b"}")] == [None] * 4


def test_a_message_over_too_many_lines_ends_its_call() -> None:
    pretty = PrettyPrinted(1_000)
    lines = json.dumps({**ANSWER, "result": list(range(1_000))}, indent=1).encode().split(b"\n")
    (found,) = [whole for line in lines if (whole := pretty.whole(line))]
    assert [(message["id"], message["error"]["code"]) for message in rescued(found)] == [(7, PARSE_ERROR)]


def test_a_large_message_over_several_lines_is_read() -> None:
    pretty, answer = (
        PrettyPrinted(LARGEST_ANSWER),
        {**ANSWER, "result": {"content": [], "x": "x" * 1_500_000}},
    )
    lines = json.dumps(answer, indent=1).encode().split(b"\n")
    (found,) = [message for line in lines for message in messages_in(line, pretty)]
    assert found.message.model_dump(exclude_unset=True) == answer
