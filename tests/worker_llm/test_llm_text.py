"""Text is shown where an LLM's stream is read; the agent library gets the response at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai import Agent, CancellationToken
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models.function import DeltaThinkingPart, FunctionModel
from pydantic_ai.profiles import ModelProfile

from forge.models.run import Submission
from tests.unlisted import tried
from tests.worker_llm.conversation import LIMITS, MemoryRecord, deps_of
from worker.agent.agent import Ended, ForgeAgent, Limits
from worker.agent.history import run_history as history
from worker.agent.llm.stream_text import ShowingModel
from worker.agent.tools.toolbox import Toolbox

SUBMISSION = Submission(run_id="1" * 32, content="go on", created_at=1)
Piece = str | dict[int, DeltaThinkingPart]


def playing(pieces: Sequence[Piece], profile: ModelProfile | None = None) -> FunctionModel:
    async def stream(_messages: Any, _info: Any) -> AsyncIterator[Any]:
        for piece in pieces:
            yield piece

    return FunctionModel(stream_function=stream, profile=profile)


async def read(llm: FunctionModel) -> tuple[MemoryRecord, Sequence[ModelResponsePart]]:
    record = MemoryRecord()
    deps: Any = deps_of(record, SUBMISSION)
    result = await Agent(ShowingModel(llm), deps_type=object).run("go on", deps=deps)
    return record, result.response.parts


THOUGHTS = st.builds(
    lambda part, text, signature: {part: DeltaThinkingPart(content=text, signature=signature)},
    st.integers(1, 3),
    st.text(min_size=1, max_size=5),
    st.none() | st.text(min_size=1, max_size=3),
)
STREAMS = st.lists(st.text(min_size=1, max_size=400) | THOUGHTS, max_size=30).map(
    lambda pieces: [*pieces, "."]
)


@pytest.mark.slow
@given(STREAMS)
def test_what_is_shown_and_recorded_is_the_same_text(pieces: list[Piece]) -> None:
    tried("streams of text and thoughts", pieces)
    record, parts = asyncio.run(read(playing(pieces)))
    assert record.text == "".join(piece for piece in pieces if isinstance(piece, str))
    assert record.text == "".join(part.content for part in parts if isinstance(part, TextPart))


@pytest.mark.parametrize(
    "pieces",
    [
        ("see <", "\u200d|im_", "end|> there"),
        ("a <\u200d", "|im_end|>", " and 1 <", "\u200d b"),
        ("ends in <", "\u200d|im_st"),
    ],
)
async def test_the_joiner_that_the_library_puts_into_special_tokens_is_not_shown(
    pieces: Sequence[str],
) -> None:
    record, parts = await read(playing(pieces, ModelProfile(may_tokenize_special_tokens_in_content=True)))
    (part,) = parts
    assert isinstance(part, TextPart)
    assert record.text == part.content
    assert len(part.content) <= len("".join(pieces))


async def run_of(llm: FunctionModel, limits: Limits, token: CancellationToken) -> tuple[MemoryRecord, Ended]:
    record = MemoryRecord()
    ended = await ForgeAgent(llm, Toolbox([]), limits, first_pause=0).run(
        deps_of(record, SUBMISSION), [], SUBMISSION, token
    )
    return record, ended


def said(ended: Ended) -> str:
    """The agent's words in the stored history."""
    stored: Sequence[ModelMessage] = history.load(ended.ending.entries)
    parts = [part for message in stored if isinstance(message, ModelResponse) for part in message.parts]
    assert not any(isinstance(part, ToolCallPart) for part in parts)
    return "".join(part.content for part in parts if isinstance(part, TextPart))


async def test_an_answer_that_is_cut_off_is_stored_as_far_as_it_was_shown() -> None:
    token = CancellationToken()

    async def stream(_messages: Any, _info: Any) -> AsyncIterator[str]:
        for number in range(7):
            yield f"t{number} "
        token.cancel()
        await asyncio.Event().wait()

    record, ended = await run_of(FunctionModel(stream_function=stream), LIMITS, token)
    assert ended.ending.outcome == "interrupted"
    assert said(ended) == record.text == "t0 t1 t2 t3 t4 t5 t6 "
    assert [draft.content for draft in ended.ending.drafts if draft.sender == "agent"] == [record.text]


async def test_an_answer_without_end_is_stopped_at_the_runs_tokens() -> None:
    async def stream(_messages: Any, _info: Any) -> AsyncIterator[str]:
        while True:
            yield "word "

    limits = Limits(seconds=30, llm_requests=8, tool_calls=20, tokens=2_000, history_tokens=100_000)
    record, ended = await run_of(FunctionModel(stream_function=stream), limits, CancellationToken())
    assert ended.ending.outcome == "failed"
    assert 2_000 * 2 < len(record.text) < 2_000 * 10
    assert said(ended) == record.text
