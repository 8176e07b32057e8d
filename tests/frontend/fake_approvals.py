"""The wallet requests of a session of the fake server: claimed, made for an account, answered, as the real one does."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from eth_utils.address import to_checksum_address

from forge.models.approval import WalletTransaction

Frame = dict[str, Any]

FEE = {"gas": "21000", "wei": "42133700000000", "formatted": "0.0000421337", "currency": "ETH"}


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
    review: Frame | None = None


class Refused(Exception):
    """409 with these words."""


@dataclass
class FakeApprovals:
    """`verdict`: what is found of a transaction that was sent; anything but `succeeded` leaves the request open.
    `unexpected`: what it did beyond what was shown.
    """

    waiting: list[Frame] = field(default_factory=list[Frame])
    verdict: str = "succeeded"
    unexpected: list[str] = field(default_factory=list[str])
    claims: list[Frame] = field(default_factory=list[Frame])
    """Every claim that was granted."""
    refuses_binding: str = ""
    _claim_ids: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self, step: Ask, call_id: str = "") -> None:
        created = datetime.now(UTC)
        approval = {
            **vars(step),
            "approval_id": uuid.uuid4().hex,
            "call_id": call_id,
            "claim": None,
            "reported": [],
            "truncated": False,
            "created_at": created.isoformat(),
            "expires_at": (created + timedelta(minutes=15)).isoformat(),
        }
        self.waiting.append(approval)
        self._shape(approval)

    def claim(self, body: Frame) -> None:
        approval = self.named(body["approval_id"])
        if approval is None:
            raise LookupError
        name, before = approval["approval_id"], approval["claim"]
        is_ours = self._claim_ids.get(name) == body["claim_id"]
        if body.get("release"):
            if before and not is_ours:
                raise Refused("The claim on this request is another client's.")
            approval["claim"] = None
            return
        is_live = before and datetime.fromisoformat(before["until"]) > datetime.now(UTC)
        if before and is_live and not is_ours:
            raise Refused("Another tab or device has this request in a wallet now.")
        reports = approval["reported"]
        is_renewal = before and is_ours and all(_is_before(each["at"], before["until"]) for each in reports)
        if ((before and not is_ours) or reports) and not (is_renewal or body.get("again")):
            raise Refused("It may have been sent already.")
        if body["digest"] != approval["digest"]:
            raise Refused("The request has changed since it was shown.")
        if before and not is_ours and all(_is_before(each["at"], before["until"]) for each in reports):
            self._report(approval, {"transaction_hash": None, "outcome": "unknown", "at": before["until"]})
        self._claim_ids[name] = body["claim_id"]
        until = (datetime.now(UTC) + timedelta(seconds=120)).isoformat()
        approval["claim"] = {"account": body["account"], "until": until}
        self.claims.append(body)

    def bind(self, approval_id: str, address: str) -> str:
        """Why not; empty when it was done."""
        approval = self.named(approval_id)
        if approval is None or self.refuses_binding:
            return self.refuses_binding or "There is no such request."
        approval["sender"] = to_checksum_address(address)
        self._shape(approval)
        return ""

    def answer(self, reply: Frame) -> Frame:
        """The receipt of what was found; the request is gone, or remembers what was reported."""
        approval = self.named(reply.get("approval_id") or "")
        rejected = reply["outcome"] == "rejected"
        outcome = "rejected" if rejected else self.verdict if reply["outcome"] == "sent" else "unknown"
        closes = outcome in {"rejected", "succeeded"}
        known = approval or {}
        receipt = {
            "approval_id": known.get("approval_id"),
            "call_id": known.get("call_id"),
            "outcome": outcome,
            "closes": closes,
            "transaction_hash": reply.get("transaction_hash"),
            "reason": reply.get("reason"),
        }
        if outcome == "succeeded":
            receipt |= {"summary": "Sent 1.5 ETH to 0xd8dA…6045", "block_number": 12, "fee": "0.00004 ETH"}
            receipt["unexpected"] = self.unexpected
        if approval and closes:
            receipt["may_still_ask"] = self._is_in_a_wallet(approval, reply if outcome == "succeeded" else {})
            self.waiting.remove(approval)
        elif approval:
            at = datetime.now(UTC).isoformat()
            known_as = "not_found" if outcome == "not_found" else "unknown"
            report = {"transaction_hash": reply.get("transaction_hash"), "outcome": known_as, "at": at}
            self._report(approval, report)
            if approval["claim"]:
                approval["claim"] = {**approval["claim"], "until": at}
        return receipt

    def lapse(self, approval: Frame) -> None:
        """The claim's page has not renewed it for two minutes."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        approval["claim"] = {**approval["claim"], "until": past.isoformat()}

    def _report(self, approval: Frame, report: Frame) -> None:
        """As the server keeps it, with the newest last and each hash once."""
        others = [
            each for each in approval["reported"] if each["transaction_hash"] != report["transaction_hash"]
        ]
        approval["reported"] = [*others, report]

    def _is_in_a_wallet(self, approval: Frame, answer: Frame) -> bool:
        """As the worker's `is_in_a_wallet`."""
        is_answered = answer and answer.get("claim_id") == self._claim_ids.get(approval["approval_id"])
        return any(not each["transaction_hash"] for each in approval["reported"]) or bool(
            approval["claim"] and not is_answered
        )

    def named(self, approval_id: str) -> Frame | None:
        return next((each for each in self.waiting if each["approval_id"] == approval_id), None)

    def _shape(self, approval: Frame) -> None:
        """The fields that follow from the others."""
        transaction = WalletTransaction.of_call(
            approval["chain_id"],
            approval["to"],
            value=approval["value"],
            data=approval["data"],
            gas=approval["gas"],
            sender=approval["sender"],
        )
        approval["calls"] = [call.model_dump() for call in transaction.calls]
        approval["digest"] = transaction.digest()
        if approval["review"] is None:
            approval["review"] = payment(approval)


def payment(approval: Frame) -> Frame:
    """The review of a plain payment."""
    change = {"direction": "out", "standard": "native", "asset": None, "symbol": None, "formatted": None}
    party = {"sender": approval["sender"] or "0x" + "0" * 40, "to": approval["to"]}
    return {
        "outcome": "moves",
        "reason": None,
        "changes": [{**change, "amount": approval["value"], **party}],
        "more_changes": 0,
        "allowances": [],
        "warnings": [],
        "calls": [{"to": approval["to"], "function": None, "arguments": [], "understood": True, "inner": []}],
        "recipient": approval["to"],
        "fee": FEE,
    }


def _is_before(time: str, other: str) -> bool:
    return datetime.fromisoformat(time) < datetime.fromisoformat(other)
