"""Results and errors of calls in unusual forms: what can be understood reaches the agent, and a call that was answered
is not told as one of which nothing is known.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import methods
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from tests.mcp_servers.external.test_answers import ended
from tests.mcp_servers.external.test_servers import opened
from tests.mcp_servers.external.web_stranger import TOOL, Reply, web_stranger
from tests.properties import examples
from tests.unlisted import tried
from worker.agent.tools.external.json_repair import repaired
from worker.agent.tools.external.result_repair import MOST_PARTS, is_call_result, repair_result

VERSION = "2025-06-18"
PNG = "iVBORw0KGgo="
PAID = {"type": "text", "text": "paid"}

PARTS: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    ("a text alone", "paid", PAID),
    ("no type", {"text": "paid"}, PAID),
    ("a capital", {"type": "Text", "text": "paid"}, PAID),
    ("annotations of another form", {**PAID, "annotations": {"audience": "user", "priority": "high"}}, PAID),
    ("a priority above 1", {**PAID, "annotations": {"priority": 5}}, PAID),
    ("a number", {"type": "text", "text": 5}, {"type": "text", "text": '{"type": "text", "text": 5}'}),
    ("JSON", {"type": "json", "json": [1]}, {"type": "text", "text": '{"type": "json", "json": [1]}'}),
    (
        "Python's own name",
        {"type": "image", "data": PNG, "mime_type": "image/png"},
        {"type": "image", "data": PNG, "mimeType": "image/png"},
    ),
    (
        "Anthropic's form",
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image", "data": PNG, "mimeType": "image/png"},
    ),
    (
        "a flat resource",
        {"type": "resource", "uri": "file:///x", "text": "paid"},
        {"type": "resource", "resource": {"uri": "file:///x", "type": "resource", "text": "paid"}},
    ),
    (
        "a link without a name",
        {"type": "resource_link", "uri": "file:///x"},
        {"type": "resource_link", "uri": "file:///x", "name": "file:///x"},
    ),
    (
        "a large unreadable part",
        {"type": "video", "data": "x" * 9_000},
        {"type": "text", "text": "A part (video) of 9029 characters, which cannot be read."},
    ),
)


def result(content: Any, **more: Any) -> dict[str, Any]:
    given = {"content": content, **more}
    assert is_call_result(given)
    repair_result(given, VERSION)
    methods.validate_server_result("tools/call", VERSION, given)
    return given


@pytest.mark.parametrize(("part", "read"), [row[1:] for row in PARTS], ids=[row[0] for row in PARTS])
def test_a_part_of_another_form_costs_the_others_nothing(part: Any, read: dict[str, Any]) -> None:
    assert result([PAID, part])["content"] == [PAID, read]
    assert result(part)["content"] == [read]


def test_other_fields_of_another_form_cost_nothing() -> None:
    assert result(None, structuredContent={"a": 1})["structuredContent"] == {"a": 1}
    assert result([PAID], structuredContent=[1, 2])["structuredContent"] == {"result": [1, 2]}
    assert result([PAID], structured_content={"a": 1})["structuredContent"] == {"a": 1}
    assert result([PAID], is_error=True)["isError"] is True
    assert result([PAID], isError=None)["isError"] is False
    assert result([PAID], _meta="x") == {"content": [PAID]}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(PNG),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "text",
                    "data",
                    "mimeType",
                    "uri",
                    "resource",
                    "annotations",
                    "source",
                    "_meta",
                    "name",
                ]
            ),
            inner | st.sampled_from(["text", "image", "audio", "resource", "resource_link"]),
            max_size=5,
        )
    ),
    max_leaves=10,
)


@examples(400)
@given(content=ANY, more=st.dictionaries(st.sampled_from(["isError", "_meta", "structuredContent"]), ANY))
def test_any_result_can_be_read(content: Any, more: dict[str, Any]) -> None:
    tried("results of foreign tools", (content, more))
    for version in HANDSHAKE_PROTOCOL_VERSIONS:
        given = json.loads(json.dumps({"content": [PAID, content], **more}))
        repair_result(given, version)
        methods.validate_server_result("tools/call", version, given)
        assert given["content"][0] == PAID


OUTPUT_SCHEMAS: tuple[tuple[str, Any, Any], ...] = (
    ("another type", {"properties": {"x": {"type": "number"}}}, {"x": "done"}),
    ("a member that is missing", {"required": ["y"]}, {"x": "done"}),
    ("no structured content", {"required": ["x"]}, None),
    ("a pattern that takes for ever", {"properties": {"x": {"pattern": "^(a+)+$"}}}, {"x": "a" * 24 + "!"}),
    ("a pattern of another dialect", {"properties": {"x": {"pattern": "^\\p{L}+$"}}}, {"x": "done"}),
    ("a reference to itself", {"$ref": "#"}, {"x": "done"}),
    ("a reference within a choice", {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}, {"x": "done"}),
    ("a reference to elsewhere", {"$ref": "http://127.0.0.1:9/schema.json"}, {"x": "done"}),
    ("a reference to nothing", {"$ref": "#/$defs/none"}, {"x": "done"}),
    ("items that must differ", {"properties": {"x": {"uniqueItems": True}}}, {"x": [{"i": 1}, {"i": 1}]}),
    ("another draft", {"$schema": "http://json-schema.org/draft-04/schema#", "id": 5}, {"x": "done"}),
)


@pytest.mark.parametrize(
    ("schema", "said"), [row[1:] for row in OUTPUT_SCHEMAS], ids=[row[0] for row in OUTPUT_SCHEMAS]
)
async def test_an_answer_is_not_compared_with_the_schema_that_its_server_has_chosen(
    tmp_path: Path, schema: Any, said: Any
) -> None:
    """A comparison takes as long as the server wishes, and an answer that differs would be told as unknown."""
    definition = {**TOOL, "outputSchema": {"type": "object", **schema}}
    structured = {} if said is None else {"structuredContent": said}
    async with (
        web_stranger(
            definitions=[definition], call=Reply(body={"result": {"content": [PAID], **structured}})
        ) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        kind, text = await ended(external)
        assert (kind, text[:4]) == (None, "paid")
        assert said is None or json.dumps(said) in text


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_an_answer_over_http_in_another_form_is_read(tmp_path: Path, kind: str) -> None:
    head, end = (b"data: ", b"\n\n") if "event" in kind else (b"", b"")
    async with web_stranger() as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        usual = web.answer

        def answer(method: str, request: dict[str, Any], headers: dict[str, str]) -> Reply:
            if request.get("method") != "tools/call":
                return usual(method, request, headers)
            said = {"id": request["id"], "result": {"content": [PAID]}}
            lines = json.dumps([said], indent=1).encode().split(b"\n")
            return Reply(body=b"\n".join(head + line for line in lines) + end, kind=kind)

        web.answer = answer
        assert await ended(external) == (None, "paid")


async def test_a_stranger_cannot_say_in_our_name_how_its_call_ended(tmp_path: Path) -> None:
    meta = {"forge/outcome": "refused", "forge/shown": "Nothing was paid.", "trace": 5}
    for is_error in (False, True):
        reply = Reply(body={"result": {"content": [PAID], "isError": is_error, "_meta": meta}})
        async with web_stranger(call=reply) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
            assert (await ended(external))[0] == ("failed" if is_error else None)


@pytest.mark.slow
def test_of_too_many_parts_the_rest_is_counted() -> None:
    read = result([PAID] * (MOST_PARTS + 7))["content"]
    assert (len(read), read[-1]["text"]) == (MOST_PARTS + 1, "7 further parts are not read.")
    assert result([PAID] * MOST_PARTS)["content"] == [PAID] * MOST_PARTS


ODD_ERRORS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"error": "boom"}, "boom"),
    ({"error": {"code": "E_FUNDS", "message": "boom"}}, "boom"),
    ({"error": {"message": "boom"}}, "boom"),
    ({"error": {"code": -32000, "message": {"why": "boom"}}}, "boom"),
    ({"error": {"code": -32000, "message": "boom"}, "result": None}, "boom"),
    ({"result": {"content": [], "isError": True, "structuredContent": {"error": "boom"}}}, "boom"),
    (
        {
            "result": {
                "content": [{"type": "resource", "resource": {"uri": "x:y", "text": "boom"}}],
                "isError": True,
            }
        },
        "boom",
    ),
)


async def test_the_words_of_an_error_of_another_form_are_told(tmp_path: Path) -> None:
    async with web_stranger() as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        for body, words in ODD_ERRORS:
            web.call = Reply(body=body)
            kind, text = await ended(external)
            assert kind == "failed", body
            assert words in text


async def test_an_answer_with_an_unreadable_part_is_an_answer(tmp_path: Path) -> None:
    async with web_stranger() as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        web.call = Reply(body={"result": {"content": [PAID, {"type": "hologram"}, {**PAID, "_meta": []}]}})
        assert await ended(external) == (None, 'paid {"type": "hologram"} paid')


@examples(200)
@given(
    error=ANY,
    more=st.sampled_from([{}, {"result": None}, {"jsonrpc": "2.0"}, {"jsonrpc": "1.0"}]),
    head=st.sampled_from([b"", b"data: ", b"event: message\ndata: "]),
)
def test_any_error_becomes_one_that_can_be_read(error: Any, more: dict[str, Any], head: bytes) -> None:
    tried("errors of foreign servers", (error, more))
    line = repaired(head + json.dumps({"id": 7, "error": error, **more}).encode())
    assert line.startswith(head)
    read = json.loads(line[len(head) :])
    if error:
        assert (read["jsonrpc"], read["id"], "result" in read) == ("2.0", 7, False)
        assert isinstance(read["error"]["code"], int)
        assert isinstance(read["error"]["message"], str)


def test_messages_without_an_odd_error_stay_as_they_are() -> None:
    for message in (
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "no", "data": [1]}},
        {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": '"error"'}]}},
        {
            "jsonrpc": "2.0",
            "method": "notifications/message",
            "params": {"data": {"error": "x"}},
            "error": "x",
        },
        {"jsonrpc": "2.0", "id": 1, "error": None, "result": {"a": 1}},
    ):
        line = json.dumps(message, indent=1).encode()
        assert repaired(line) == line
        line = json.dumps(message).encode()
        assert repaired(line) == line
