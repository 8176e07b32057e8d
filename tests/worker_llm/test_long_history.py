"""A long history is decoded once for all runs that get it, and no run changes it."""

from __future__ import annotations

import pytest
from pydantic_ai import CancellationToken
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from forge.models.run import Submission
from tests.worker_llm import wires
from tests.worker_llm.conversation import LIMITS, MemoryRecord, conversation, deps_of
from worker.agent.agent import ForgeAgent
from worker.agent.history.decoded_messages import LONG, DecodedMessages
from worker.agent.history.run_history import dump


def turn(number: int) -> list[ModelMessage]:
    """One with a call, whose id every provider accepts; the last turns have calls without a result."""
    call = ToolCallPart("balance", {"who": "Alice"}, f"call{number:05d}")
    result = ToolReturnPart("balance", {"amount": number}, call.tool_call_id)
    run_id = f"{number:032d}.1"
    return [
        ModelRequest(parts=[UserPromptPart(f"balance {number}")], run_id=run_id),
        ModelResponse(parts=[call], run_id=run_id),
        *([ModelRequest(parts=[result], run_id=run_id)] if number < LONG else []),
        ModelResponse(parts=[TextPart(f"It is {number}.")], run_id=run_id),
    ]


ENTRIES = dump([message for number in range(LONG + 2) for message in turn(number)])


def test_each_message_of_a_long_history_is_decoded_once() -> None:
    decoded = DecodedMessages()
    first, again = decoded.of(ENTRIES), decoded.of([*ENTRIES, b"of another version"])
    assert all(a is b for a, b in zip(first, again, strict=False))
    assert again[-1] is None


def test_messages_of_short_histories_and_those_beyond_the_limit_are_not_kept() -> None:
    decoded = DecodedMessages(bytes_limit=sum(map(len, ENTRIES[-LONG:])))
    short = ENTRIES[: LONG - 1]
    assert decoded.of(short)[0] is not decoded.of(short)[0]
    first = decoded.of(ENTRIES)
    assert [a is b for a, b in zip(decoded.of(ENTRIES[-LONG:]), first[-LONG:], strict=True)] == [True] * LONG
    assert decoded.of(ENTRIES)[0] is not first[0]


@pytest.mark.slow
@pytest.mark.parametrize("wire", wires.WIRES)
async def test_a_run_does_not_change_the_messages_that_other_runs_get(wire: str) -> None:
    decoded = DecodedMessages()
    kept = [message for message in decoded.of(ENTRIES) if message]
    async with conversation() as talk, wires.llm(wire, talk.server) as llm:
        agent = ForgeAgent(llm, talk.toolbox, LIMITS, decoded=decoded)
        talk.server.replies = [
            wires.calls(wire, ("a", "balance", '{"who": "Bob"}')),
            wires.text(wire, "Five."),
        ]
        submission = Submission(run_id=f"{1_000:032d}", content="Bob?", created_at=1)
        ended = await agent.run(deps_of(MemoryRecord(), submission), ENTRIES, submission, CancellationToken())
        assert [draft.content for draft in ended.ending.drafts] == ["Five."]
        assert talk.refusals == []
    assert dump(kept) == ENTRIES
