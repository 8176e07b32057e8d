"""What was found out about a request before it is judged, and what it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forge.models.wallet_review import ReviewChange
from worker.agent.wallet.review.after_simulation import After
from worker.agent.wallet.review.call_nodes import Reading, Right
from worker.agent.wallet.review.shown_call_tree import names_payee, recipient_of
from worker.agent.wallet.review.token_facts import Facts
from worker.ethereum.addresses import ZERO_ADDRESS, checksummed
from worker.ethereum.transaction_results import AssetChange, Simulation
from worker.ethereum.transactions import Request

NO_SENDER = "Your own address is not known, so it is unknown what it moves for you."
UNTRIED = (
    "The node could not try it for another account either, so it is unknown whether it would fail: "
    "connect a wallet before you sign."
)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was found out about a request."""

    request: Request
    """The requested transaction."""
    sender: str | None
    """The account that will sign; None if it is not known."""
    reading: Reading
    """The calls and rights that the call data contains."""
    simulation: Simulation | None
    """What the transaction would do now; None if the signer is not known."""
    answer: bytes | None
    """What the call returns; None if it is unknown. Without `simulation`, another account was tried."""
    rights: list[Right]
    """The rights that the transaction gives or takes away, by its call data and by the simulation."""
    after: After
    """The sender's allowances and balances before and after the simulated transaction."""
    facts: Facts
    """What the chain says about the tokens and accounts of the rights."""
    known: Sequence[str] = ()
    """The addresses for which another one may have been made to be taken."""

    @property
    def is_untried(self) -> bool:
        return self.simulation is None and self.answer is None

    @property
    def is_void(self) -> bool:
        """True if the request calls an address that has no code, so that nothing but its payment happens."""
        return bool(self.request.data) and self.reading.calls[0].to.lower() in self.facts.codeless

    @property
    def recipient(self) -> str:
        """The final recipient, if the calls lead to one. Calls that nobody carries out lead to none, nor do those of
        which the simulation shows that another account gets what leaves.
        """
        called = checksummed(self.reading.calls[0].to)
        return called if self.is_void or self.is_missed else self.named_recipient

    @property
    def named_recipient(self) -> str:
        """The recipient by the call data alone."""
        return recipient_of(self.reading.calls[0], self.sender)

    @property
    def is_missed(self) -> bool:
        """True if something leaves the signer's account, and nothing of it is seen to reach who the call data names.

        A contract may name its arguments as it likes: `transfer(friend, 1)` of a stranger's contract keeps the coin.
        What is called within another call is no payee, so it is missed only if the outer contract keeps something.
        """
        sender, named = (self.sender or "").lower(), self.named_recipient.lower()
        seen = [(each.sender.lower(), each.to.lower()) for each in self.moved]
        takers = {taker for giver, taker in seen if giver == sender != taker}
        called = self.reading.calls[0].to.lower()
        is_party = any(named == taker or named == giver != sender for giver, taker in seen)
        may_miss = bool(takers) if self.names_payee else called in takers
        return named != called and may_miss and not is_party

    @property
    def names_payee(self) -> bool:
        """True if an argument names the recipient, or if the innermost call only pays."""
        return names_payee(self.reading.calls[0], self.sender)

    @property
    def moved(self) -> list[AssetChange]:
        """The movements that the simulation shows; none if they are not known."""
        return (self.simulation.asset_changes if self.simulation else None) or []


def changes_of(found: Found) -> list[ReviewChange]:
    simulation, sender = found.simulation, found.sender
    if simulation is None or sender is None:
        return []
    logged = [_change(each, sender, found.facts) for each in simulation.asset_changes or []]
    assets = {(each.asset or "").lower() for each in logged}
    silent = [
        _silent(token, before, after, sender)
        for token, (before, after) in found.after.balances.items()
        if token not in assets and before is not None and after is not None and before != after
    ]
    return [*silent, *logged]


def _change(change: AssetChange, sender: str, facts: Facts) -> ReviewChange:
    is_out, is_in = change.sender.lower() == sender.lower(), change.to.lower() == sender.lower()
    is_coin = change.standard == "native"
    return ReviewChange(
        direction="out" if is_out and not is_in else "in" if is_in and not is_out else "other",
        standard=change.standard,
        asset=None if is_coin else change.asset,
        symbol=change.symbol if is_coin else facts.symbol_of(change.asset, change.symbol),
        amount=change.amount,
        token_id=change.token_id,
        formatted=change.formatted,
        sender=change.sender,
        to=change.to,
    )


def _silent(token: str, before: int, after: int, sender: str) -> ReviewChange:
    """A change of a balance that no log reports. The other account is unknown."""
    is_out = after < before
    return ReviewChange(
        direction="out" if is_out else "in",
        standard="erc20",
        asset=token,
        amount=str(abs(after - before)),
        sender=sender if is_out else ZERO_ADDRESS,
        to=ZERO_ADDRESS if is_out else sender,
    )
