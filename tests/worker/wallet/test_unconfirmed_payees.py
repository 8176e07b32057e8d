"""The card names as recipient only who is seen to get something, whatever the arguments of the call say."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from forge.models.wallet_review import Review
from tests.mcp_servers.bytecode import STOP, push
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import LATER, OWNER, THIEF, WRAPPERS, called
from tests.worker.wallet.reviews import CONTRACT, SECOND, Reviews, number, review_of
from tests.worker.wallet.test_costs import SWAPS, swap_of_tokens
from tests.worker.wallet.test_effects import NOBODY, SENDER, log, who
from tests.worker.wallet.test_left_out import TRANSFER
from tests.worker.wallet.test_payees import filled
from worker.agent.wallet.review.known_functions import Meaning, known_functions

INNER = "0x1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
FRIEND = "0x8ba1f109551bd432803012645ac136ddd64dba72"
NAMING = {
    row.text: row
    for row in known_functions().values()
    if row.recipient and not (row.calls or row.gives or row.pays)
}
CARRIERS = sorted(name for name in WRAPPERS if "router" not in name)
PASSES_ON = push(0, 1) * 4 + b"\x34" + who(FRIEND) + b"\x5a\xf1"


def naming(row: Meaning, account: str) -> bytes:
    kinds = row.signature.inputs
    values: list[Any] = [filled(each, row.recipient, account, each.name) for each in kinds]
    return row.signature.selector() + encode([each.canonical() for each in kinds], values)


def elsewhere(review: Review) -> list[str]:
    return [
        each.text for each in review.warnings if (each.code, each.severity) == ("goes_elsewhere", "danger")
    ]


@examples(60)
@given(
    st.sampled_from(sorted(NAMING)),
    st.lists(st.sampled_from(CARRIERS), max_size=3),
    st.binary(min_size=18, max_size=18).filter(any).map(lambda raw: f"0x{raw.hex()}abcd"),
)
def test_whom_a_call_names_is_no_recipient_if_another_keeps_what_leaves(
    anvil: str, text: str, levels: list[str], account: str
) -> None:
    data = naming(NAMING[text], account)
    for name in levels:
        data = WRAPPERS[name](CONTRACT, data)
    tried("recipients that a call only names", data)
    review = review_of(anvil, {CONTRACT: STOP}, data, value=10**18)
    assert (review.recipient or "").lower() == CONTRACT
    if not {"not_understood", "nested_too_deep"} & {each.code for each in review.warnings}:
        assert any(account in each.lower() for each in elsewhere(review))


@pytest.mark.parametrize("text", NAMING)
async def test_who_gets_what_leaves_is_the_recipient(reviews: Reviews, text: str) -> None:
    reviews.code(PASSES_ON + STOP)
    review = await reviews.review(naming(NAMING[text], FRIEND), value=10**18)
    assert ((review.recipient or "").lower(), elsewhere(review)) == (FRIEND, [])


LITTLE = {
    "its own token": log(TRANSFER, SENDER, who(FRIEND), data=number(10**18)),
    "its own single token": log(TRANSFER, SENDER, who(FRIEND), push(7, 1)),
    "nothing of a token": log(TRANSFER, SENDER, who(FRIEND), data=number(0)),
    "a wei": push(0, 1) * 4 + push(1, 1) + who(FRIEND) + b"\x5a\xf1",
    "a wei and its own token": push(0, 1) * 4 + push(1, 1) + who(FRIEND) + b"\x5a\xf1"
    + log(TRANSFER, SENDER, who(FRIEND), data=number(5)),
}  # fmt: skip
"""What a contract may give to the account that the call names, to be taken for one that passes the coin on."""


@pytest.mark.parametrize("what", LITTLE)
async def test_who_gets_little_of_what_leaves_does_not_hide_who_keeps_it(reviews: Reviews, what: str) -> None:
    call = called("transfer(address,uint256)", FRIEND, 5)
    reviews.code(LITTLE[what] + STOP)
    (danger,) = elsewhere(await reviews.review(call, value=10**18))
    assert FRIEND in danger.lower()
    reviews.code(PASSES_ON + LITTLE[what].replace(push(1, 1) + who(FRIEND), push(0, 1) + who(FRIEND)) + STOP)
    assert elsewhere(await reviews.review(call, value=10**18)) == []


async def test_a_transfer_of_which_the_token_keeps_a_fee_needs_no_warning(reviews: Reviews) -> None:
    fee = log(TRANSFER, SENDER, who(SECOND), data=number(5))
    reviews.code(log(TRANSFER, SENDER, who(FRIEND), data=number(95)) + fee + STOP)
    assert elsewhere(await reviews.review(called("transfer(address,uint256)", FRIEND, 100))) == []


@pytest.mark.parametrize("name", ["forward(address,bytes)", "exec(address,bytes)"])
async def test_a_contract_that_only_says_to_whom_it_goes_is_the_recipient(
    reviews: Reviews, name: str
) -> None:
    reviews.code(STOP)
    review = await reviews.review(called(name, FRIEND, b""), value=10**18)
    assert (review.recipient or "").lower() == CONTRACT
    assert FRIEND in elsewhere(review)[0].lower()


async def test_the_signer_is_no_recipient_of_what_a_contract_keeps(reviews: Reviews) -> None:
    reviews.code(STOP)
    review = await reviews.review(called("transfer(address,uint256)", reviews.sender, 5), value=10**18)
    assert (review.recipient or "").lower() == CONTRACT
    assert elsewhere(review)


async def test_what_is_paid_for_and_goes_to_somebody_else_is_told(reviews: Reviews) -> None:
    """A collection's `mint`: the signer pays, and the named account gets the new token."""
    reviews.code(log(TRANSFER, NOBODY, push(4, 1) + b"\x35", push(7, 1)) + STOP)
    bought = called("mint(address,uint256)", FRIEND, 1)
    review = await reviews.review(bought, value=10**18)
    assert FRIEND in elsewhere(review)[0].lower()
    assert elsewhere(await reviews.review(bought)) == []
    own = called("mint(address,uint256)", reviews.sender, 1)
    assert elsewhere(await reviews.review(own, value=10**18)) == []


async def test_a_payment_of_tokens_needs_no_warning(reviews: Reviews) -> None:
    reviews.code(log(TRANSFER, SENDER, push(4, 1) + b"\x35", data=number(5)) + STOP)
    review = await reviews.review(called("transfer(address,uint256)", FRIEND, 5))
    assert ((review.recipient or "").lower(), elsewhere(review)) == (FRIEND, [])


async def test_a_token_that_logs_nothing_still_has_a_recipient(reviews: Reviews) -> None:
    reviews.code(STOP)
    review = await reviews.review(called("transfer(address,uint256)", THIEF, 5), to=CONTRACT)
    assert (review.recipient or "").lower() == THIEF


async def test_an_exchange_that_unwraps_the_coin_keeps_nothing(reviews: Reviews) -> None:
    """Its router gets the wrapped coin, and pays the coin to the account that signs."""
    pair = "0x000000000000000000000000000000000000a1b2"
    signer = b"\x32"
    wrapped = log(TRANSFER, who(pair), SENDER, data=number(3)) + log(
        TRANSFER, who(pair), signer, data=number(3)
    )
    reviews.code(wrapped + STOP, INNER)
    call_inner = push(0, 1) * 5 + who(INNER) + b"\x5a\xf1\x50"
    reviews.code(log(TRANSFER, SENDER, who(pair), data=number(5)) + call_inner + STOP)
    swap = "swapExactTokensForETH(uint256,uint256,address[],address,uint256)"
    data = called(swap, 5, 3, [CONTRACT, INNER], reviews.sender, LATER)
    review = await reviews.review(data)
    reviews.code(b"", INNER)
    assert (len(review.changes), elsewhere(review)) == (3, [])


EXCHANGES = {text: row for text, row in SWAPS.items() if row in known_functions().values()}


@pytest.mark.parametrize("text", EXCHANGES)
async def test_a_swap_of_which_nothing_is_seen_to_arrive_is_a_danger(reviews: Reviews, text: str) -> None:
    row = EXCHANGES[text]
    swap = swap_of_tokens(row, 950, row.floor).replace(
        bytes.fromhex(OWNER[2:]), bytes.fromhex(reviews.sender[2:])
    )
    reviews.code(STOP)
    taken = await reviews.review(swap, value=10**18)
    assert any("nothing is seen to arrive" in each for each in elsewhere(taken))
    reviews.code(log(TRANSFER, NOBODY, SENDER, data=number(1_000)) + STOP)
    assert elsewhere(await reviews.review(swap, value=10**18)) == []
    reviews.code(STOP)
    assert elsewhere(await reviews.review(swap)) == []


BRINGING = {row.text: row for row in known_functions().values() if row.brings}


@pytest.mark.parametrize("text", BRINGING)
async def test_a_claim_that_takes_something_instead_is_a_danger(reviews: Reviews, text: str) -> None:
    kinds = BRINGING[text].signature.inputs
    values = [filled(each, "", OWNER, each.name) for each in kinds]
    data = BRINGING[text].signature.selector() + encode([each.canonical() for each in kinds], values)
    data = data.replace(bytes.fromhex(OWNER[2:]), bytes.fromhex(reviews.sender[2:]))
    taken = log(TRANSFER, SENDER, who(THIEF), data=number(5)) + STOP
    share = log(TRANSFER, SENDER, NOBODY, data=number(5)) + STOP
    brought = log(TRANSFER, NOBODY, SENDER, data=number(5)) + STOP
    for code, value, expected in ((taken, 0, 1), (STOP, 7, 1), (share, 0, 0), (brought, 7, 0), (STOP, 0, 0)):
        reviews.code(code)
        found = elsewhere(await reviews.review(data, value=value))
        assert ["nothing is seen to arrive, and" in each for each in found] == [True] * expected


async def test_what_is_called_within_a_call_and_takes_tokens_elsewhere_is_no_liar(reviews: Reviews) -> None:
    """An exchange takes the tokens into its pair, and an account's `execute` leads to the exchange."""
    pair = "0x000000000000000000000000000000000000a1b2"
    reviews.code(log(TRANSFER, SENDER, who(pair), data=number(5)) + STOP)
    for data in (called("mint()"), called("execute(address,uint256,bytes)", SECOND, 0, called("mint()"))):
        assert elsewhere(await reviews.review(data)) == []
