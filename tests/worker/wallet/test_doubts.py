"""What is said of a request that begins with a doubt about an earlier one for the same transaction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forge.models.approval import Approval, Claim, Report
from tests.clock import T0
from tests.store.scenes import approval
from worker.agent.wallet.answer.doubts import doubt_of
from worker.agent.wallet.answer.verdict import Verdict, expired, rejected

Ends = Callable[[Approval], Verdict]
TX_HASH = "0x" + "ab" * 32
HAD_IT = ("may still send it", "may have been sent")


def reported(at: int, tx_hash: str | None = TX_HASH, *, claim: Claim | None = None) -> Approval:
    report = Report(transaction_hash=tx_hash, outcome="unknown", at=at)
    return approval("a" * 32, "c" * 32).model_copy(update={"reported": [report], "claim": claim})


@pytest.mark.parametrize(
    "ends", [lambda request: rejected(request, ""), expired], ids=["rejected", "expired"]
)
def test_that_a_wallet_had_it_is_said_of_the_request_that_a_wallet_had(ends: Ends) -> None:
    inherited, own = ends(reported(T0 - 1)), ends(reported(T0))
    claimed = ends(reported(T0 - 1, claim=Claim(claim_id="tab-one-1", account="0x" + "2" * 40, until=T0)))
    assert not any(words in inherited.text for words in HAD_IT)
    assert "an earlier request for the same transaction is not known" in inherited.text
    assert all(any(words in each.text for words in HAD_IT) for each in (own, claimed))


@pytest.mark.parametrize("tx_hash", [TX_HASH, None])
def test_what_is_in_doubt_of_an_earlier_request_makes_no_second_doubt(tx_hash: str | None) -> None:
    """A second doubt would be about every account, if the new request names none."""
    inherited, own = reported(T0 - 1, tx_hash), reported(T0, tx_hash)
    assert doubt_of(inherited, expired(inherited), T0 + 1) is None
    assert doubt_of(own, expired(own), T0 + 1) is not None
