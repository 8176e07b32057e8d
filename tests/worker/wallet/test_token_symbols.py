"""A token's symbol beside an amount: it is neither read as a part of the number nor as the chain's own coin."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.bytecode import RETURN, words
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import THIEF, called
from tests.worker.wallet.reviews import Reviews
from tests.worker.wallet.test_effects import MOVES
from worker.agent.wallet.review.token_symbols import readable_symbol

TOKENS = [
    "USDC",
    "USDC.e",
    "WETH",
    "stETH",
    "1INCH",
    "3Crv",
    "0xBTC",
    "USD+",
    "$DOG",
    "aArbUSDC",
    "ARB",
    "CRV3",
]


@pytest.mark.parametrize("symbol", TOKENS)
def test_a_usual_symbol_is_shown(symbol: str) -> None:
    assert readable_symbol(symbol, "ETH") == symbol


@pytest.mark.parametrize(
    "symbol",
    ["000", "000.00", "000USD", "5", ".5", "+5", "-1", "$5", "e18", "E+9", "1e9", "gwei", "Wei", "Ether", "k", "M",
     "million", "0x1234...abcd"[:12], "0xDEADBEEF", "x10", "X1000"],
)  # fmt: skip
def test_a_symbol_that_reads_as_a_part_of_the_amount_is_not_shown(symbol: str) -> None:
    assert readable_symbol(symbol, "ETH") is None


@pytest.mark.parametrize("coin", ["ETH", "POL", "BNB"])
def test_another_chains_coin_may_be_a_token(coin: str) -> None:
    others = {"ETH", "POL", "BNB"} - {coin}
    assert {other for other in others if readable_symbol(other, coin) == other} == others
    assert readable_symbol(coin, coin) is None


NUMBER = re.compile(r"[0-9][0-9 ,.']*(?:e[+-]?[0-9]+|[kmbt])?", re.IGNORECASE)
"""What a person takes for one number."""


@given(st.text("05.+-$eExkMBT", min_size=1, max_size=12))
@examples(400)
def test_no_symbol_continues_the_number_before_it(symbol: str) -> None:
    tried("symbols beside a number", symbol)
    if (shown := readable_symbol(symbol, "ETH")) is not None:
        assert not NUMBER.fullmatch(f"5 {shown}")
        assert not NUMBER.fullmatch(f"5{shown}")


@given(st.sampled_from(["ETH", "POL", "xDAI"]), st.data())
@examples(200)
def test_nothing_that_looks_like_the_coin_is_shown(coin: str, data: st.DataObject) -> None:
    drawn = {"o": "oO0", "i": "iI1l", "l": "lLI1"}
    letters = [
        data.draw(st.sampled_from(drawn.get(c.lower(), c.lower() + c.upper())))
        + data.draw(st.sampled_from(["", "", ".", "-"]))
        for c in coin
    ]
    before = data.draw(st.sampled_from(["", "$", *"0123456789"]))  # `5 0ETH` reads as fifty
    symbol = before + "".join(letters)
    tried("symbols like the chain's coin", (coin, symbol))
    assert readable_symbol(symbol, coin) is None


@pytest.mark.parametrize(
    ("symbol", "shown"), [("ETH", None), ("gwei", None), ("000", None), ("GOLD", "GOLD")]
)
async def test_on_the_card_a_token_is_not_the_coin(reviews: Reviews, symbol: str, shown: str | None) -> None:
    """Beside the amount there is the token's address, or a symbol of its own."""
    reviews.code(MOVES[0][1] + words(symbol.encode().ljust(32, b"\0"), RETURN))
    (change,) = (await reviews.review(called("transfer(address,uint256)", THIEF, 5))).changes
    assert (change.standard, change.amount, change.symbol) == ("erc20", "5", shown)
