"""Rights of which logs tell, of a simulation or of a block, with the sentence that is true of the event."""

from __future__ import annotations

from collections.abc import Mapping, Set

from forge.models.wallet_review import AllowanceKind
from worker.agent.wallet.review.call_nodes import Right
from worker.agent.wallet.review.known_functions.control import FALLBACK, MODULE, UPGRADES, VOTES
from worker.agent.wallet.review.known_functions.operators import BORROWS

_WORDS: Mapping[str, str] = {
    "BeaconUpgraded": UPGRADES,
    "BorrowAllowanceDelegated": BORROWS,
    "ChangedFallbackHandler": FALLBACK,
    "ChangedMasterCopy": UPGRADES,
    "DelegateChanged": VOTES,
    "EnabledModule": MODULE,
    "Upgraded": UPGRADES,
}
"""Events of which the usual sentence about their kind of right is not true."""


def logged_right(
    kind: AllowanceKind, token: str, spender: str, amount: int | None, event: str, *, single: bool
) -> Right:
    """`event`: its name. The other arguments are as in `Right`."""
    words = _WORDS.get(event, "")
    return Right(kind, token, spender, amount, function=event, single=single, words=words)


def concerns(kind: AllowanceKind, owner: str | None, contract: str, account: str, called: Set[str]) -> bool:
    """Return whether a right concerns the account: it is over what it has, or over a contract that it calls.

    `called`: addresses in lower case.
    """
    is_own = (owner or "").lower() == account.lower()
    return is_own or (kind == "control" and contract.lower() in called)
