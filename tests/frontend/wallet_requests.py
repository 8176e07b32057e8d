"""The wallet requests of the page's fake server: claimed and answered by the rules of the real one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import to_checksum_address

from forge.errors import NotFound
from forge.models.approval import CLAIM_MS, Approval, Claim, WalletTransaction
from forge.models.approval_reply import ApprovalReply
from forge.models.ids import new_run_id
from forge.models.request_bodies import ClaimRequest
from forge.models.wallet_receipt import ReceiptOutcome
from forge.models.wallet_review import Review
from forge.store.approval_claims import claimed, released
from forge.store.running.transitions import with_report
from tests.fake_server.session import SimulatedSession, now
from worker.agent.wallet.answer import verdict as verdicts
from worker.agent.wallet.answer.verdict import Verdict
from worker.ethereum.node.answers import Receipt

FEE = {"gas": "21000", "wei": "42133700000000", "formatted": "0.0000421337", "currency": "ETH"}
LIFETIME_MS = 15 * 60_000


@dataclass(frozen=True)
class Ask:
    """Leave a wallet request and wait for the user's wallet. `review` None: of a plain payment, that moves."""

    value: str = "1500000000000000000"
    network: str = "mainnet"
    chain_id: int = 1
    to: str = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
    data: str = "0x"
    gas: str | None = "21000"
    sender: str | None = None
    description: str = "Send 1.5 ETH to vitalik.eth"
    decoded: str | None = None
    simulation: str | None = "Simulated without error."
    review: dict[str, Any] | None = None

    def approval(self, call_id: str) -> Approval:
        transaction = WalletTransaction.of_call(
            self.chain_id, self.to, value=self.value, data=self.data, gas=self.gas, sender=self.sender
        )
        return Approval(
            approval_id=uuid.uuid4().hex,
            run_id=new_run_id(),
            call_id=call_id,
            network=self.network,
            transaction=transaction,
            digest=transaction.digest(),
            description=self.description,
            decoded=self.decoded,
            simulation=self.simulation,
            review=Review.model_validate(payment(transaction) if self.review is None else self.review),
            created_at=now(),
            expires_at=now() + LIFETIME_MS,
        )


@dataclass
class WalletRequests:
    """`verdict`: what is found of a transaction that was sent; anything but `succeeded` leaves the request open.
    `unexpected`: what it did beyond what was shown.
    """

    verdict: ReceiptOutcome = "succeeded"
    unexpected: list[str] = field(default_factory=list[str])
    claims: list[ClaimRequest] = field(default_factory=list[ClaimRequest])
    """Every claim that was granted."""
    refuses_binding: str = ""

    def ask(self, session: SimulatedSession, *asks: Ask, call_id: str = "") -> None:
        session.change(approvals=[*session.now.approvals, *(each.approval(call_id) for each in asks)])

    def claim(self, session: SimulatedSession, body: dict[str, Any]) -> None:
        wanted = ClaimRequest.model_validate(body)
        if wanted.release:
            change(session, wanted.approval_id, lambda approval: released(approval, wanted.claim_id))
            return
        claim = Claim(claim_id=wanted.claim_id, account=wanted.account, until=now() + CLAIM_MS)
        change(
            session,
            wanted.approval_id,
            lambda approval: claimed(session.now, approval, claim, wanted.digest, now(), again=wanted.again),
        )
        self.claims.append(wanted)

    def bind(self, session: SimulatedSession, args: dict[str, Any]) -> str:
        """Why not; empty when it was done."""
        if self.refuses_binding:
            return self.refuses_binding
        sender = to_checksum_address(args["address"])

        def bound(approval: Approval) -> Approval:
            transaction = approval.transaction.model_copy(update={"sender": sender})
            digest = transaction.digest()
            return approval.model_copy(update={"transaction": transaction, "digest": digest})

        change(session, args["approval_id"], bound)
        return ""

    def settle(self, session: SimulatedSession, reply: ApprovalReply) -> None:
        """The receipt of what was found; the request is gone, or remembers what was reported."""
        approvals = session.now.approvals
        approval = next((each for each in approvals if each.approval_id == reply.approval_id), None)
        if approval is None:
            told = session.draft("system", "No such request is open.", "notice")
            session.end_message(told)
            return
        found = self._found(approval, reply)
        report = found.report(now())
        left = [] if found.closes else [with_report(approval, report)]
        told = session.draft("system", found.text, "notice", receipt=found.receipt)
        session.end_message(told, approvals=[*left, *(each for each in approvals if each is not approval)])

    def _found(self, approval: Approval, reply: ApprovalReply) -> Verdict:
        tx_hash = reply.transaction_hash
        if reply.outcome == "rejected":
            return verdicts.rejected(approval, reply.reason or "")
        if reply.outcome != "sent" or tx_hash is None:
            return verdicts.unknown(approval, "the wallet gave no usable answer", tx_hash)
        if self.verdict != "succeeded":
            return verdicts.verdict(approval, self.verdict, "Not settled.", closes=False, tx_hash=tx_hash)
        receipt = Receipt(block_number=12)
        found = verdicts.mined(approval, tx_hash, receipt, True, 42 * 10**12, [], self.unexpected)
        return verdicts.with_open_wallets(found, approval, reply.claim_id)


def change(session: SimulatedSession, approval_id: str, altered: Callable[[Approval], Approval]) -> None:
    """Raises `NotFound` if there is no such request."""
    approvals = session.now.approvals
    if all(each.approval_id != approval_id for each in approvals):
        raise NotFound
    changed = [altered(each) if each.approval_id == approval_id else each for each in approvals]
    session.change(approvals=changed)


def change_first(session: SimulatedSession, **fields: object) -> None:
    first, *others = session.now.approvals
    session.change(approvals=[first.model_copy(update=fields), *others])


def lapse(session: SimulatedSession) -> None:
    """The page that claimed the first request has not renewed its claim for two minutes."""
    claim = session.now.approvals[0].claim
    assert claim is not None
    change_first(session, claim=claim.model_copy(update={"until": now() - 1_000}))


def payment(transaction: WalletTransaction) -> dict[str, Any]:
    """The review of a plain payment."""
    moved = {"sender": transaction.sender or "0x" + "0" * 40, "to": transaction.to}
    change = {"direction": "out", "standard": "native", "amount": transaction.value, **moved}
    return {
        "outcome": "moves",
        "changes": [change],
        "calls": [{"to": transaction.to, "understood": True}],
        "recipient": transaction.to,
        "fee": FEE,
    }
