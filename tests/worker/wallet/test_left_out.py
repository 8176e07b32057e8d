"""What a contract logs beyond what can be read or shown is never called nothing, and hides nothing without a danger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from forge.models.wallet_review import Review
from tests.mcp_servers.bytecode import STOP, push
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import THIEF, called
from tests.worker.wallet.reviews import SECOND, Reviews, number, review_of
from tests.worker.wallet.test_effects import SENDER, THE_THIEF, log, who

MINT = called("mint()")
TRANSFER = "Transfer(address,address,uint256)"
BATCH = "TransferBatch(address,address,address,uint256[],uint256[])"
FOR_ALL = "ApprovalForAll(address,address,bool)"


def other(place: int) -> bytes:
    return who(f"0x{place + 0x9000:040x}")


NOISE: dict[str, Callable[[int], bytes]] = {
    "to others": lambda n: log(TRANSFER, SENDER, other(n), data=number(1)),
    "nothing": lambda n: log(TRANSFER, SENDER, other(n), data=number(0)),
    "to oneself": lambda n: log(TRANSFER, SENDER, SENDER, data=number(n)),
    "to the signer": lambda n: log(TRANSFER, other(n), SENDER, data=number(n)),
    "between others": lambda n: log(TRANSFER, other(n), other(n + 1), data=number(n)),
    "single tokens": lambda n: log(TRANSFER, SENDER, other(n), push(n, 2)),
    "rights": lambda n: log(FOR_ALL, SENDER, other(n), data=number(0)),
    "rights of others": lambda n: log(FOR_ALL, other(n), other(n), data=number(1)),
}
"""What a contract logs of its own worthless token, by number."""
CALL_SECOND = push(0, 1) * 5 + push(int(SECOND, 16), 20) + b"\x5a\xf1\x50"
SIGNER = b"\x32"
TAKES = log(TRANSFER, SIGNER, THE_THIEF, data=number(10**18)) + STOP
ALLOWS = log(FOR_ALL, SIGNER, THE_THIEF, data=number(1)) + STOP


def dangers(review: Review) -> set[str]:
    return {each.code for each in review.warnings if each.severity == "danger"}


@examples(60)
@given(st.lists(st.tuples(st.sampled_from(sorted(NOISE)), st.integers(0, 70)), max_size=4), st.booleans())
def test_nothing_that_a_contract_takes_drowns_in_what_it_logs(
    anvil: str, noise: list[tuple[str, int]], is_last: bool
) -> None:
    logged = b"".join(NOISE[name](n) for name, count in noise for n in range(count))
    tried("logs that drown a movement", (noise, is_last))
    code = logged + CALL_SECOND if is_last else CALL_SECOND + logged
    review = review_of(anvil, {SECOND: TAKES, "0x" + "c0de".zfill(40): code + STOP}, MINT)
    is_shown = any(each.to.lower() == THIEF for each in review.changes)
    assert is_shown or dangers(review) & {"not_all_shown", "too_large"}
    assert review.outcome != "nothing"


@examples(40)
@given(st.sampled_from(["rights", "rights of others"]), st.integers(0, 120), st.booleans())
def test_no_right_drowns_in_what_a_contract_logs(anvil: str, name: str, count: int, is_last: bool) -> None:
    logged = b"".join(map(NOISE[name], range(count)))
    tried("logs that drown a right", (name, count, is_last))
    code = logged + CALL_SECOND if is_last else CALL_SECOND + logged
    review = review_of(anvil, {SECOND: ALLOWS, "0x" + "c0de".zfill(40): code + STOP}, MINT)
    assert [each.spender.lower() for each in review.allowances if not each.revokes] == [THIEF]
    assert "operator" in dangers(review)


async def test_what_a_contract_logs_beyond_what_is_read_is_a_danger(reviews: Reviews) -> None:
    many = (
        push(5_001, 2)
        + b"\x5b"
        + push(0, 1) * 2
        + b"\xa0"
        + push(1, 1)
        + b"\x90\x03\x80"
        + push(3, 1)
        + b"\x57"
    )
    reviews.code(many + TAKES)
    review = await reviews.review(MINT)
    assert review.outcome == "unknown"
    assert "too_large" in dangers(review)


@pytest.mark.parametrize(("count", "is_read"), [(200, True), (201, False), (400, False)])
async def test_a_batch_that_is_too_long_to_be_read_is_not_shown_as_nothing(
    reviews: Reviews, count: int, is_read: bool
) -> None:
    batch = encode(["uint256[]", "uint256[]"], [list(range(count)), [5] * count])
    reviews.code(log(BATCH, SENDER, SENDER, THE_THIEF, data=batch) + STOP)
    review = await reviews.review(MINT)
    assert {each.amount for each in review.changes} == ({"5"} if is_read else set())
    assert review.outcome == ("moves" if is_read else "unknown")
    assert ("not_all_shown" if is_read else "too_large") in dangers(review)


async def test_what_moves_nothing_hides_nothing(reviews: Reviews) -> None:
    """Any token, also one that people know, logs a movement of nothing from whoever is named."""
    reviews.code(TAKES, SECOND)
    reviews.code(b"".join(map(NOISE["nothing"], range(60))) + CALL_SECOND + STOP)
    review = await reviews.review(MINT)
    reviews.code(b"", SECOND)
    assert ([each.to.lower() for each in review.changes], dangers(review)) == ([THIEF], set())


async def test_a_few_movements_need_no_warning(reviews: Reviews) -> None:
    reviews.code(b"".join(map(NOISE["to others"], range(20))) + STOP)
    review = await reviews.review(MINT)
    assert (review.outcome, len(review.changes), review.warnings) == ("moves", 20, [])
