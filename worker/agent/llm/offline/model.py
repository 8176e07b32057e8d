"""`FORGE_LLM=offline` is a small deterministic operator. It is not an LLM, says so, and never invents a result."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence

from pydantic_ai.tools import ToolDefinition

from worker.agent.llm.local_model import LocalModel, Piece
from worker.agent.llm.local_model_input import RunSoFar
from worker.agent.llm.offline.grammar import read
from worker.agent.llm.offline.help import help_text
from worker.agent.llm.offline.plans import Step, next_step
from worker.agent.llm.offline.refusal import Refusal
from worker.agent.llm.offline.tool_calls import ToolCalls

WORDS_PER_SECOND = 60.0

_WORD = re.compile(r"\s*\S+\s?|\s+")


class OfflineModel(LocalModel):
    """`pace`: words per second, 0 for no pause."""

    def __init__(self, pace: float = WORDS_PER_SECOND) -> None:
        super().__init__("offline")
        self._pause = 1 / pace if pace > 0 else 0.0

    async def play(
        self, so_far: RunSoFar, tools: Sequence[ToolDefinition], instructions: str
    ) -> AsyncGenerator[Piece, None]:
        step = decide(so_far, ToolCalls(tools, instructions))
        for word in words(step if isinstance(step, str) else step.text):
            yield word
            await asyncio.sleep(self._pause)
        if isinstance(step, Step):
            for call in step.calls:
                yield call


def decide(so_far: RunSoFar, box: ToolCalls) -> Step | str:
    """Decide what to say and call next. Only the user's own words are ever read as a command."""
    try:
        plan = read(so_far.prompt, box)
        if plan is None:
            return _not_understood(so_far.prompt, box)
        return next_step(plan, so_far.exchanges)
    except Refusal as refusal:
        return str(refusal)


def _not_understood(prompt: str, box: ToolCalls) -> str:
    if re.fullmatch(r"\W*(?:help|hi|hello|hey|what can you do)?\W*", prompt, re.IGNORECASE):
        return help_text(box)
    return f"I did not understand that.\n\n{help_text(box)}"


def words(text: str) -> Iterator[str]:
    return (match[0] for match in _WORD.finditer(text))
