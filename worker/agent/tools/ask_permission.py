"""Asks the person before a call has an effect, if the conversation contains text from strangers.

Such text may have talked the LLM into the call. So `Heard` remembers the tools that brought it, and `AskFirst` ends
the run with the call as a question, as a wallet request does; `asked` makes the call after the person has allowed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import CallDeferred, ToolFailedError
from pydantic_ai.messages import ModelResponse
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from forge.models.ask import ASKS_BYTES, ASKS_LIMIT, STRANGERS_LIMIT, Ask
from forge.models.run import Progress
from worker.agent.deps import RunDeps
from worker.agent.history.persist_history import HEARD
from worker.agent.history.run_history import approval_id
from worker.agent.messages.result_parts import error_part, record_of
from worker.agent.permission_answers import ALLOWED
from worker.agent.shielded_writes import uninterrupted
from worker.agent.tool_effects import ASKS_ITSELF, declared_effects, lacks, only_reads
from worker.tool_outcomes import ToolRefused
from worker.untrusted_text import listening

ANSWER_MS = 15 * 60_000
"""How long a question waits for its answer. The default is that of a wallet request; the deployment may change it."""


@dataclass
class Heard(WrapperToolset[RunDeps]):
    """Remembers the tools whose results are or contain text from strangers, before the LLM can read the results.

    Without `always` and `notes`, every result of an open-world tool counts as such a text.
    """

    always: bool = False
    """True if everything that the tools return comes from a stranger."""
    notes: bool = False
    """True if the tools mark such text themselves (`from_outside`)."""

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
        is_open = (
            not self.notes and lacks(tool) is None and declared_effects(tool).get("openWorldHint") is True
        )
        if self.always or words or is_open:
            await remember(deps, tool.name)


async def remember(deps: RunDeps, source: str) -> None:
    """The names are stored before anything is done with the text, so that a worker that takes over knows them."""
    if source in deps.strangers or len(deps.strangers) >= STRANGERS_LIMIT:
        return
    deps.strangers = deps.strangers | {source}
    await uninterrupted(deps.record.append(Progress(strangers=frozenset({source}))))


@dataclass
class AskFirst(WrapperToolset[RunDeps]):
    """Each tool that may do more than read waits for the person, unless it asks the person itself (`ASKS_ITSELF`). So
    does a tool that changes what a later call means, such as the conversation's network.

    This layer is outside the ledger, because a waiting call has not been started. The decision depends on what the
    LLM had read when it asked for the call: the result of the call itself must not make a later attempt ask about a
    call that has been made.
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
    """Decide by the tool's annotations. Without an annotation that says otherwise, a call has effects."""
    asks_itself = (tool.metadata or {}).get(ASKS_ITSELF) is True
    return not asks_itself and not only_reads(tool)


def _ask(ctx: RunContext[RunDeps], name: str, arguments: dict[str, Any]) -> Ask:
    deps = ctx.deps
    now = deps.clock()
    return Ask(
        approval_id=approval_id(ctx.messages, deps.run_id, ctx.tool_call_id),
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
    """Decide by the response that asks for the call. A response that an earlier version stored has no mark, so the
    session decides.

    A response that our own code has written contains a call that the person has allowed.
    """
    responses = (message for message in reversed(ctx.messages) if isinstance(message, ModelResponse))
    last = next(responses, None)
    known = (last.metadata or {}) if last else {}
    return ALLOWED not in known and bool(known.get(HEARD, ctx.deps.strangers))
