"""Stores the LLM's history while a run works: what one attempt got from the LLM, the next attempt does not request
again. `tools/call_ledger.py` does the same for tool calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability, WrapModelRequestHandler
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolReturnPart
from pydantic_ai.models import ModelRequestContext

from forge.models.run import Progress
from worker.agent.deps import RunDeps
from worker.agent.history import run_history as history
from worker.agent.history.response_acceptance import accept
from worker.agent.history.shown_messages import (
    response_drafts,
    result_draft,
)
from worker.agent.history.token_usage import tokens_used
from worker.agent.shielded_writes import uninterrupted

HEARD = "heard"
"""The field of a response's metadata that says whether the response follows text from strangers. No LLM can write
it.
"""


@dataclass
class PersistHistory(AbstractCapability[RunDeps]):
    """Stores each response that asks for tools, with the request before it, before any of the tools runs.

    `accept` decides what is stored of a response: nothing that a provider would refuse when it is sent back, and no
    call of an answer that did not end normally.

    The run's last write stores the final response. A request needs no write of its own, because the prompt is in the
    run's input and the tool results are in the ledger.
    """

    async def wrap_model_request(
        self,
        ctx: RunContext[RunDeps],
        *,
        request_context: ModelRequestContext,
        handler: WrapModelRequestHandler,
    ) -> ModelResponse:
        heard = bool(ctx.deps.strangers)
        response = await handler(request_context)
        response.run_id = response.run_id or ctx.run_id
        offered = {tool.name for tool in request_context.model_request_parameters.function_tools}
        accept(ctx.deps, response, [*ctx.deps.earlier, *ctx.messages], offered)
        response.metadata = {**(response.metadata or {}), HEARD: heard}
        if response.tool_calls:
            await uninterrupted(_store(ctx.deps, [*ctx.messages, response]))
        return response


async def _store(deps: RunDeps, messages: list[ModelMessage]) -> None:
    new = deps.unsaved(messages)
    responses = [message for message in new if isinstance(message, ModelResponse)]
    progress = Progress(
        drafts=[draft for response in responses for draft in response_drafts(deps, response)],
        entries=history.dump(new),
        new_response=True,
        tokens=tokens_used(new),
    )
    await deps.record.append(progress)
    deps.saved += len(new)
    deps.known = messages
    deps.shown.clear()
    deps.started.clear()


async def show_result(deps: RunDeps, part: ToolReturnPart) -> None:
    """Put a tool's result into the log, unless an earlier attempt has done so."""
    if part.tool_call_id in deps.shown:
        return
    await uninterrupted(_show(deps, part))


async def _show(deps: RunDeps, part: ToolReturnPart) -> None:
    shown = frozenset({part.tool_call_id})
    await deps.record.append(Progress(drafts=[result_draft(deps, part)], shown_results=shown))
    deps.shown |= shown
