"""How a run begins: wallet requests that have expired are closed, and the wallet's answer is checked.

One transaction stores the result before the LLM gets it: the approval leaves the pending ones, its transaction is
remembered, a notice tells the user, and the LLM's history gets the same words. If a worker dies before it, nothing
has changed and the next attempt checks again; if it dies afterwards, the answer is not checked a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic_ai.messages import ModelMessage, ModelRequest, UserPromptPart

from forge.models.approval import Approval, Report, answered_id
from forge.models.approval_reply import ApprovalReply
from forge.models.doubt import with_doubts
from forge.models.run import ChainWait, Progress, Submission
from forge.models.wallet_receipt import WalletReceipt
from worker.agent import permission_answers
from worker.agent.deps import RunDeps
from worker.agent.history import run_history as history
from worker.agent.history.shown_messages import response_drafts
from worker.agent.prompt import from_wallet, prompt_text
from worker.agent.shielded_writes import uninterrupted
from worker.agent.wallet import TOOL_NAME, Wallet
from worker.agent.wallet.answer import verdict as verdicts
from worker.agent.wallet.answer.doubts import doubt_of, with_late_answer
from worker.agent.wallet.answer.verdict import Verdict
from worker.agent.wallet.answer.verify_answer import NotYet, Stopped, verify
from worker.untrusted_text import listening


@dataclass(frozen=True, slots=True)
class _Settled:
    """`approval` None: the answer belongs to no request."""

    approval: Approval | None
    verdict: Verdict


async def open_run(
    deps: RunDeps, wallet: Wallet | None, submission: Submission, stopped: Callable[[], bool]
) -> list[ModelMessage]:
    """Return the run's stored first messages; none if there is nothing to settle. Raises `Stopped`, `NotYet`.

    If the person has allowed a call, the messages end in that call, and the run continues by making it.
    """
    settled = [_Settled(each, verdicts.expired(each)) for each in _expired_ones(deps, submission.approval)]
    asks = permission_answers.answered(deps, submission.approval)
    with listening() as words:
        if submission.approval and not _is_for(submission.approval, asks):
            settled.append(await _answer(deps, wallet, submission.approval, stopped))
    if not settled and not asks:
        return []
    request = _request(deps, submission, [*(each.text for each in asks), *(s.verdict.text for s in settled)])
    calls = [each.call for each in asks if each.call]
    progress = _progress(deps, [request, *calls], settled, asks)
    if words:
        progress = progress.model_copy(update={"strangers": frozenset({TOOL_NAME})})
        deps.strangers |= progress.strangers
    opening: list[ModelMessage] = [request, *calls]
    await uninterrupted(_store(deps, progress, opening))
    return opening


async def _store(deps: RunDeps, progress: Progress, opening: Sequence[ModelMessage]) -> None:
    await deps.record.append(progress)
    deps.known = opening
    deps.doubts = with_doubts(deps.doubts, progress.doubts)
    deps.approvals = [each for each in deps.approvals if each.approval_id not in progress.answered]
    deps.asks = [each for each in deps.asks if each.approval_id not in progress.answered]


def _is_for(reply: ApprovalReply, asks: Sequence[permission_answers.Answered]) -> bool:
    return any(each.ask.approval_id == reply.approval_id for each in asks)


def _expired_ones(deps: RunDeps, reply: ApprovalReply | None) -> list[Approval]:
    late = _named(deps.approvals, reply) if reply else None
    return [
        with_late_answer(each, reply, deps.clock()) if reply and each is late else each
        for each in deps.approvals
        if deps.is_over(each)
    ]


async def _answer(
    deps: RunDeps, wallet: Wallet | None, reply: ApprovalReply, stopped: Callable[[], bool]
) -> _Settled:
    approval = _named(deps.approvals, reply)
    if approval is None or wallet is None or reply.outcome == "allowed":
        return _Settled(None, _no_request(reply, _nobody_asked(reply)))
    if deps.is_over(approval):
        return _Settled(None, _no_request(reply, _too_late(reply)))
    if reply.outcome == "rejected":
        return _Settled(approval, verdicts.rejected(approval, reply.reason or ""))
    tx_hash = reply.transaction_hash
    if tx_hash and tx_hash.lower() in deps.used_hashes:
        return _Settled(
            approval, verdicts.different(approval, tx_hash, ["it has settled another request before"])
        )
    if stopped():
        raise Stopped
    try:
        found = await _looked(deps, wallet, approval, tx_hash)
    except NotYet:
        if stopped():
            raise Stopped from None
        raise
    return _Settled(approval, verdicts.with_open_wallets(found, approval, reply.claim_id))


async def _looked(deps: RunDeps, wallet: Wallet, approval: Approval, tx_hash: str | None) -> Verdict:
    now = deps.clock()
    return await verify(
        wallet.chains,
        approval,
        tx_hash,
        seconds=wallet.terms.receipt_seconds,
        now=now,
        wait=deps.chain_wait or ChainWait(since=now, again_at=now),
        used=deps.used_hashes,
    )


def _named(approvals: Sequence[Approval], reply: ApprovalReply) -> Approval | None:
    answered = answered_id(reply.approval_id, approvals)
    return next((each for each in approvals if each.approval_id == answered), None)


def _no_request(reply: ApprovalReply, text: str) -> Verdict:
    receipt = WalletReceipt(
        approval_id=reply.approval_id, outcome="unknown", transaction_hash=reply.transaction_hash, reason=text
    )
    return Verdict(text, receipt)


def _nobody_asked(reply: ApprovalReply) -> str:
    return (
        "An answer came for a wallet request, but no such request is open here: it was answered already, it expired, "
        f"or it never existed. {_reported(reply)}"
    )


def _too_late(reply: ApprovalReply) -> str:
    return f"An answer came after the wallet request had expired. {_reported(reply)}"


def _reported(reply: ApprovalReply) -> str:
    if reply.outcome in {"rejected", "allowed"}:
        return f"It said “{reply.outcome}”; nothing was done because of it."
    if reply.transaction_hash is None:
        return "It named no transaction, but something may have been sent: look into the wallet before you repeat it."
    return (
        f"It reported transaction {reply.transaction_hash}, which was not checked and counts as nothing. It may still "
        "have been sent: look it up before anything is sent again."
    )


def _request(deps: RunDeps, submission: Submission, texts: Sequence[str]) -> ModelRequest:
    """An answer's own text comes first and the verdict last; a user's own words always come last."""
    notes = [UserPromptPart(from_wallet(text)) for text in texts]
    said = UserPromptPart(prompt_text(submission))
    parts = [said, *notes] if submission.approval else [*notes, said]
    return ModelRequest(parts=parts, run_id=f"{deps.run_id}.opening")


def _progress(
    deps: RunDeps,
    messages: Sequence[ModelMessage],
    settled: Sequence[_Settled],
    asks: Sequence[permission_answers.Answered],
) -> Progress:
    closed = [each for each in settled if each.approval and each.verdict.closes]
    ids = {each.approval.approval_id for each in closed if each.approval}
    calls = [each.call for each in asks if each.call]
    return Progress(
        drafts=[
            *(deps.notice(each.text) for each in asks),
            *(deps.notice(each.verdict.text, receipt=each.verdict.receipt) for each in settled),
            *(draft for call in calls for draft in response_drafts(deps, call)),
        ],
        entries=history.dump(messages),
        new_response=bool(calls),
        answered=frozenset(ids | {each.ask.approval_id for each in asks}),
        used_hashes=frozenset(each.verdict.used_hash for each in closed if each.verdict.used_hash),
        reported=_reports(deps, settled),
        doubts=[
            doubt
            for each in closed
            if each.approval and (doubt := doubt_of(each.approval, each.verdict, deps.clock()))
        ],
    )


def _reports(deps: RunDeps, settled: Sequence[_Settled]) -> dict[str, Report]:
    found = [(each.approval, each.verdict.report(deps.clock())) for each in settled]
    return {approval.approval_id: report for approval, report in found if approval and report}
