"""Asks the person before a call has an effect, once words of strangers are in the conversation.

Such words may have talked the LLM into the call. So `Heard` remembers which tools brought some, and `AskFirst` ends the
run with the call as a question, as a wallet request does; `asked` makes the call once the person has said yes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import CallDeferred, ToolFailedError
from pydantic_ai.messages import ModelResponse
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from forge.models.asking import ASKS_BYTES, ASKS_LIMIT, STRANGERS_LIMIT, Ask
from forge.models.run import Progress
from worker.agent.deps import RunDeps
from worker.agent.history.drafts import error_part, record_of
from worker.agent.history.journal import HEARD, call_key
from worker.agent.tools.surroundings import lacks
from worker.agent.uninterrupted import uninterrupted
from worker.foreign_text import listening
from worker.tool_outcomes import ToolRefused

ALLOWED = "allowed"
"""The field of a response's metadata, which no LLM can write, that marks a call as one that the person has allowed."""
ASKS_ITSELF = "asks_itself"
"""The field of a tool's metadata, which no MCP server can write, that marks one which asks the person itself."""
ANSWER_MS = 15 * 60_000
"""How long a question waits for its answer: as long as a wallet request, unless the deployment says otherwise."""


@dataclass
class Heard(WrapperToolset[RunDeps]):
    """Remembers the tools whose results are, or hold, words of strangers, before the LLM gets to read them.

    `always`: whatever a tool answers is a stranger's. `notes`: the tools note such words themselves (`from_outside`).
    Otherwise all that a tool of an open world answers counts.
    """

    always: bool = False
    notes: bool = False

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        with listening() as words:
            try:
                result = await super().call_tool(name, tool_args, ctx, tool)
            except Exception:
                await self._remember(ctx.deps, tool.tool_def, words)
                raise
        await self._remember(ctx.deps, tool.tool_def, words)
        return result

    async def _remember(self, deps: RunDeps, tool: ToolDefinition, words: list[str]) -> None:
        is_open = not self.notes and lacks(tool) is None and _hints(tool).get("openWorldHint") is True
        if self.always or words or is_open:
            await remember(deps, tool.name)


async def remember(deps: RunDeps, source: str) -> None:
    """Stored before anything is done with the words: no worker that takes over may miss them."""
    if source in deps.strangers or len(deps.strangers) >= STRANGERS_LIMIT:
        return
    deps.strangers = deps.strangers | {source}
    await uninterrupted(deps.record.append(Progress(strangers=frozenset({source}))))


@dataclass
class AskFirst(WrapperToolset[RunDeps]):
    """Each tool that may do more than read waits, unless it asks the person itself (`ASKS_ITSELF`).

    So does one that changes what a later call means, such as the conversation's network.

    It stands outside of the ledger, for a call that waits has not been started. Whether it asks is decided by what the
    LLM had heard when it asked for the call: what the call itself brings must not make a later attempt ask for a call
    that has been made.
    """

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        if not (waits_for_a_word(tool.tool_def) and _needs_asking(ctx)):
            return await super().call_tool(name, tool_args, ctx, tool)
        ask = _ask(ctx, name, tool_args)
        waiting = [*ctx.deps.asks, *ctx.deps.asking]
        if len(waiting) >= ASKS_LIMIT:
            raise _refused(ctx, name, "too many calls wait for an answer already: some of them come first")
        if sum(len(each.model_dump_json().encode()) for each in [*waiting, ask]) > ASKS_BYTES:
            raise _refused(ctx, name, "it is too long to be shown to who would have to allow it")
        ctx.deps.asking.append(ask)
        raise CallDeferred


def waits_for_a_word(tool: ToolDefinition) -> bool:
    """By what the tool says of itself. Without an annotation that says otherwise a call has effects."""
    asks_itself = (tool.metadata or {}).get(ASKS_ITSELF) is True
    return not asks_itself and _hints(tool).get("readOnlyHint") is not True


def _ask(ctx: RunContext[RunDeps], name: str, arguments: dict[str, Any]) -> Ask:
    deps = ctx.deps
    now = deps.clock()
    return Ask(
        approval_id=hashlib.sha256(f"{deps.run_id}:{call_key(ctx)}".encode()).hexdigest()[:32],
        run_id=deps.run_id,
        call_id=ctx.tool_call_id or "",
        tool=name,
        arguments=arguments,
        network=deps.network,
        strangers=sorted(deps.strangers),
        created_at=now,
        expires_at=now + ANSWER_MS,
    )


def _refused(ctx: RunContext[RunDeps], name: str, why: str) -> ToolFailedError:
    refused = ToolRefused(
        f"Nothing was done. Words of strangers are in this conversation, so {name} has to be allowed; but {why}. "
        "A new conversation does not ask.",
        "Tell the user.",
    )
    return ToolFailedError(error_part(name, ctx.tool_call_id or "", record_of(refused)))


def _needs_asking(ctx: RunContext[RunDeps]) -> bool:
    """By the response that asks for the call; one that an earlier version stored says nothing, so the session does.

    A response that we have written ourselves holds a call to which the person has said yes.
    """
    responses = (message for message in reversed(ctx.messages) if isinstance(message, ModelResponse))
    last = next(responses, None)
    known = (last.metadata or {}) if last else {}
    return ALLOWED not in known and bool(known.get(HEARD, ctx.deps.strangers))


def _hints(tool: ToolDefinition) -> dict[str, Any]:
    return (tool.metadata or {}).get("annotations") or {}
