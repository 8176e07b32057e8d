"""Records each tool call, so that a call with side effects is started at most once over all attempts of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.trace import get_current_span
from pydantic_ai import RunContext
from pydantic_ai.exceptions import CallDeferred, ModelRetry, ToolFailedError
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from forge.models.work import CallRecord
from worker.agent.deps import RunDeps
from worker.agent.history import run_history as history
from worker.agent.messages.result_parts import RESULT, error_part, record_of
from worker.agent.shielded_writes import uninterrupted
from worker.agent.tool_effects import may_repeat, only_reads
from worker.agent.tools.result_size import dump_result
from worker.tool_outcomes import ended, lost, noting


def _ordered(tool: ToolDefinition) -> ToolDefinition:
    return replace(tool, sequential=tool.sequential or not may_repeat(tool))


def call_key(ctx: RunContext[RunDeps]) -> str:
    return history.call_key(ctx.messages, ctx.deps.run_id, ctx.tool_call_id)


@dataclass
class CallLedger(WrapperToolset[RunDeps]):
    """Records each tool call's intent and result. A call with side effects is never started twice.

    Only the result of a call that only reads is recorded. Without a result, any attempt may make the call again.
    """

    async def get_tools(self, ctx: RunContext[RunDeps]) -> dict[str, ToolsetTool[RunDeps]]:
        """Calls with side effects run alone, in the order in which the LLM asked for them."""
        tools = await super().get_tools(ctx)
        return {name: replace(tool, tool_def=_ordered(tool.tool_def)) for name, tool in tools.items()}

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        record, key, repeatable = ctx.deps.record, call_key(ctx), may_repeat(tool.tool_def)
        meta, reading = {"tool": name, "repeatable": str(repeatable).lower()}, only_reads(tool.tool_def)
        if reading:
            status, done = "new", await record.call_record(key)
        else:
            status, done = await record.begin_call(key, meta)
        if done is None and status == "started" and not repeatable:
            done = await record.finish_call(key, record_of(lost()))
        get_current_span().set_attribute("forge.tool.from_ledger", done is not None)
        if done is None:
            ctx.deps.started[ctx.tool_call_id or key] = repeatable
            outcome = await self._call(name, tool_args, ctx, tool)
            done = await uninterrupted(record.finish_call(key, outcome, meta if reading else None))
        return replay(done, name, ctx.tool_call_id or key)

    async def _call(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> CallRecord:
        repeatable = may_repeat(tool.tool_def)
        await ctx.deps.record.hold_lease()
        with noting() as facts:
            ctx.deps.facts[ctx.tool_call_id or call_key(ctx)] = facts
            return await self._run(name, tool_args, ctx, tool, repeatable=repeatable, facts=facts)

    async def _run(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[RunDeps],
        tool: ToolsetTool[RunDeps],
        *,
        repeatable: bool,
        facts: Sequence[str],
    ) -> CallRecord:
        """`facts`: what the tool has noted before it ended."""
        try:
            return CallRecord("ok", dump_result(await super().call_tool(name, tool_args, ctx, tool)))
        except CallDeferred:  # nothing has happened: the run pauses, and a later attempt calls again
            raise
        except ModelRetry as error:
            return CallRecord("retry", error.message)
        except asyncio.CancelledError:
            if not repeatable:
                unknown = record_of(lost(facts))
                await uninterrupted(ctx.deps.record.finish_call(call_key(ctx), unknown))
            raise
        except Exception as error:  # noqa: BLE001  whatever a tool raises has a kind
            return record_of(ended(error, repeatable=repeatable))


def replay(record: CallRecord, tool: str, call_id: str) -> Any:
    """A record whose kind only a later version knows is reported like an error, because it is not a result that
    can be read here.
    """
    if record.kind == "ok":
        return RESULT.validate_json(record.value)
    if record.kind == "retry":
        raise ModelRetry(record.value)
    raise ToolFailedError(error_part(tool, call_id, record))
