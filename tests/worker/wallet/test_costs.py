"""What a signer would lose without seeing it move: fees, a swap without a limit, payments to placeholders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode

from forge.models.wallet_review import Review, ReviewChange
from tests.mcp_servers.bytecode import RETURN, words
from tests.mcp_servers.conftest import rpc
from tests.worker.wallet.giving_calls import OWNER, ROUTER, called, router
from tests.worker.wallet.reviews import CONTRACT, Reviews, number
from tests.worker.wallet.test_payees import filled
from worker.agent.wallet.review.decode_calls import decode_calls
from worker.agent.wallet.review.known_functions import Meaning, known_functions
from worker.agent.wallet.review.known_functions.router import router_commands
from worker.agent.wallet.review.known_functions.rows import THE_CALLED
from worker.agent.wallet.review.review_request import reviewed
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.warnings.swap_limits import least_warnings, most_warnings
from worker.ethereum.amounts import readable_amount
from worker.ethereum.chains import Chains
from worker.ethereum.fee_estimate import GAS_PRICE_ORACLE
from worker.ethereum.known_networks import KNOWN_NETWORKS, NOTABLE_FEES, WITHOUT_VALUE
from worker.ethereum.known_tokens import KNOWN_TOKENS, wrapped_coins
from worker.ethereum.transactions import read_request

SOMEBODY = "0x70997970c51812dc3a010c7d01b50e0d17dc7900"
ARRIVES = ReviewChange(
    direction="in", standard="erc20", asset=CONTRACT, amount="1000", sender=ROUTER, to=OWNER
)
SWAPS = {
    meaning.text: meaning
    for meaning in [*known_functions().values(), *router_commands().values()]
    if meaning.floor and meaning.spends != THE_CALLED
}


def codes(review: Review) -> dict[str, str]:
    return {each.code: each.severity for each in review.warnings}


@pytest.fixture
async def on_base(other_anvil: str) -> AsyncIterator[Reviews]:
    """A network whose coin has a value, with the contract that names its L1 fee."""
    chains = Chains.from_environment({"BASE_RPC_URL": other_anvil})
    there = Reviews(other_anvil, chains, rpc(other_anvil, "eth_accounts")[8], "base")
    there.code(words(number(0), RETURN), GAS_PRICE_ORACLE)
    yield there
    there.code(b"", GAS_PRICE_ORACLE)
    price_of_gas(there, 10**9)
    await chains.close()


def price_of_gas(reviews: Reviews, wei: int) -> None:
    rpc(reviews.url, "anvil_setNextBlockBaseFeePerGas", hex(wei))
    rpc(reviews.url, "anvil_mine")


@pytest.mark.parametrize(
    ("gwei", "value", "found"),
    [
        (10_000, 10**16, {"high_fee": "caution"}),
        (10_000, 10**18, {}),
        (10_000, 1, {"high_fee": "caution"}),
        (1, 1, {}),
        (1, 10**10, {}),
    ],
)
async def test_a_fee_above_the_payment_is_named_if_a_person_minds_it(
    on_base: Reviews, gwei: int, value: int, found: dict[str, str]
) -> None:
    price_of_gas(on_base, gwei * 10**9)
    review = await on_base.review(b"", value=value, to=SOMEBODY)
    assert review.fee
    assert codes(review) == found
    assert [f"for {readable_amount(value, 'ETH')}" in each.text for each in review.warnings] == [True] * len(
        found
    )


async def test_a_fee_of_free_money_is_not_named(reviews: Reviews) -> None:
    price_of_gas(reviews, 10**13)
    try:
        review = await reviews.review(b"", value=1, to=SOMEBODY)
    finally:
        price_of_gas(reviews, 10**9)
    assert review.fee
    assert codes(review) == {}


def test_of_every_network_it_is_known_which_fee_a_person_minds() -> None:
    assert {each.currency for each in KNOWN_NETWORKS} == NOTABLE_FEES.keys()
    assert {
        each.name for each in KNOWN_NETWORKS if "test" in each.title.lower() or "Sepolia" in each.title
    } == WITHOUT_VALUE


@pytest.mark.parametrize(("gas", "found"), [(None, {}), (200_000, {}), (30_000_000, {"high_fee": "danger"})])
async def test_a_gas_limit_far_above_the_need_is_a_danger(
    reviews: Reviews, gas: int | None, found: dict[str, str]
) -> None:
    reviews.code(words(number(1), RETURN))
    request = await read_request(reviews.chains.get("testnet"), reviews.sender, CONTRACT, 0, "0xd0e30db0")
    review = await reviewed(replace(request, gas=gas), knows_sender=True)
    assert codes(review) == found
    if found:
        assert "30,000,000 gas" in review.warnings[0].text


@pytest.mark.parametrize(
    "digits", ["e" * 40, "1234567890" * 4, "deadbeef" * 5, ("0123456789abcdef" * 3)[:40], "f" * 40]
)
async def test_a_placeholder_belongs_to_nobody(reviews: Reviews, digits: str) -> None:
    review = await reviews.review(b"", value=1_000_000_000_000_000_000, to=f"0x{digits}")
    assert codes(review)["lost_to_nobody"] == "danger"


async def test_a_program_at_such_an_address_does_not(reviews: Reviews) -> None:
    place = "0x" + "5" * 40
    reviews.code(words(number(1), RETURN), place)
    assert codes(await reviews.review(b"", value=10**18, to=place)) == {}
    reviews.code(b"", place)


async def test_tokens_that_are_sent_to_another_tokens_contract_are_lost(on_base: Reviews) -> None:
    """A payment of the coin to the wrapped coin's contract is a deposit, also through an account."""
    there = 8453
    usdc, weth = KNOWN_TOKENS[there]["USDC"][0], KNOWN_TOKENS[there]["WETH"][0]
    for address in (usdc, weth, CONTRACT):
        on_base.code(words(number(1), RETURN), address)
    lost = [
        called("transfer(address,uint256)", weth, 5),
        called("transferFrom(address,address,uint256)", OWNER, weth, 5),
    ]
    for data in (*lost, called("multicall(bytes[])", lost)):
        assert codes(await on_base.review(data, to=usdc)) == {"lost_to_nobody": "danger"}
    kept = called("transfer(address,uint256)", SOMEBODY, 5)
    for data, value, to in (
        (kept, 0, usdc),
        (b"", 10**18, weth),
        (called("execute(address,uint256,bytes)", weth, 0, b""), 0, CONTRACT),
    ):
        assert codes(await on_base.review(data, value=value, to=to)) == {}
    for address in (usdc, weth, CONTRACT):
        on_base.code(b"", address)


def swap(meaning: Meaning, amount: int, path: str = "") -> bytes:
    """The call with this amount at the path, else at the one of the least that it accepts."""
    kinds = meaning.signature.inputs

    def value(kind: Any) -> Any:
        head, _, tail = (path or meaning.floor).partition(".")
        if kind.name != head:
            return filled(kind, "", OWNER, kind.name)
        if not tail:
            return amount
        inner = filled(kind, "", OWNER, kind.name)
        at = [each.name for each in kind.components].index(tail)
        return (*inner[:at], amount, *inner[at + 1 :])

    arguments = encode([each.canonical() for each in kinds], [value(each) for each in kinds])
    number_of = {each.text: command for command, each in router_commands().items()}
    if meaning.text in number_of:
        return router(bytes([number_of[meaning.text]]), [arguments])
    return meaning.signature.selector() + arguments


def told(data: bytes, *changes: ReviewChange) -> list[str]:
    nodes = all_nodes(decode_calls([(ROUTER, 0, data)]).calls)
    return [f"{each.severity} {each.text}" for each in least_warnings(nodes, changes)]


@pytest.mark.parametrize("text", SWAPS)
def test_a_swap_without_a_useful_limit_is_a_danger(text: str) -> None:
    (unlimited,) = told(swap(SWAPS[text], 0))
    assert unlimited.startswith("danger The swap sets no useful lower limit")
    (little,) = told(swap(SWAPS[text], 12), ARRIVES)
    assert "as little as 1.2 % of what is shown" in little
    assert told(swap(SWAPS[text], 950), ARRIVES) == []
    assert told(swap(SWAPS[text], 950)) == []


def test_a_limit_that_a_later_call_checks_counts() -> None:
    first = swap(
        SWAPS[
            "exactInput((bytes path, address recipient, uint256 amountIn, uint256 amountOutMinimum) params)"
        ],
        0,
    )
    last = called("unwrapWETH9(uint256,address)", 950, OWNER)
    assert told(called("multicall(bytes[])", [first]), ARRIVES)
    assert told(called("multicall(bytes[])", [first, last]), ARRIVES) == []
    assert told(called("unwrapWETH9(uint256,address)", 0, OWNER), ARRIVES) == []


CEILINGS = {meaning.text: meaning for meaning in SWAPS.values() if meaning.ceiling}


@pytest.mark.parametrize("text", CEILINGS)
def test_a_swap_without_a_useful_upper_limit_is_a_danger(text: str) -> None:
    leaves = ARRIVES.model_copy(update={"direction": "out"})

    def codes_of(most: int, *changes: ReviewChange) -> list[str]:
        data = swap(CEILINGS[text], most, CEILINGS[text].ceiling)
        nodes = all_nodes(decode_calls([(ROUTER, 0, data)]).calls)
        return [each.code for each in most_warnings(nodes, changes)]

    assert codes_of(2**128, leaves) == ["no_maximum"]
    assert codes_of(2_001, leaves) == ["no_maximum"]
    assert codes_of(1_050, leaves) == []
    assert codes_of(2**128) == []


def test_every_swap_of_a_fixed_result_has_an_upper_limit() -> None:
    fixed = [text for text in SWAPS if "amountInMax" in text]
    assert len(fixed) >= 8
    assert set(fixed) == set(CEILINGS)


TOKENS = ("0x" + "7a" * 20, "0x" + "7b" * 20, "0x" + "7c" * 20)
"""What is paid, what passes through, and what is bought."""
DUST = ARRIVES.model_copy(update={"asset": "0x" + "66" * 20, "amount": "1"})


def swap_of_tokens(meaning: Meaning, amount: int, path: str) -> bytes:
    """As `swap`, from the first of the tokens to the last."""
    raw = [bytes.fromhex(each[2:]) for each in (TOKENS[::-1] if meaning.ceiling else TOKENS)]
    known = {"tokenIn": TOKENS[0], "tokenOut": TOKENS[-1], "path": (b"\0\1\2".join(raw), list(TOKENS))}

    def value(kind: Any, at: str) -> Any:
        if at == path:
            return amount
        if kind.name in known:
            found = known[kind.name]
            return found[bool(kind.sizes)] if kind.name == "path" else found
        if kind.base == "tuple":
            return tuple(value(each, f"{at}.{each.name}") for each in kind.components)
        return filled(kind, "", OWNER, kind.name)

    kinds = meaning.signature.inputs
    arguments = encode([each.canonical() for each in kinds], [value(each, each.name) for each in kinds])
    number_of = {each.text: command for command, each in router_commands().items()}
    if meaning.text in number_of:
        return router(bytes([number_of[meaning.text]]), [arguments])
    return meaning.signature.selector() + arguments


@pytest.mark.parametrize("text", SWAPS)
@pytest.mark.parametrize("unwraps", [False, True])
def test_a_worthless_token_beside_it_hides_no_missing_lower_limit(text: str, unwraps: bool) -> None:
    gets = ARRIVES.model_copy(update={"asset": None if unwraps else TOKENS[-1]})
    gets = gets.model_copy(update={"standard": "native"}) if unwraps else gets
    floor = SWAPS[text].floor
    (little,) = told(swap_of_tokens(SWAPS[text], 12, floor), gets, DUST)
    assert "as little as 1.2 % of what is shown" in little
    assert told(swap_of_tokens(SWAPS[text], 950, floor), gets, DUST) == []


@pytest.mark.parametrize("text", CEILINGS)
def test_a_worthless_token_beside_it_hides_no_missing_upper_limit(text: str) -> None:
    def codes_of(most: int, paid: str) -> list[str]:
        leaves = ARRIVES.model_copy(update={"direction": "out", "asset": paid})
        dust = leaves.model_copy(update={"asset": DUST.asset, "amount": str(10**30)})
        data = swap_of_tokens(CEILINGS[text], most, CEILINGS[text].ceiling)
        nodes = all_nodes(decode_calls([(ROUTER, 0, data)]).calls)
        return [each.code for each in most_warnings(nodes, [leaves, dust])]

    assert codes_of(2_001, TOKENS[0]) == ["no_maximum"]
    assert codes_of(1_050, TOKENS[0]) == []


SINGLE = next(
    each for text, each in SWAPS.items() if text.startswith("exactInputSingle") and "deadline" in text
)


def test_the_limits_of_a_swap_in_parts_add_up_and_those_of_another_token_do_not() -> None:
    gets = ARRIVES.model_copy(update={"asset": TOKENS[-1]})
    part = swap_of_tokens(SINGLE, 475, SINGLE.floor)
    assert told(called("multicall(bytes[])", [part, part]), gets) == []
    sweep = called("sweepToken(address,uint256,address)", DUST.asset, 950, OWNER)
    assert told(called("multicall(bytes[])", [swap_of_tokens(SINGLE, 5, SINGLE.floor), sweep]), gets, DUST)
    own = called("sweepToken(address,uint256,address)", TOKENS[-1], 950, OWNER)
    assert (
        told(called("multicall(bytes[])", [swap_of_tokens(SINGLE, 5, SINGLE.floor), own]), gets, DUST) == []
    )


def test_the_limit_of_a_swap_for_a_worthless_token_is_not_taken_for_that_of_the_coin() -> None:
    coins = ARRIVES.model_copy(update={"asset": None, "standard": "native"})
    bought, worthless = (bytes.fromhex(each[2:]) for each in (TOKENS[-1], "0x" + "66" * 20))
    decoy = swap_of_tokens(SINGLE, 10**30, SINGLE.floor).replace(bought, worthless)

    def codes_of(least: int) -> list[str]:
        unwrap = called("unwrapWETH9(uint256,address)", 0, OWNER)
        data = called("multicall(bytes[])", [swap_of_tokens(SINGLE, least, SINGLE.floor), decoy, unwrap])
        nodes = all_nodes(decode_calls([(ROUTER, 0, data)]).calls)
        return [each.code for each in least_warnings(nodes, [coins], [TOKENS[-1]])]

    assert codes_of(5) == ["no_minimum"]
    assert codes_of(950) == []


def test_the_wrapped_coin_is_known_where_its_token_is() -> None:
    assert wrapped_coins(1, "ETH") == {"0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"}
    assert wrapped_coins(137, "POL") == {"0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270"}
    assert wrapped_coins(31337, "ETH") == frozenset()
