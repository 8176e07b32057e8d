"""The outcome of the calls that waited for the person's decision, and how an allowed call is made."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_ai.messages import ModelResponse, ToolCallPart

from forge.models.approval_reply import ApprovalReply
from forge.models.ask import Ask
from forge.models.text_cleaning import one_line
from forge.models.time_texts import rfc3339
from worker.agent.deps import RunDeps

ALLOWED = "allowed"
"""The field of a response's metadata that marks a call as allowed by the person. No LLM can write it."""
_REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that no longer waits for the person's decision."""

    ask: Ask
    """The call and the question about it."""
    text: str
    """What the person and the LLM are told."""
    call: ModelResponse | None = None
    """The response that makes the allowed call; None if no call is made."""


def answered(deps: RunDeps, reply: ApprovalReply | None) -> list[Answered]:
    """Return the asks that end when the run begins: those that have expired, and the one that the message answers."""
    over = [_lapsed(ask) for ask in deps.asks if deps.is_over(ask)]
    named = next((ask for ask in deps.asks if ask.approval_id == reply.approval_id), None) if reply else None
    if named is None or reply is None or deps.is_over(named):
        return over
    if reply.outcome == "allowed":
        return [*over, _allowed(deps, named)]
    return [*over, _refused(named, reply)] if reply.outcome == "rejected" else over


def _lapsed(ask: Ask) -> Answered:
    return Answered(
        ask, f"The call of {ask.tool} that waited for the user was not allowed in time. Nothing was done."
    )


def _refused(ask: Ask, reply: ApprovalReply) -> Answered:
    why = one_line(reply.reason or "", _REASON_LIMIT)
    said = f" They said: “{why}”" if why else ""
    return Answered(ask, f"The user did not allow the call of {ask.tool}. Nothing was done.{said}")


def _allowed(deps: RunDeps, ask: Ask) -> Answered:
    """The call becomes a response of its own. The ledger makes it at most once, even if another worker takes over."""
    if ask.network != deps.network:
        text = (
            f"The user allowed the call of {ask.tool} on {ask.network}, but the conversation now uses {deps.network}. "
            "Nothing was done."
        )
        return Answered(ask, text)
    call = ToolCallPart(ask.tool, ask.arguments, tool_call_id=f"allowed_{ask.approval_id}")
    response = ModelResponse(
        parts=[call],
        run_id=f"{deps.run_id}.opening",
        finish_reason="tool_call",
        metadata={ALLOWED: ask.approval_id},
    )
    return Answered(ask, f"The user allowed the call of {ask.tool}; it is made now, once.", response)


def waiting_text(ask: Ask) -> str:
    """Return the result of the paused call as the LLM's history keeps it."""
    return (
        f"WAITING for the user's decision on {ask.tool}: nothing has been done so far, because this conversation "
        "contains text from strangers. A later message that begins with [wallet] will say what became of it. Do not "
        "repeat the call."
    )


def asked_text(ask: Ask) -> str:
    """Return the same result as the person reads it."""
    return (
        f"Your decision is needed before this is done, because this conversation contains text from strangers (from "
        f"{', '.join(ask.strangers)}), which may have asked for it. Nothing was done so far; the question expires at "
        f"{rfc3339(ask.expires_at)}."
    )
