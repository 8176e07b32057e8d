"""A stream that breaks off, at any event and for any reason: what was shown is kept and not requested again, and a
stream that never began is requested again if its reason passes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai import CancellationToken
from pydantic_ai.exceptions import (
    ModelConnectionError,
    ModelHTTPError,
    ModelOverloadedError,
    ModelRequestTimeout,
)
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import DeltaThinkingPart, DeltaToolCall, FunctionModel
from pydantic_ai.settings import ModelSettings

from forge.models.run import Submission
from tests.properties import examples
from tests.unlisted import tried
from tests.worker_llm.conversation import LIMITS, MemoryRecord, deps_of
from worker.agent.agent import Ended, ForgeAgent
from worker.agent.history import run_history as history
from worker.agent.tools.toolbox import Toolbox

SUBMISSION = Submission(run_id="1" * 32, content="go on", created_at=1)
Piece = str | dict[int, DeltaThinkingPart] | dict[int, DeltaToolCall]


@dataclass
class Breaking:
    """An LLM whose every stream breaks off after `pieces`."""

    pieces: Sequence[Piece]
    reason: Callable[[CancellationToken], Exception | None]
    token: CancellationToken = field(default_factory=CancellationToken)
    requests: int = 0

    async def stream(self, _messages: Any, _info: Any) -> AsyncIterator[Any]:
        self.requests += 1
        for piece in self.pieces:
            yield piece
        if error := self.reason(self.token):
            raise error
        await asyncio.Event().wait()

    async def run(self, settings: ModelSettings | None = None) -> tuple[MemoryRecord, Ended]:
        record = MemoryRecord()
        llm = FunctionModel(stream_function=self.stream, settings=settings)
        ended = await ForgeAgent(llm, Toolbox([]), LIMITS, first_pause=0).run(
            deps_of(record, SUBMISSION), [], SUBMISSION, self.token
        )
        return record, ended


def overloaded(_token: CancellationToken) -> Exception:
    return ModelHTTPError.for_category(ModelOverloadedError, status_code=529, model_name="llm")


def rejected(_token: CancellationToken) -> Exception:
    return ModelHTTPError(400, "llm", {"error": {"message": "this history is invalid"}})


def cut(_token: CancellationToken) -> Exception:
    return ModelConnectionError("llm", "the connection broke")


def stopped(token: CancellationToken) -> None:
    token.cancel()


def silent(_token: CancellationToken) -> None:
    pass


def responses_of(ended: Ended) -> list[ModelResponse]:
    stored: Sequence[ModelMessage] = history.load(ended.ending.entries)
    return [message for message in stored if isinstance(message, ModelResponse)]


PIECES = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)
    | st.builds(lambda text: {1: DeltaThinkingPart(content=text)}, st.text(min_size=1, max_size=3))
    | st.builds(
        lambda number, text: {
            number: DeltaToolCall(name="balance", json_args=text, tool_call_id=f"c{number}")
        },
        st.integers(2, 3),
        st.text(max_size=3),
    ),
    min_size=1,
    max_size=8,
)


@examples(200)
@given(PIECES, st.sampled_from([overloaded, rejected, cut, stopped]))
def test_what_was_shown_of_a_stream_that_breaks_off_is_kept_and_not_requested_again(
    pieces: list[Piece], reason: Callable[[CancellationToken], Exception | None]
) -> None:
    tried("streams that break off", (pieces, reason.__name__))
    llm = Breaking(pieces, reason)
    record, ended = asyncio.run(llm.run())
    assert llm.requests == 1
    assert ended.ending.outcome == ("interrupted" if reason is stopped else "failed")
    assert record.text == "".join(piece for piece in pieces if isinstance(piece, str))
    parts = [part for response in responses_of(ended) for part in response.parts]
    assert all(isinstance(part, TextPart) for part in parts)
    said = "".join(part.content for part in parts if isinstance(part, TextPart))
    assert said.strip() == record.text.strip()
    assert {response.state for response in responses_of(ended)} <= {"interrupted"}
    assert ended.ending.tokens > 0


@pytest.mark.parametrize(("reason", "requests"), [(overloaded, 4), (cut, 4), (rejected, 1), (stopped, 1)])
async def test_a_stream_that_never_began_is_requested_again_if_that_may_help(
    reason: Callable[[CancellationToken], Exception | None], requests: int
) -> None:
    llm = Breaking([], reason)
    _, ended = await llm.run()
    assert (llm.requests, responses_of(ended)) == (requests, [])


@pytest.mark.parametrize(
    ("pieces", "setting"),
    [([], "first_event_timeout"), (["Half ", "an "], "request_timeout")],
    ids=["at its beginning", "in its text"],
)
async def test_a_silent_stream_ends_at_the_time_limit_that_applies(pieces: list[Piece], setting: str) -> None:
    settings = ModelSettings(first_event_timeout=0.2, request_timeout=0.4)
    llm = Breaking(pieces, silent)
    record, ended = await llm.run(settings)
    assert isinstance(ended.error, ModelRequestTimeout)
    assert (ended.error.setting, llm.requests) == (setting, 1)
    assert "".join(response.text or "" for response in responses_of(ended)) == record.text
    assert record.text == "".join(map(str, pieces))
