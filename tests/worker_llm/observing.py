"""What the worker sees of an LLM request: the stream's events, the parts, and the error."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import (
    AgentStreamEvent,
    ModelMessage,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPartDelta,
)
from pydantic_ai.models import Model


@dataclass
class Observed:
    text: list[str] = field(default_factory=list)
    argument_deltas: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    answer: str | None = None
    error: AgentRunError | None = None
    messages: list[ModelMessage] = field(default_factory=list)

    async def note(self, _: object, events: AsyncIterable[AgentStreamEvent]) -> None:
        async for event in events:
            match event:
                case PartStartEvent(part=TextPart(content=text)) if text:
                    self.text.append(text)
                case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                    self.text.append(text)
                case PartDeltaEvent(delta=ToolCallPartDelta(args_delta=str(delta))):
                    self.argument_deltas.append(delta)
                case _:
                    pass

    @property
    def first_response(self) -> ModelResponse:
        return next(m for m in self.messages if isinstance(m, ModelResponse))


async def observe(llm: Model[Any]) -> Observed:
    """One run with a `balance` tool; the errors that a run may end with are kept."""
    seen = Observed()

    async def balance(who: str) -> dict[str, str]:
        seen.calls.append({"who": who})
        return {"account": who, "wei": "5"}

    async with llm:
        agent = Agent(llm, tools=[balance], instructions="Be exact.")
        try:
            result = await agent.run("balance of Alice and Bob", event_stream_handler=seen.note)
            seen.answer, seen.messages = result.output, result.all_messages()
        except AgentRunError as error:
            seen.error = error
    return seen
