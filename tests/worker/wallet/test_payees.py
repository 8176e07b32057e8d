"""What comes of a swap, a withdrawal or a deposit goes to the account that signs, or the card says to whom.

Nothing that leaves the signer's account shows it, so the simulation alone would look harmless.
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from forge.models.wallet_review import ReviewWarning
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import (
    LATER,
    OWNER,
    ROUTER,
    THIEF,
    WRAPPERS,
    called,
    router,
)
from worker.agent.wallet.review.decode_calls import decode_calls
from worker.agent.wallet.review.known_functions import Meaning, known_functions
from worker.agent.wallet.review.known_functions.router import router_commands
from worker.agent.wallet.review.shown_call_tree import all_nodes, recipient_of
from worker.agent.wallet.review.warnings.payees import payee_warnings
from worker.ethereum.function_signatures import AbiType

CALLED = {meaning.text: meaning for meaning in known_functions().values() if meaning.pays}
COMMANDS = {number: meaning for number, meaning in router_commands().items() if meaning.pays}
ONE, TWO = f"0x{1:040x}", f"0x{2:040x}"
SWEEP = encode(["address", "address", "uint256"], [THIEF, OWNER, 1])
KEEPS = {name: wrap for name, wrap in WRAPPERS.items() if "router" not in name}


def filled(kind: AbiType, path: str, who: str, at: str = "") -> Any:
    """A value of the type: `who` at the path, and the account that signs as every other address."""
    if kind.sizes:
        return [filled(kind.item(), path, who, at)]
    if kind.base == "tuple":
        return tuple(filled(each, path, who, f"{at}.{each.name}".strip(".")) for each in kind.components)
    if kind.base == "address":
        return who if at == path else OWNER
    others = {"bool": True, "string": "x", "bytes": b"x", "bytes32": bytes(32), "uint8": 27}
    return others.get(kind.canonical(), 10_000)


def arguments(meaning: Meaning, who: str) -> bytes:
    assert meaning.pays
    kinds = meaning.signature.inputs
    values = [filled(each, meaning.pays.to, who, each.name) for each in kinds]
    return encode([each.canonical() for each in kinds], values)


def call_of(meaning: Meaning, who: str) -> bytes:
    return meaning.signature.selector() + arguments(meaning, who)


def told(data: bytes, sender: str | None = OWNER) -> list[ReviewWarning]:
    return payee_warnings(all_nodes(decode_calls([(ROUTER, 0, data)]).calls), sender)


def recipient(data: bytes) -> str:
    return recipient_of(decode_calls([(ROUTER, 0, data)]).calls[0], OWNER).lower()


@pytest.mark.parametrize("text", CALLED)
def test_what_comes_of_a_call_goes_to_somebody_else(text: str) -> None:
    (warning,) = told(call_of(CALLED[text], THIEF))
    assert (warning.code, warning.severity) == ("goes_elsewhere", "danger")
    assert THIEF in warning.text.lower()
    assert told(call_of(CALLED[text], OWNER)) == []


@pytest.mark.parametrize("number", COMMANDS)
def test_what_comes_of_a_router_command_goes_to_somebody_else(number: int) -> None:
    meaning = COMMANDS[number]
    (warning,) = told(router(bytes([number]), [arguments(meaning, THIEF)]))
    assert (warning.code, warning.severity) == ("goes_elsewhere", "danger")
    for own in (OWNER, ONE):
        assert told(router(bytes([number]), [arguments(meaning, own)])) == []
    for kept in (TWO, ROUTER):
        assert told(router(bytes([number, 0x04]), [arguments(meaning, kept), SWEEP])) == []
        lost = told(router(bytes([number]), [arguments(meaning, kept)]))
        assert [each.code for each in lost] == ["lost_to_nobody"]


def swap_02(who: str, amount: int = 100) -> bytes:
    kinds = "(address,address,uint24,address,uint256,uint256,uint160)"
    return called(f"exactInputSingle({kinds})", (THIEF, THIEF, 500, who, amount, 1, 0))


def swap_01(who: str) -> bytes:
    kinds = "(address,address,uint24,address,uint256,uint256,uint256,uint160)"
    return called(f"exactInputSingle({kinds})", (THIEF, THIEF, 500, who, LATER, 100, 1, 0))


def exchange(who: str) -> bytes:
    return called("swapExactETHForTokens(uint256,address[],address,uint256)", 1, [THIEF], who, LATER)


def test_the_numbers_that_stand_for_an_account_are_those_of_the_routers_version() -> None:
    zero = f"0x{0:040x}"
    assert told(swap_02(ONE)) == []
    assert [each.code for data in (swap_02(TWO), swap_01(zero)) for each in told(data)] == [
        "lost_to_nobody"
    ] * 2
    elsewhere = [swap_01(ONE), swap_01(TWO), swap_02(zero)]
    assert [each.code for data in elsewhere for each in told(data)] == ["goes_elsewhere"] * 3
    assert {recipient(swap_02(each)) for each in (ONE, TWO, OWNER)} == {ROUTER.lower()}
    assert recipient(swap_01(ONE)) == ONE


def test_what_a_withdrawal_of_nobody_gives_goes_to_who_signs() -> None:
    def requested(who: str) -> bytes:
        return called("requestWithdrawals(uint256[],address)", [5], who)

    assert told(requested(f"0x{0:040x}")) == []
    assert [each.code for each in told(requested(ONE))] == ["goes_elsewhere"]


def test_an_exchange_that_the_next_call_pays_out_to_somebody_else_is_told() -> None:
    def swapped(who: str) -> bytes:
        return called("multicall(bytes[])", [swap_02(TWO), called("unwrapWETH9(uint256,address)", 1, who)])

    assert ["unwrapWETH9" in each.text for each in told(swapped(THIEF))] == [True]
    assert told(swapped(OWNER)) == []


def test_many_small_parts_are_a_large_one() -> None:
    fees = [encode(["address", "address", "uint256"], [OWNER, THIEF, 100])] * 40
    (warning,) = told(router(b"\x06" * 40, fees))
    assert (warning.severity, warning.text[:8]) == ("danger", "33.1 % o")
    others = [
        encode(["address", "address", "uint256"], [OWNER, f"0x{n:040x}", 50]) for n in range(9_000, 9_005)
    ]
    (warning,) = told(router(b"\x06" * 5, others))
    assert (warning.severity, " and 2 more, not" in warning.text) == ("danger", True)
    (warning,) = told(router(b"\x06" * 2, others[:2]))
    assert (warning.severity, warning.text[:9]) == ("caution", "0.9975 % ")


@pytest.mark.parametrize(
    ("part", "severity"), [(1, "caution"), (100, "caution"), (101, "danger"), (9_999, "danger")]
)
def test_a_small_part_for_who_offers_the_swap_is_a_caution(part: int, severity: str) -> None:
    fee = encode(["address", "address", "uint256"], [OWNER, THIEF, part])
    (warning,) = told(router(b"\x06", [fee]))
    assert warning.severity == severity
    assert warning.text.startswith(f"{part / 100:g} % of")
    assert recipient(router(b"\x06", [fee])) == ROUTER.lower()


def test_before_the_signer_is_known_it_is_asked_whose_account_it_is() -> None:
    (warning,) = told(swap_02(THIEF), sender=None)
    assert (warning.severity, "know whose" in warning.text) == ("caution", True)
    assert told(swap_02(ONE), sender=None) == []
    (warning,) = told(called("execute(address,uint256,bytes)", ROUTER, 0, exchange(THIEF)), sender=None)
    assert (warning.severity, "know whose" in warning.text) == ("caution", True)


ACCOUNTS = (
    st.binary(min_size=20, max_size=20).filter(lambda raw: any(raw[:18])).map(lambda raw: "0x" + raw.hex())
)


@examples(200)
@given(st.sampled_from(sorted(CALLED)), ACCOUNTS, st.lists(st.sampled_from(sorted(KEEPS)), max_size=4))
def test_in_any_wrapping_somebody_else_is_named_and_the_signer_is_not(
    text: str, who: str, levels: list[str]
) -> None:
    for account, is_told in ((who, True), (OWNER, False)):
        data = call_of(CALLED[text], account)
        for name in levels:
            data = WRAPPERS[name](ROUTER, data)
        tried("who gets what comes of a call", data)
        assert [who in each.text.lower() for each in told(data)] == ([True] if is_told else [])


WETH, USDC = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
PAIR = "0xB4e16d0168e52d35CaCD2c6185b44281Ec28C9Dc"
ON_BASE = ("0x4200000000000000000000000000000000000006", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")
PAIR_ON_BASE = "0x88A43bbDF9D098eEC7bCEda4e2494615dfD9bB9C"
V3_IN = ["address", "uint256", "uint256", "bytes", "bool"]
V2_IN = ["address", "uint256", "uint256", "address[]", "bool"]


def through(
    pair: str, *, amount: int = 0, to: str = OWNER, route: tuple[str, ...] = (WETH, USDC)
) -> list[bytes]:
    """A swap in V3 whose result goes to a pair of V2, and a swap there."""
    first = encode(V3_IN, [pair, 1_000, 0, b"\7" * 43, True])
    return [first, encode(V2_IN, [to, amount, 950, list(route), False])]


@pytest.mark.parametrize(
    ("pair", "route"), [(PAIR, (WETH, USDC)), (PAIR, (USDC, WETH, THIEF)), (PAIR_ON_BASE, ON_BASE)]
)
def test_a_pair_of_the_route_is_no_stranger(pair: str, route: tuple[str, ...]) -> None:
    assert told(router(b"\x00\x08", through(pair, route=route))) == []
    (warning,) = told(router(b"\x00\x08", through(pair, route=route, to=THIEF)))
    assert warning.code == "goes_elsewhere"
    assert pair not in warning.text


def test_what_stays_in_a_pair_goes_elsewhere() -> None:
    """Another account, another route, a swap that pays itself, one that may fail alone, and one that comes before."""
    first, last = through(PAIR)
    for data in (
        router(b"\x00\x08", through(THIEF)),
        router(b"\x00\x08", through(PAIR, route=(WETH, THIEF))),
        router(b"\x00\x08", through(PAIR, amount=1)),
        router(b"\x00\x88", [first, last]),
        router(b"\x08\x00", [last, first]),
        router(b"\x00", [first]),
        called("multicall(bytes[])", [router(b"\x00", [first]), router(b"\x08", [last])]),
    ):
        assert "goes_elsewhere" in {each.code for each in told(data)}
