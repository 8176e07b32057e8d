"""The agent library may copy the messages and parts that pass through it: each is stored once all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import pytest
from pydantic_ai import CancellationToken, RunContext
from pydantic_ai.capabilities import AbstractCapability, WrapModelRequestHandler
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, UserPromptPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

from forge.models.run import Submission
from tests.worker_llm.bank import Bank
from tests.worker_llm.conversation import LIMITS, MemoryRecord, deps_of
from worker.agent.agent import ForgeAgent
from worker.agent.deps import RunDeps
from worker.agent.history.run_history import dump, load
from worker.agent.tools.toolbox import Toolbox

RUN_ID = "1" * 32


class Copies(AbstractCapability[RunDeps]):
    """What a version of the library would do that copies a run's messages at each request."""

    async def wrap_model_request(
        self,
        ctx: RunContext[RunDeps],
        *,
        request_context: ModelRequestContext,
        handler: WrapModelRequestHandler,
    ) -> ModelResponse:
        ctx.messages[:] = deepcopy(ctx.messages)
        response = await handler(request_context)
        ctx.messages[:] = deepcopy(ctx.messages)
        return deepcopy(response)


async def stored(stored_before: list[bytes], *answers: Any, attempt: int = 1) -> list[list[tuple[str, str]]]:
    """What one attempt stores: the kind and the call or the text of each part, by message."""
    playing = iter(answers)

    async def play(_messages: list[ModelMessage], _info: Any) -> AsyncIterator[Any]:
        answer = next(playing)
        if isinstance(answer, Exception):
            raise answer
        yield answer if isinstance(answer, str) else {0: answer}

    toolbox = Toolbox([("evm", Bank().server())])
    await toolbox.refresh()
    record = MemoryRecord()
    submission = Submission(run_id=RUN_ID, content="balance of Alice", created_at=1)
    agent = ForgeAgent(
        FunctionModel(stream_function=play), toolbox, LIMITS, first_pause=0, observing=[Copies()]
    )
    ended = await agent.run(
        deps_of(record, submission, attempt), stored_before, submission, CancellationToken()
    )
    await toolbox.close()
    return [
        [(part.part_kind, getattr(part, "tool_call_id", "")) for part in message.parts]
        for message in load([*stored_before, *record.entries, *ended.ending.entries])
    ]


def looking(call_id: str) -> DeltaToolCall:
    return DeltaToolCall("balance", '{"who": "Alice"}', tool_call_id=call_id)


ASKED, ANSWER = [("user-prompt", "")], [("text", "")]


def turn(call_id: str) -> list[list[tuple[str, str]]]:
    return [[("tool-call", call_id)], [("tool-return", call_id)]]


async def test_each_message_is_stored_once() -> None:
    found = await stored([], looking("c1"), looking("c2"), "It is 5.")
    assert found == [ASKED, *turn("c1"), *turn("c2"), ANSWER]


async def test_what_a_failed_run_had_is_stored_once() -> None:
    assert await stored([], looking("c1"), looking("c2"), ValueError("broken")) == [
        ASKED,
        *turn("c1"),
        *turn("c2"),
    ]


def asked() -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart("balance of Alice")], run_id=f"{RUN_ID}.1")


@pytest.mark.parametrize("reason", ["tool_call", "length"])
async def test_what_an_earlier_attempt_has_stored_is_not_stored_again(reason: Any) -> None:
    """An answer that was cut off keeps calls that are closed for the LLM; the library merges what closes them."""
    call = ToolCallPart("balance", {"who": "Alice"}, "c1")
    earlier = ModelResponse(parts=[call], run_id=f"{RUN_ID}.1", finish_reason=reason, model_name="m")
    found = await stored(dump([asked(), earlier]), looking("c2"), "It is 5.", attempt=2)
    results = turn("c1")[1:] if reason == "tool_call" else []
    assert found == [ASKED, turn("c1")[0], *results, *turn("c2"), ANSWER]


async def test_a_prompt_that_the_opening_has_stored_is_not_stored_again() -> None:
    opening = [asked(), ModelRequest(parts=[UserPromptPart("a note")], run_id=f"{RUN_ID}.1")]
    found = await stored(dump(opening), looking("c1"), "It is 5.", attempt=2)
    assert found == [ASKED, ASKED, *turn("c1"), ANSWER]
