"""A card says that somebody may no longer take a token only if nothing is left that they may take."""

from __future__ import annotations

import pytest

from forge.models.wallet_review import Allowance
from tests.mcp_servers.bytecode import RETURN, dispatch, words
from tests.worker.wallet.giving_calls import MOST, OWNER, SIGNED, THIEF, approve, called
from tests.worker.wallet.reviews import CONTRACT, Reviews, number
from worker.agent.wallet.review.after_simulation import After, settled_rights
from worker.agent.wallet.review.call_nodes import Right

LESS = called("decreaseAllowance(address,uint256)", THIEF, 1)
MORE = called("increaseAllowance(address,uint256)", THIEF, 400)
NOTHING_MORE = called("increaseAllowance(address,uint256)", THIEF, 0)
TAKEN = "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)"
FOR_ALL = "setApprovalForAll(address,bool)"
MULTICALL = "multicall(bytes[])"


def token(**answers: int) -> bytes:
    """A contract that answers these functions, and each call of this test with one."""
    known = ["decreaseAllowance(address,uint256)", "increaseAllowance(address,uint256)", MULTICALL]
    usual = dict.fromkeys(known, 1) | {"balanceOf(address)": 1_000, "totalSupply()": 10**6}
    return dispatch({text: words(number(value), RETURN) for text, value in (usual | answers).items()})


async def given(reviews: Reviews, data: bytes, left: int | None, *, knows_sender: bool = True) -> Allowance:
    reviews.code(token(**({} if left is None else {"allowance(address,address)": left})))
    (allowance,) = (await reviews.review(data, knows_sender=knows_sender)).allowances
    return allowance


@pytest.mark.parametrize("data", [LESS, NOTHING_MORE], ids=["less", "nothing more"])
async def test_what_is_left_of_an_allowance_is_named(reviews: Reviews, data: bytes) -> None:
    left = await given(reviews, data, 5_000)
    assert (left.revokes, left.unlimited, left.amount) == (False, True, "5000")
    gone = await given(reviews, data, 0)
    assert gone.revokes or gone.amount == "0"


def test_what_a_log_says_is_left_of_an_allowance_is_named_too() -> None:
    """Tokens log the rest (`Approval`), so the same allowance is found twice."""
    less = Right("erc20", CONTRACT, THIEF, amount=1, is_inner=True, revokes=True)
    log = Right("erc20", CONTRACT, THIEF, amount=99, owner=OWNER, is_simulated=True)
    (left,) = settled_rights([less, log], After({(CONTRACT, THIEF): (100, 99)}), OWNER)
    assert (left.amount, left.revokes, left.is_inner, left.is_simulated) == (99, False, True, False)


@pytest.mark.parametrize("knows_sender", [True, False])
async def test_an_allowance_of_which_it_is_unknown_what_is_left_is_not_said_to_be_gone(
    reviews: Reviews, knows_sender: bool
) -> None:
    less = await given(reviews, LESS, None, knows_sender=knows_sender)
    assert less.revokes
    assert "by 1 base unit; something may be left" in less.text
    more = await given(reviews, NOTHING_MORE, None, knows_sender=knows_sender)
    assert not more.revokes
    assert "up to 0 base units more of" in more.text


@pytest.mark.parametrize("left", [None, MOST])
@pytest.mark.parametrize("first", [True, False], ids=["taken first", "given first"])
async def test_what_is_taken_away_does_not_hide_what_is_given(
    reviews: Reviews, left: int | None, first: bool
) -> None:
    of_dai = called(TAKEN, reviews.sender, THIEF, 0, 0, False, *SIGNED)
    for taken in (LESS, of_dai, approve(0)):
        calls = [taken, approve(MOST)] if first else [approve(MOST), taken]
        allowance = await given(reviews, called(MULTICALL, calls), left)
        assert (allowance.revokes, allowance.unlimited) == (False, True)
        assert allowance.spender.lower() == THIEF


async def test_many_small_increases_are_one_large_one(reviews: Reviews) -> None:
    allowance = await given(reviews, called(MULTICALL, [MORE] * 3), None)
    assert (allowance.amount, allowance.unlimited) == ("1200", True)


@pytest.mark.parametrize("first", [True, False], ids=["taken first", "given first"])
@pytest.mark.parametrize(
    ("gives", "takes"),
    [
        (called(FOR_ALL, THIEF, True), called(FOR_ALL, THIEF, False)),
        (called("hope(address)", THIEF), called("nope(address)", THIEF)),
        (called("enableModule(address)", THIEF), called("disableModule(address,address)", OWNER, THIEF)),
        (called("authorizeOperator(address)", THIEF), called("revokeOperator(address)", THIEF)),
    ],
    ids=["of all tokens", "of a vault", "of an account", "of ERC-777"],
)
async def test_an_operator_that_is_taken_away_and_given_again_is_given(
    reviews: Reviews, gives: bytes, takes: bytes, first: bool
) -> None:
    calls = [takes, gives] if first else [gives, takes]
    allowance = await given(reviews, called(MULTICALL, calls), None)
    assert (allowance.revokes, allowance.spender.lower()) == (False, THIEF)
