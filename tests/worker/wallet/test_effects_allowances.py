"""Allowances compared with the state of a token on a real chain: balances, supply, and the allowance at the end."""

from __future__ import annotations

import pytest

from tests.mcp_servers.bytecode import RETURN, STOP, dispatch, push, words
from tests.worker.wallet.giving_calls import THIEF, UNKNOWN, approve, called
from tests.worker.wallet.reviews import CONTRACT, SECOND, Reviews, number


def token(**answers: int) -> bytes:
    """A contract that answers these functions, and `approve` with true."""
    usual = {
        "approve(address,uint256)": 1,
        "balanceOf(address)": 1_000,
        "totalSupply()": 10**6,
        "decimals()": 2,
    }
    return dispatch({text: words(number(value), RETURN) for text, value in (usual | answers).items()})


@pytest.mark.parametrize(
    ("amount", "unlimited", "severity"),
    [(10, False, "caution"), (999, False, "caution"), (1_000, True, "danger"), (2**90, True, "danger")],
)
async def test_an_allowance_is_compared_with_what_the_sender_has(
    reviews: Reviews, amount: int, unlimited: bool, severity: str
) -> None:
    reviews.code(token())
    reviews.code(STOP, SECOND)
    review = await reviews.review(called("approve(address,uint256)", SECOND, amount))
    reviews.code(b"", SECOND)
    assert [(each.unlimited, each.amount) for each in review.allowances] == [(unlimited, str(amount))]
    assert [each.severity for each in review.warnings] == [severity]


COLLECTION = (
    push(4, 1) + b"\x35" + push(0xE0, 1) + b"\x1c" + push(0x80AC58CD, 4) + b"\x14" + push(0, 1) + b"\x52"
)
"""`supportsInterface` of EIP-721: whether the id is that of the standard."""


@pytest.mark.parametrize(("decimals", "kind"), [(0, "erc721"), (2, "erc20")])
async def test_a_collection_that_says_it_has_no_decimals_gives_single_tokens(
    reviews: Reviews, decimals: int, kind: str
) -> None:
    answers = {"approve(address,uint256)": 1, "balanceOf(address)": 1_000, "decimals()": decimals}
    code = {text: words(number(value), RETURN) for text, value in answers.items()}
    reviews.code(
        dispatch({**code, "supportsInterface(bytes4)": COLLECTION + push(32, 1) + push(0, 1) + RETURN})
    )
    reviews.code(STOP, SECOND)
    review = await reviews.review(called("approve(address,uint256)", SECOND, 7))
    reviews.code(b"", SECOND)
    (given,) = review.allowances
    assert (given.kind, "the token 7 of" in given.text) == (kind, kind == "erc721")


@pytest.mark.parametrize("delegates", [False, True])
async def test_an_allowance_of_a_person_is_a_danger_whatever_its_amount(
    reviews: Reviews, delegates: bool
) -> None:
    """Exchanges and other programs are contracts; it is frauds who let people approve an account."""
    reviews.code(token())
    reviews.code(b"\xef\x01\x00" + bytes.fromhex(CONTRACT[2:]) if delegates else b"", SECOND)
    review = await reviews.review(called("approve(address,uint256)", SECOND, 10))
    reviews.code(b"", SECOND)
    (warning,) = review.warnings
    assert (warning.severity, "(an account, no contract)" in warning.text) == ("danger", True)


async def test_the_allowance_at_the_end_counts_and_not_only_what_a_call_adds(reviews: Reviews) -> None:
    reviews.code(token(**{"increaseAllowance(address,uint256)": 1, "allowance(address,address)": 5_000}))
    review = await reviews.review(called("increaseAllowance(address,uint256)", THIEF, 10))
    assert [(each.amount, each.unlimited) for each in review.allowances] == [("5000", True)]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"supportsInterface(bytes4)": 1}, "erc20"),
        ({"supportsInterface(bytes4)": 0}, "erc20"),
        ({}, "erc20"),
    ],
    ids=["says yes to everything", "says no", "does not answer"],
)
async def test_a_token_does_not_pass_for_a_collection(
    reviews: Reviews, answers: dict[str, int], kind: str
) -> None:
    reviews.code(token(**answers))
    review = await reviews.review(approve())
    assert [(each.kind, each.unlimited) for each in review.allowances] == [(kind, True)]


async def test_the_upper_bytes_of_an_address_do_not_hide_an_allowance(reviews: Reviews) -> None:
    reviews.code(words(number(1), RETURN))
    data = approve()
    review = await reviews.review(data[:4] + b"\xde\xad" * 6 + data[16:])
    assert [(each.spender.lower(), each.unlimited) for each in review.allowances] == [(THIEF, True)]
    assert {"unlimited_allowance", "unusual_encoding"} <= {each.code for each in review.warnings}


async def test_many_warnings_of_one_kind_push_out_no_other_kind(reviews: Reviews) -> None:
    many = [called("approve(address,uint256)", f"0x{spender:040x}", 1) for spender in range(1, 60)]
    calls = [(CONTRACT, 0, data) for data in (*many, approve(), UNKNOWN)]
    reviews.code(b"\x00")
    review = await reviews.review(called("execute((address,uint256,bytes)[])", calls), knows_sender=False)
    assert {"allowance", "unlimited_allowance", "not_understood"} <= {each.code for each in review.warnings}
    assert "not_all_shown" in {each.code for each in review.warnings}
