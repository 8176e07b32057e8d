"""A token's symbol beside an amount: it is neither read as a part of the number nor as the chain's own coin."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from eth_utils.address import is_checksum_address, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.bytecode import RETURN, words
from tests.mcp_servers.conftest import rpc
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import THIEF, called
from tests.worker.wallet.reviews import CONTRACT, Reviews, number
from tests.worker.wallet.test_effects import MOVES, NOBODY, SENDER, log
from worker.agent.wallet.review.token_symbols import imitated, readable_symbol
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import KNOWN_NETWORKS
from worker.ethereum.known_tokens import KNOWN_TOKENS

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


@given(
    st.sampled_from(["", "$", "5"]),
    st.sampled_from(
        ["USD", "EUR", "GBP", "JPY", "CHF", "CNY", "US", "Dollar", "dollars", "Euro", "cents", "TRY"]
    ),
    st.sampled_from(["", "$", ".", "-"]),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
@examples(200)
def test_no_symbol_is_money_of_a_state(before: str, name: str, after: str, upper: list[bool]) -> None:
    """“+ 5,000 USD” arrives of a token that anybody has made."""
    letters = (c.upper() if is_upper else c.lower() for c, is_upper in zip(name, upper, strict=False))
    symbol = before + "".join(letters) + after
    tried("symbols like money", symbol)
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


USDC_OF_BASE = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
DISGUISES = [
    "USDC", "usdc", "U5DC", "$USDC", "USDC.", "US DC", "U\u200bSDC", "USD\u0421", "UЅDC", "\uff35\uff33\uff24\uff23",
    "U\u0301SDC", "\u054dSDC", "USD\u216d", "USDC\u3164", "U$DC", "$U$DC", "US\u20abC", "USD\u20b5", "u\u20b4d\u00a2",
]  # fmt: skip


@pytest.mark.parametrize("symbol", DISGUISES, ids=ascii)
def test_a_symbol_that_looks_like_a_known_tokens_is_taken_for_it(symbol: str) -> None:
    found = imitated(symbol, CONTRACT, 8453, "ETH")
    assert found
    assert (found.symbol, found.addresses) == ("USDC", (USDC_OF_BASE,))
    assert imitated(symbol, USDC_OF_BASE.lower(), 8453, "ETH") is None
    assert imitated(symbol, CONTRACT, 31337, "ETH") is None


@pytest.mark.parametrize(
    "symbol", ["USDbC", "USDC.e", "axlUSDC", "USD+", "USDS", "測試幣種", "幣", "", "D", None]
)
def test_a_name_of_its_own_is_taken_for_no_known_token(symbol: str | None) -> None:
    known = imitated(symbol, CONTRACT, 8453, "ETH")
    assert known is None or symbol in KNOWN_TOKENS[8453]


@pytest.mark.parametrize(
    ("chain_id", "symbol", "address"),
    [
        (chain, symbol, address)
        for chain, rows in KNOWN_TOKENS.items()
        for symbol, of in rows.items()
        for address in of
    ],
)
def test_a_known_token_is_itself(chain_id: int, symbol: str, address: str) -> None:
    (network,) = [each for each in KNOWN_NETWORKS if each.chain_id == chain_id]
    assert is_checksum_address(address)
    assert imitated(symbol, address, chain_id, network.currency) is None
    other = imitated(symbol, CONTRACT, chain_id, network.currency)
    assert other
    assert other.symbol == symbol


@pytest.fixture
async def on_base(other_anvil: str) -> AsyncIterator[Reviews]:
    chains = Chains.from_environment({"BASE_RPC_URL": other_anvil})
    yield Reviews(other_anvil, chains, rpc(other_anvil, "eth_accounts")[8], "base")
    await chains.close()


ARRIVES = log("Transfer(address,address,uint256)", NOBODY, SENDER, data=number(5))


@pytest.mark.parametrize("symbol", ["USDC", "ETH", "USD\u0421"], ids=ascii)
@pytest.mark.parametrize(("code", "severity"), [(ARRIVES, "danger"), (MOVES[0][1], "caution")])
async def test_on_the_card_a_false_name_is_marked_and_not_repeated(
    on_base: Reviews, code: bytes, severity: str, symbol: str
) -> None:
    on_base.code(code + words(symbol.encode().ljust(32, b"\0"), RETURN))
    review = await on_base.review(called("transfer(address,uint256)", THIEF, 5))
    (change,) = review.changes
    assert (change.amount, change.symbol) == ("5", None)
    (warning,) = [each for each in review.warnings if each.code == "false_name"]
    assert warning.severity == severity
    assert to_checksum_address(CONTRACT) in warning.text
    assert ("is not the coin ETH of Base" if symbol == "ETH" else USDC_OF_BASE) in warning.text


async def test_the_known_token_itself_has_its_name(on_base: Reviews) -> None:
    on_base.code(ARRIVES + words(b"USDC".ljust(32, b"\0"), RETURN), USDC_OF_BASE)
    review = await on_base.review(called("transfer(address,uint256)", THIEF, 5), to=USDC_OF_BASE)
    assert [each.symbol for each in review.changes] == ["USDC"]
    assert "false_name" not in {each.code for each in review.warnings}
