"""How a run opens: requests to the wallet that have expired are closed, and the wallet's answer is checked.

What came of it is stored in one transaction, before the LLM hears of it: the approval leaves the pending ones, its
transaction is remembered, a notice tells the user, and the LLM's history gets the same words. A worker that dies before
has changed nothing and the next attempt checks again; one that dies after leaves an answer that nobody checks twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic_ai.messages import ModelRequest, UserPromptPart

from forge.models.approval import Approval, ApprovalReply
from forge.models.public import rfc3339
from forge.models.run import Progress, Submission
from worker.agent import history
from worker.agent.deps import RunDeps
from worker.agent.prompt import from_wallet, prompt_text
from worker.agent.uninterrupted import uninterrupted
from worker.agent.wallet import Wallet
from worker.agent.wallet.display import amount_of
from worker.agent.wallet.verify import Verdict, verify
from worker.mcp_servers.texts import one_line

_REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class _Settled:
    """`approval` None: the answer belongs to no request."""

    approval: Approval | None
    verdict: Verdict


async def open_run(
    deps: RunDeps, wallet: Wallet | None, submission: Submission, stopped: Callable[[], bool]
) -> ModelRequest | None:
    """The run's stored first request; None when there is nothing to settle. Raises `Stopped`."""
    settled = [_Settled(each, _expired(each)) for each in _expired_ones(deps)]
    if submission.approval:
        settled.append(await _answer(deps, wallet, submission.approval, stopped))
    if not settled:
        return None
    request = _request(deps, submission, [each.verdict.text for each in settled])
    progress = _progress(deps, request, settled)
    await uninterrupted(deps.record.append(progress))
    deps.approvals = [each for each in deps.approvals if each.approval_id not in progress.answered]
    return request


def _expired_ones(deps: RunDeps) -> list[Approval]:
    return [each for each in deps.approvals if each.expires_at <= deps.clock()]


def _expired(approval: Approval) -> Verdict:
    text = (
        f"Wallet request {approval.approval_id} ({amount_of(approval)}) EXPIRED at {rfc3339(approval.expires_at)} "
        "without an answer. As far as is known nothing was sent."
    )
    return Verdict(text, closes=True)


async def _answer(
    deps: RunDeps, wallet: Wallet | None, reply: ApprovalReply, stopped: Callable[[], bool]
) -> _Settled:
    approval = _named(deps.approvals, reply)
    if approval is None or wallet is None:
        return _Settled(None, Verdict(_nobody_asked(reply), closes=False))
    if approval.expires_at <= deps.clock():
        return _Settled(None, Verdict(_too_late(approval, reply), closes=False))
    if reply.outcome == "rejected":
        return _Settled(approval, _rejected(approval, reply))
    if reply.transaction_hash is None:
        text = f"Wallet request {approval.approval_id}: no transaction was named, so nothing is known. It stays open."
        return _Settled(approval, Verdict(text, closes=False))
    if reply.transaction_hash.lower() in deps.used_hashes:
        return _Settled(approval, _used_up(approval, reply.transaction_hash))
    seconds = wallet.terms.receipt_seconds
    verdict = await verify(wallet.chains, approval, reply.transaction_hash, seconds=seconds, stopped=stopped)
    return _Settled(approval, verdict)


def _named(approvals: Sequence[Approval], reply: ApprovalReply) -> Approval | None:
    """The legacy texts name none: they answer the one that has waited longest."""
    if reply.approval_id is None:
        return approvals[0] if approvals else None
    return next((each for each in approvals if each.approval_id == reply.approval_id), None)


def _nobody_asked(reply: ApprovalReply) -> str:
    which = f"wallet request {reply.approval_id}" if reply.approval_id else "a wallet request"
    return (
        f"An answer came for {which}, but no such request is open here: it was answered already, it expired, or it "
        f"never existed. {_reported(reply)}"
    )


def _too_late(approval: Approval, reply: ApprovalReply) -> str:
    return (
        f"The answer for wallet request {approval.approval_id} came after it had expired. {_reported(reply)}"
    )


def _reported(reply: ApprovalReply) -> str:
    if reply.outcome == "rejected":
        return "It said that the user rejected the transaction."
    return (
        f"It reported transaction {reply.transaction_hash}, which was not checked and counts as nothing. It may still "
        "have been sent: look it up before anything is sent again."
    )


def _rejected(approval: Approval, reply: ApprovalReply) -> Verdict:
    reason = one_line(reply.reason or "", _REASON_LIMIT)
    why = f" Their reason: “{reason}”." if reason else ""
    text = (
        f"Wallet request {approval.approval_id} ({amount_of(approval)}) was REJECTED by the user. "
        f"Nothing was sent.{why}"
    )
    return Verdict(text, closes=True)


def _used_up(approval: Approval, transaction_hash: str) -> Verdict:
    text = (
        f"Wallet request {approval.approval_id} ({amount_of(approval)}) was NOT answered: transaction "
        f"{transaction_hash} has settled another request before. The request stays open."
    )
    return Verdict(text, closes=False)


def _request(deps: RunDeps, submission: Submission, texts: Sequence[str]) -> ModelRequest:
    """An answer's own text comes first and the verdict last; a user's words always come last."""
    notes = [UserPromptPart(from_wallet(text)) for text in texts]
    said = UserPromptPart(prompt_text(submission))
    parts = [said, *notes] if submission.approval else [*notes, said]
    return ModelRequest(parts=parts, run_id=f"{deps.run_id}.opening")


def _progress(deps: RunDeps, request: ModelRequest, settled: Sequence[_Settled]) -> Progress:
    closed = [each for each in settled if each.approval and each.verdict.closes]
    return Progress(
        drafts=[deps.notice(each.verdict.text) for each in settled],
        entries=history.dump([request]),
        answered=frozenset(each.approval.approval_id for each in closed if each.approval),
        used_hashes=frozenset(each.verdict.used_hash for each in closed if each.verdict.used_hash),
    )
