"""Images, sounds and documents in tool results: for the LLM, for the person, and in the store."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.tools.base import ToolResult
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import AudioContent, BlobResourceContents, EmbeddedResource, ImageContent, TextContent
from pydantic_ai.messages import BinaryContent

from tests.unlisted import tried
from tests.worker.scripted_llm import Script, call, results
from tests.worker.stage import Stage
from worker.agent.history.readable_files import readable
from worker.agent.llm.provider_limits import PICTURES, ROWS
from worker.agent.messages.result_files import BEGINNINGS
from worker.agent.tools.result_size import RESULT_LIMIT, dump_result

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
BIG = b"stands for a file of 80 KB"
TYPES = ("image/png", "image/svg+xml", "audio/wav", "application/pdf", "video/mp4", "application/x-odd")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def blob(kind: str, data: bytes) -> EmbeddedResource:
    resource = BlobResourceContents(uri="file:///x", mime_type=kind, blob=encoded(data))
    return EmbeddedResource(type="resource", resource=resource)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            ImageContent(type="image", data=encoded(PNG), mime_type="image/png"),
            "An image (image/png, 264 bytes)",
        ),
        (
            AudioContent(type="audio", data=encoded(b"x" * 3000), mime_type="audio/wav"),
            "A sound (audio/wav, 2 KiB)",
        ),
        (blob("application/pdf", b"%PDF-1"), "A PDF document (application/pdf, 6 bytes)"),
        (blob("application/x-odd", b"x"), "A file (application/x-odd, 1 byte)"),
        (
            ImageContent(type="image", data=encoded(PNG * 1000), mime_type="image/png"),
            "which is too large to be shown here",
        ),
    ],
)
async def test_a_file_is_said_in_words_to_the_person_and_to_an_llm_that_reads_text_only(
    stage: Stage, content: Any, words: str
) -> None:
    server: FastMCP[Any] = FastMCP("files")

    @server.tool(output_schema=None)
    def show() -> ToolResult:
        return ToolResult(content=[TextContent(type="text", text="Here:"), content])

    script = Script([call("show", "{}", "c1")], ["Shown."])
    stage.servers, stage.llm = [server], script.llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("show it"))
    assert words in seen.messages[-2].content
    ((_, _, text),) = results(script.requests[-1])
    assert words in text
    assert "Here:" in text
    assert seen.messages[-1].content == "Shown."


files = st.builds(
    BinaryContent,
    data=st.binary(max_size=40) | st.just(BIG),
    media_type=st.sampled_from(TYPES),
)
contents = st.recursive(
    files | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(contents)
def test_any_result_is_stored_whole_or_said_in_words(value: Any) -> None:
    tried("mcp: results with files", value)
    value = _grown(value)
    stored = dump_result(value)
    assert len(stored) <= RESULT_LIMIT + 200
    for file in _files(value):
        data = encoded(file.data)
        assert (
            len(file.data) < 30
            or data[:40] not in stored
            or data in stored.replace("-", "+").replace("_", "/")
        )


@given(files, st.sampled_from([row.media for row in ROWS]))
def test_an_llm_gets_only_files_that_it_reads_and_that_are_what_they_say(
    file: BinaryContent, media: frozenset[str]
) -> None:
    tried("mcp: files for an LLM", (file, sorted(media)))
    shown = readable([file], media)[0]
    if isinstance(shown, BinaryContent):
        assert file.media_type in media
        assert file.data.startswith(dict(BEGINNINGS)[file.media_type])
    else:
        assert file.media_type in shown


def test_an_image_is_an_image_for_an_llm_that_takes_them() -> None:
    image = BinaryContent(data=PNG, media_type="image/png")
    assert readable(["a", image], PICTURES) == ["a", image]


def _files(value: Any) -> list[BinaryContent]:
    if isinstance(value, BinaryContent):
        return [value]
    parts = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return [file for part in parts for file in _files(part)]


def _grown(value: Any) -> Any:
    """Large files are made here, because a property test shows each member that it tries."""
    if isinstance(value, BinaryContent):
        return BinaryContent(PNG * 300, media_type=value.media_type) if value.data == BIG else value
    if isinstance(value, list):
        return [_grown(part) for part in value]
    return {key: _grown(part) for key, part in value.items()} if isinstance(value, dict) else value
