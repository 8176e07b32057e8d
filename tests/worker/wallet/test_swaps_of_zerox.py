"""A swap that 0x quotes, which a tool of this program offers, is read like any other: a fair one needs no warning."""

from __future__ import annotations

from typing import Any

import pytest

from forge.models.wallet_review import Review
from tests.mcp_servers.bytecode import STOP, push
from tests.worker.wallet.giving_calls import OWNER, THIEF, called
from tests.worker.wallet.reviews import CONTRACT, SECOND, Reviews, number
from tests.worker.wallet.test_effects import log, who
from tests.worker.wallet.test_left_out import TRANSFER
from worker.ethereum.addresses import ZERO_ADDRESS

SETTLER = "0x000000000000000000000000000000000000c0d3"
SIGNER = b"\x32"
ACTIONS = [bytes.fromhex("c1fb425e") + bytes(64), bytes.fromhex("38c9c147") + bytes(128)]
CALL_SETTLER = push(0, 1) * 5 + who(SETTLER) + b"\x5a\xf1\x50"
SETTLES = log(TRANSFER, who(SETTLER), SIGNER, data=number(1_000)) + STOP
CALL_TOKEN = push(0, 1) * 5 + who(SECOND) + b"\x5a\xf1\x50"
TAKES_FIVE = log(TRANSFER, SIGNER, who(SETTLER), data=number(5)) + STOP


def settled(who_gets: str, least: int = 990, token: str = SETTLER) -> bytes:
    text = "execute((address,address,uint256),bytes[],bytes32)"
    return called(text, (who_gets, token, least), ACTIONS, bytes(32))


def held(inner: bytes, *, operator: str = SETTLER, token: str = SECOND, amount: int = 5) -> bytes:
    return called("exec(address,address,uint256,address,bytes)", operator, token, amount, SETTLER, inner)


@pytest.fixture
def swaps(reviews: Reviews) -> Any:
    reviews.code(CALL_TOKEN + CALL_SETTLER + STOP)
    reviews.code(TAKES_FIVE, SECOND)
    reviews.code(SETTLES, SETTLER)
    yield reviews
    for address in (SECOND, SETTLER):
        reviews.code(b"", address)


def told(review: Review) -> list[tuple[str, str]]:
    return [(each.severity, each.code) for each in review.warnings]


async def test_a_fair_swap_needs_no_warning(swaps: Reviews) -> None:
    review = await swaps.review(held(settled(swaps.sender)))
    assert (told(review), review.allowances) == ([], [])
    assert sorted((each.direction, each.amount) for each in review.changes) == [("in", "1000"), ("out", "5")]
    assert (review.recipient or "").lower() == SETTLER


async def test_a_swap_of_the_coin_needs_none_either(swaps: Reviews) -> None:
    swaps.code(CALL_SETTLER + STOP)
    for data in (settled(swaps.sender), held(settled(swaps.sender), token=ZERO_ADDRESS, amount=7)):
        review = await swaps.review(data, value=7)
        assert (told(review), review.allowances) == ([], [])


async def test_more_than_is_seen_to_leave_may_not_be_taken_silently(swaps: Reviews) -> None:
    """A contract may take less in the simulation than when the transaction is real."""
    review = await swaps.review(held(settled(swaps.sender), operator=THIEF, amount=2**255))
    (given,) = review.allowances
    assert (given.spender.lower(), given.unlimited, given.revokes) == (THIEF, True, False)
    assert given.text.endswith("during this call.")
    assert told(review) == [("danger", "unlimited_allowance")]
    blind = await swaps.review(held(settled(OWNER)), knows_sender=False)
    assert [each.spender.lower() for each in blind.allowances] == [SETTLER]


async def test_an_approval_beside_it_is_told_as_what_it_is(swaps: Reviews) -> None:
    approve = called("approve(address,uint256)", SETTLER, 2**256 - 1)
    batch = [(CONTRACT, 0, held(settled(swaps.sender))), (SECOND, 0, approve)]
    swaps.code(CALL_TOKEN + CALL_SETTLER + STOP)
    review = await swaps.review(called("execute((address,uint256,bytes)[])", batch))
    assert [each.unlimited for each in review.allowances if "at any time" in each.text] == [True]


async def test_whom_it_pays_and_how_little_it_may_give_is_told(swaps: Reviews) -> None:
    assert ("danger", "goes_elsewhere") in told(await swaps.review(held(settled(THIEF))))
    assert told(await swaps.review(held(settled(swaps.sender, least=12)))) == [("danger", "no_minimum")]
    unnamed = await swaps.review(held(settled(ZERO_ADDRESS, 0, ZERO_ADDRESS)))
    assert told(unnamed) == [("caution", "no_minimum")]
    assert ("danger", "no_minimum") in told(await swaps.review(held(settled(swaps.sender, 0))))
