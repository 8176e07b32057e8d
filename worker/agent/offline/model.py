"""`FORGE_LLM=offline`: a small deterministic operator. It is not an LLM, says so, and never invents a result."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence

from pydantic_ai.tools import ToolDefinition

from worker.agent.local_llm import LocalModel, Piece
from worker.agent.offline.grammar import read
from worker.agent.offline.plans import Step, next_step
from worker.agent.offline.refusal import Refusal
from worker.agent.offline.toolbox import Toolbox
from worker.agent.run_so_far import RunSoFar

WORDS_PER_SECOND = 60.0

HELP = """I am the offline operator: not an LLM, but a small program that understands a few commands and runs the \
real tools. For example:

- `send 1 ETH from Alice to Bob` (also gwei or wei, names or addresses), `send 0.1 ETH to 0x… with my wallet`
- `balance of Alice`, `balance of Alice in token 0x…`, `balances`
- `block`, `block 12`, `transaction 0x…`, `code at 0x…`, `contract abi of 0x…`, `transactions of 0x…`
- `list networks`, `switch to base`
- `search uniswap docs for ticks`, `search the web for gas prices`, `time`
- `tools`, `call tool balance with {"who": "Alice"}`

Several commands may follow each other, with `then` or on lines of their own. To talk to a real LLM, set `FORGE_LLM` \
to `anthropic:<model>`, `openai:<model>` or `bedrock:<model>`, with the provider's key, and restart the worker."""

_WORD = re.compile(r"\s*\S+\s?|\s+")


class OfflineModel(LocalModel):
    """`pace`: words per second, 0 for no pause."""

    def __init__(self, pace: float = WORDS_PER_SECOND) -> None:
        super().__init__("offline")
        self._pause = 1 / pace if pace > 0 else 0.0

    async def play(
        self, so_far: RunSoFar, tools: Sequence[ToolDefinition], instructions: str
    ) -> AsyncGenerator[Piece, None]:
        step = decide(so_far, Toolbox(tools, instructions))
        for word in words(step if isinstance(step, str) else step.text):
            yield word
            await asyncio.sleep(self._pause)
        if isinstance(step, Step):
            for call in step.calls:
                yield call


def decide(so_far: RunSoFar, box: Toolbox) -> Step | str:
    """What to say and call next; only the user's own words are ever read as a command."""
    try:
        plan = read(so_far.prompt, box)
        if plan is None:
            return _not_understood(so_far.prompt)
        return next_step(plan, so_far.exchanges)
    except Refusal as refusal:
        return str(refusal)


def _not_understood(prompt: str) -> str:
    if re.fullmatch(r"\W*(?:help|hi|hello|hey|what can you do)?\W*", prompt, re.IGNORECASE):
        return HELP
    return f"I did not understand that.\n\n{HELP}"


def words(text: str) -> Iterator[str]:
    return (match[0] for match in _WORD.finditer(text))
