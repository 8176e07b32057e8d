"""What leaves an account for which the request acts, as the signer's Safe, is on the card, and its refund of gas."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from forge.models.wallet_review import Review
from tests.mcp_servers.bytecode import STOP
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import TOKEN, WRAPPERS, called
from tests.worker.wallet.reviews import Reviews, number, review_of
from tests.worker.wallet.test_effects import log, who
from tests.worker.wallet.test_left_out import TRANSFER
from tests.worker.wallet.test_payees import filled
from worker.agent.wallet.review.known_functions import known_functions

ACCOUNT = "0x5afe7b1c0de5afe7b1c0de5afe7b1c0de5afe7b1"
STRANGER = "0x9d2f6d54a1a4b2e3c4d5e6f708192a3b4c5d6e7f"
INNER = "0x1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
NOBODY = f"0x{0:040x}"
OF_NO_ACCOUNT = {"multicall", "multicall with a deadline", "batch", "router sub-plan", "upgradeToAndCall"}
FOR_ANYONE = {"aggregate", "tryAggregate", "aggregate3", "aggregate3Value", "userOp"}
ACCOUNTS = sorted(WRAPPERS.keys() - OF_NO_ACCOUNT - FOR_ANYONE)
GIVES = log(TRANSFER, who(ACCOUNT), who(STRANGER), data=number(5)) + STOP
_SAFE = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
REFUNDING = [row.text for row in known_functions().values() if row.refund]


def told(review: Review, code: str) -> list[str]:
    return [f"{each.severity} {each.text.lower()}" for each in review.warnings if each.code == code]


def refunding(price: int, to: str, base: int = 10**9) -> bytes:
    return called(_SAFE, INNER, 0, called("deposit()"), 0, 0, base, price, TOKEN, to, b"\1" * 65)


@pytest.mark.parametrize("name", ACCOUNTS)
async def test_what_leaves_an_account_for_which_the_request_acts_is_told(reviews: Reviews, name: str) -> None:
    reviews.code(GIVES, ACCOUNT)
    review = await reviews.review(WRAPPERS[name](INNER, called("deposit()")), to=ACCOUNT)
    reviews.code(b"", ACCOUNT)
    (text,) = told(review, "acts_for")
    assert text.startswith(
        f"caution {ACCOUNT}, for which this request acts, gives 5 base units of the token {ACCOUNT}"
    )
    assert text.endswith(f"to {STRANGER}.")


@pytest.mark.parametrize("name", sorted(FOR_ANYONE))
async def test_a_contract_that_makes_anybodys_calls_is_no_account(reviews: Reviews, name: str) -> None:
    reviews.code(GIVES, ACCOUNT)
    review = await reviews.review(WRAPPERS[name](INNER, called("deposit()")), to=ACCOUNT)
    reviews.code(b"", ACCOUNT)
    assert told(review, "acts_for") == []


TAKING = {row.text: row for row in known_functions().values() if row.takes_from}


@pytest.mark.parametrize("text", TAKING)
@pytest.mark.parametrize("carrier", ["", "aggregate3", "multicall"])
async def test_what_is_taken_from_an_account_that_allowed_it_is_told(
    reviews: Reviews, text: str, carrier: str
) -> None:
    kinds, path = TAKING[text].signature.inputs, TAKING[text].takes_from
    for owner, expected in ((STRANGER, 1), (reviews.sender, 0)):
        values = [filled(each, path, owner, each.name) for each in kinds]
        data = TAKING[text].signature.selector() + encode([each.canonical() for each in kinds], values)
        reviews.code(log(TRANSFER, who(owner), who(INNER), data=number(5)) + STOP)
        review = await reviews.review(WRAPPERS[carrier](INNER, data) if carrier else data)
        found = told(review, "acts_for")
        assert [owner.lower() in each and INNER in each for each in found] == [True] * expected


async def test_many_movements_of_such_an_account_are_a_danger(reviews: Reviews) -> None:
    reviews.code(GIVES[:-1] * 30 + STOP, ACCOUNT)
    review = await reviews.review(WRAPPERS["Safe"](INNER, called("deposit()")), to=ACCOUNT)
    reviews.code(b"", ACCOUNT)
    assert "danger the accounts for which this request acts give more: 22 movements." in told(
        review, "acts_for"
    )


@examples(40)
@given(
    st.integers(1, 2**255),
    st.integers(0, 2**255),
    st.binary(min_size=20, max_size=20).filter(any).map(lambda raw: f"0x{raw.hex()}"),
    st.lists(st.sampled_from(ACCOUNTS), max_size=2),
)
def test_a_refund_of_gas_to_somebody_is_a_danger(
    anvil: str, price: int, base: int, to: str, levels: list[str]
) -> None:
    """The simulation's gas is free, so it shows no refund in the chain's coin."""
    data = refunding(price, to, base)
    for name in levels:
        data = WRAPPERS[name](ACCOUNT, data)
    tried("refunds of gas", data)
    review = review_of(anvil, {ACCOUNT: STOP}, data, to=ACCOUNT)
    assert any(each.startswith("danger") and to in each for each in told(review, "goes_elsewhere"))


async def test_a_refund_to_the_signer_or_of_nothing_is_none(reviews: Reviews) -> None:
    for price, to in ((0, STRANGER), (5, NOBODY), (5, reviews.sender)):
        reviews.code(STOP, ACCOUNT)
        review = await reviews.review(refunding(price, to), to=ACCOUNT)
        reviews.code(b"", ACCOUNT)
        assert told(review, "goes_elsewhere") == []


def test_the_functions_that_refund_gas_are_rows() -> None:
    assert [text.partition("(")[0] for text in REFUNDING] == ["execTransaction"]
