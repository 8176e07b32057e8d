"""A file that an external server encodes wrongly affects only itself, and answers have a maximum size."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import CallToolResult
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import BinaryContent

from tests.mcp_servers.external.test_answers import ended
from tests.mcp_servers.external.test_servers import opened
from tests.mcp_servers.external.web_stranger import Reply, web_stranger
from tests.unlisted import tried
from worker.agent.tools.external.both_result_forms import combined
from worker.agent.tools.external.largest_answer import LARGEST_ANSWER

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
DATA = base64.b64encode(PNG).decode()


def image(data: str, kind: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "data": data, "mimeType": kind}


def blob(data: str) -> dict[str, Any]:
    return {"type": "resource", "resource": {"uri": "file:///x", "mimeType": "image/png", "blob": data}}


def answer(*parts: dict[str, Any], **more: Any) -> Reply:
    content = [{"type": "text", "text": "Here:"}, *parts, {"type": "text", "text": "That was it."}]
    return Reply(body={"result": {"content": content, **more}})


async def given_to_the_agent(folder: Path, reply: Reply) -> Any:
    async with web_stranger(call=reply) as web, opened(folder, {"web": {"url": web.url}}) as external:
        [(_, server)] = external.mounted()
        async with MCPToolset(server) as toolset:
            return await toolset.direct_call_tool("web_pay", {})


@pytest.mark.parametrize(
    "part",
    [
        image(DATA),
        image(DATA.rstrip("=")),
        image(f"data:image/png;base64,{DATA}"),
        image("\r\n".join(DATA[at : at + 76] for at in range(0, len(DATA), 76))),
        image(base64.urlsafe_b64encode(PNG).decode()),
        blob(DATA),
        blob(base64.urlsafe_b64encode(PNG).decode()),
    ],
)
async def test_an_image_in_a_usual_form_of_base64_is_the_image(tmp_path: Path, part: dict[str, Any]) -> None:
    before, shown, after = await given_to_the_agent(tmp_path, answer(part))
    assert isinstance(shown, BinaryContent)
    assert (before, shown.data, shown.media_type, after) == ("Here:", PNG, "image/png", "That was it.")


@pytest.mark.parametrize(
    ("structured", "more"),
    [
        ({"content": [image(DATA)]}, []),  # server-filesystem 2026.8.31
        ({"result": ["Here:", {"data": DATA}]}, [{"result": ["Here:", {"data": "(the file above)"}]}]),
        ({"width": 1, "picture": DATA}, [{"width": 1, "picture": "(the file above)"}]),
    ],
)
async def test_a_file_in_structured_content_is_not_told_again_as_text(
    tmp_path: Path, structured: dict[str, Any], more: list[Any]
) -> None:
    reply = Reply(body={"result": {"content": [image(DATA)], "structuredContent": structured}})
    shown = await given_to_the_agent(tmp_path, reply)
    parts = shown if isinstance(shown, list) else [shown]
    assert isinstance(parts[0], BinaryContent)
    assert parts[1:] == more


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (image("%%%"), "An image (image/png), which is unreadable"),
        (image("A"), "An image (image/png), which is unreadable"),
        (image("<svg/>"), "An image (image/png), which is unreadable"),
        (image(DATA, "application/octet-stream"), "An image (application/octet-stream), which is unreadable"),
        (image(DATA, ""), "An image (), which is unreadable"),
        (
            {**image("é"), "type": "audio", "mimeType": "audio/wav"},
            "A sound (audio/wav), which is unreadable",
        ),
        (blob("no base64!"), "A file (image/png), which is unreadable"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"structuredContent": {"a": 1}}])
async def test_a_file_that_cannot_be_read_costs_itself(
    tmp_path: Path, part: dict[str, Any], words: str, more: dict[str, Any]
) -> None:
    before, said, after, *data = await given_to_the_agent(tmp_path, answer(part, **more))
    assert (before, after, data) == ("Here:", "That was it.", [{"a": 1}] if more else [])
    assert said.startswith(words)


@given(
    st.text(max_size=12) | st.binary(max_size=12).map(lambda data: base64.b64encode(data).decode()),
    st.text(max_size=12),
)
def test_any_data_of_any_type_become_a_file_or_words(data: str, kind: str) -> None:
    tried("mcp: files in results", (data, kind))
    parts = [image(data, kind), {**image(data, kind), "type": "audio"}, blob(data)]
    result = CallToolResult.model_validate({"content": parts})
    for part in combined(result).content:
        encoded = getattr(part, "data", None) or getattr(getattr(part, "resource", None), "blob", None)
        if encoded:
            base64.b64decode(encoded, validate=True)
        else:
            assert getattr(part, "text", "unreadable") or data in ("", "=")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_an_answer_without_an_end_is_not_read_into_memory(tmp_path: Path, kind: str) -> None:
    large = Reply(body=b"data: " + b"x" * (LARGEST_ANSWER + 1), kind=kind)
    async with web_stranger(call=large) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        outcome, text = await ended(external)
    assert outcome == "unknown"
    assert "larger than 32 MiB" in text
