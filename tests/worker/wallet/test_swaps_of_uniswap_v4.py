"""A swap of Uniswap V4 by the Universal Router is read like any other, in both forms that its routers have had."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from forge.models.wallet_review import ReviewChange
from tests.worker.wallet.giving_calls import OWNER, ROUTER, THIEF, TOKEN, router
from tests.worker.wallet.test_payees import ONE, SWEEP, TWO
from worker.agent.wallet.review.call_nodes import Node, Reading
from worker.agent.wallet.review.decode_calls import decode_calls
from worker.agent.wallet.review.known_functions.router import newer_commands
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.warnings.payees import payee_warnings
from worker.agent.wallet.review.warnings.swap_limits import least_warnings, most_warnings
from worker.ethereum.addresses import ZERO_ADDRESS

IN_SINGLE, IN, OUT_SINGLE, OUT, SETTLE, SETTLE_ALL = 0x06, 0x07, 0x08, 0x09, 0x0B, 0x0C
TAKE, TAKE_ALL, TAKE_PORTION = 0x0E, 0x0F, 0x10
OTHER = "0x00000000000000000000000000000000000000dd"
POOL = (ZERO_ADDRESS, TOKEN, 3_000, 60, ZERO_ADDRESS)
HOPS = [(OTHER, 500, 10, ZERO_ADDRESS, b""), (TOKEN, 500, 10, ZERO_ADDRESS, b"")]
_POOL, _HOPS = "(address,address,uint24,int24,address)", "(address,uint24,int24,address,bytes)[]"
Action = tuple[int, bytes]


def single(action: int, pool: Any, forwards: bool, first: int, second: int, *, newer: bool) -> Action:
    price, value = (",uint256", (0,)) if newer else ("", ())
    kind = f"({_POOL},bool,uint128,uint128{price},bytes)"
    return action, encode([kind], [(pool, forwards, first, second, *value, b"")])


def hops(action: int, token: str, route: Any, first: int, second: int, *, newer: bool) -> Action:
    prices, value = (",uint256[]", ([],)) if newer else ("", ())
    kind = f"(address,{_HOPS}{prices},uint128,uint128)"
    return action, encode([kind], [(token, route, *value, first, second)])


def take(who: str) -> Action:
    return TAKE, encode(["address", "address", "uint256"], [TOKEN, who, 0])


def settle(*, from_user: bool = True) -> Action:
    return SETTLE, encode(["address", "uint256", "bool"], [ZERO_ADDRESS, 0, from_user])


def all_of(action: int, token: str, amount: int) -> Action:
    return action, encode(["address", "uint256"], [token, amount])


def v4(*actions: Action) -> bytes:
    return encode(["bytes", "bytes[]"], [bytes(each for each, _ in actions), [data for _, data in actions]])


def read(*actions: Action, more: bytes = b"", inputs: tuple[bytes, ...] = ()) -> Reading:
    return decode_calls([(ROUTER, 0, router(b"\x10" + more, [v4(*actions), *inputs]))])


def nodes(reading: Reading) -> list[Node]:
    return list(all_nodes(reading.calls))


def moved(direction: str, asset: str | None, amount: int) -> ReviewChange:
    fields = {"direction": direction, "asset": asset, "amount": str(amount), "sender": OWNER, "to": ROUTER}
    return ReviewChange.model_validate({**fields, "standard": "erc20" if asset else "native"})


def exact_in(least: int, *, newer: bool) -> list[Action]:
    return [
        single(IN_SINGLE, POOL, True, 10**18, least, newer=newer),
        hops(IN, ZERO_ADDRESS, HOPS, 10**18, least, newer=newer),
    ]


def exact_out(most: int, *, newer: bool) -> list[Action]:
    return [
        single(OUT_SINGLE, POOL, True, 1_000, most, newer=newer),
        hops(OUT, TOKEN, [(ZERO_ADDRESS, *HOPS[0][1:]), HOPS[0]], 1_000, most, newer=newer),
    ]


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("place", [0, 1])
def test_a_swap_in_either_form_needs_no_warning(newer: bool, place: int) -> None:
    for swap in (exact_in(990, newer=newer)[place], exact_out(10**18, newer=newer)[place]):
        for end in (take(ONE), all_of(TAKE_ALL, TOKEN, 990)):
            reading = read(swap, all_of(SETTLE_ALL, ZERO_ADDRESS, 10**18), end)
            assert (reading.warnings, reading.rights) == ([], [])
            arrives, leaves = moved("in", TOKEN, 1_000), moved("out", None, 10**18)
            assert least_warnings(nodes(reading), [arrives, leaves]) == []
            assert most_warnings(nodes(reading), [arrives, leaves]) == []
            assert payee_warnings(iter(nodes(reading)), OWNER) == []
    assert all(node.understood for node in nodes(reading))


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("place", [0, 1])
def test_a_swap_without_a_useful_limit_is_a_danger(newer: bool, place: int) -> None:
    arrives, dust = moved("in", TOKEN, 1_000), moved("in", OTHER, 5)
    for end in (take(ONE), all_of(TAKE_ALL, TOKEN, 12)):
        swap = exact_in(12, newer=newer)[place]
        (little,) = least_warnings(nodes(read(swap, settle(), end)), [arrives, dust])
        assert (little.severity, "1.2 %" in little.text) == ("danger", True)
    least_of_all = read(exact_in(12, newer=newer)[place], settle(), all_of(TAKE_ALL, TOKEN, 990))
    assert least_warnings(nodes(least_of_all), [arrives, dust]) == []
    swap = exact_out(2**127, newer=newer)[place]
    (much,) = most_warnings(nodes(read(swap, settle(), take(ONE))), [moved("out", None, 10**18), arrives])
    assert (much.code, much.severity) == ("no_maximum", "danger")


def test_the_coin_that_is_bought_is_compared_with_its_own_limit() -> None:
    for least, expected in ((990, 0), (12, 1)):
        swap = single(IN_SINGLE, POOL, False, 10**18, least, newer=False)
        found = nodes(read(swap, settle(), all_of(TAKE_ALL, ZERO_ADDRESS, least)))
        assert len(least_warnings(found, [moved("in", None, 1_000)])) == expected


def test_what_comes_of_it_goes_to_somebody_else() -> None:
    swap = exact_in(990, newer=True)[0]
    (warning,) = payee_warnings(iter(nodes(read(swap, settle(), take(THIEF)))), OWNER)
    assert (warning.code, warning.severity, THIEF in warning.text.lower()) == (
        "goes_elsewhere",
        "danger",
        True,
    )
    (lost,) = payee_warnings(iter(nodes(read(swap, settle(), take(TWO)))), OWNER)
    assert (lost.code, lost.severity) == ("lost_to_nobody", "danger")
    swept = read(swap, settle(), take(TWO), more=b"\x04", inputs=(SWEEP,))
    assert payee_warnings(iter(nodes(swept)), OWNER) == []
    part = TAKE_PORTION, encode(["address", "address", "uint256"], [TOKEN, THIEF, 4_000])
    (fee,) = payee_warnings(iter(nodes(read(swap, settle(), part, take(ONE)))), OWNER)
    assert (fee.severity, fee.text[:4]) == ("danger", "40 %")


def test_what_the_router_keeps_is_taken_out_by_a_settlement_of_its_own_only() -> None:
    kept = encode(["address", "uint256"], [TWO, 5])
    for from_user, expected in ((False, []), (True, ["lost_to_nobody"])):
        actions = v4(settle(from_user=from_user), exact_in(990, newer=False)[0], all_of(TAKE_ALL, TOKEN, 990))
        found = nodes(decode_calls([(ROUTER, 0, router(b"\x0b\x10", [kept, actions]))]))
        assert [each.code for each in payee_warnings(iter(found), OWNER)] == expected


SWAP = exact_in(990, newer=False)[0][1]


@pytest.mark.parametrize(
    "action",
    [
        (IN_SINGLE, SWAP[:-1]),
        (IN_SINGLE, SWAP + bytes(32)),
        (IN_SINGLE, b"\1" + SWAP[1:]),
        (IN_SINGLE, SWAP[:32] + b"\1" + SWAP[33:]),
        (IN_SINGLE, b""),
        (IN, SWAP),
        (0x02, SWAP),
        (0x11, b""),
        (0xFF, SWAP),
        hops(IN, ZERO_ADDRESS, HOPS, 0, 10**18, newer=False),
        hops(OUT, ZERO_ADDRESS, HOPS, 64, 10**18, newer=False),
    ],
)
def test_an_action_in_any_other_form_is_not_understood(action: Action) -> None:
    """Of a route in the older form a newer router reads other amounts, unless it cannot read it at all."""
    reading = read(action, settle(), take(ONE))
    assert ("not_understood", "danger") in [(each.code, each.severity) for each in reading.warnings]


def test_an_action_without_parameters_is_not_understood() -> None:
    data = router(b"\x10", [encode(["bytes", "bytes[]"], [bytes([IN_SINGLE, TAKE]), [SWAP]])])
    assert [each.code for each in decode_calls([(ROUTER, 0, data)]).warnings] == ["not_understood"]


@pytest.mark.parametrize("number", sorted(newer_commands()))
def test_a_swap_of_an_older_protocol_with_prices_of_its_hops_needs_no_warning(number: int) -> None:
    path = [OTHER, TOKEN] if number >= 0x08 else bytes.fromhex(OTHER[2:] + "0001f4" + TOKEN[2:])
    kinds = ["address", "uint256", "uint256", "address[]" if number >= 0x08 else "bytes", "bool", "uint256[]"]
    for prices in ([], [10**36]):
        data = encode(kinds, [ONE, 1_000, 990, path, True, prices])
        reading = decode_calls([(ROUTER, 0, router(bytes([number]), [data]))])
        assert reading.warnings == []
    assert payee_warnings(iter(nodes(reading)), OWNER) == []


def test_a_transfer_by_permit2_names_its_recipient() -> None:
    one = encode(["address", "address", "uint160"], [TOKEN, THIEF, 5])
    many = encode(["(address,address,uint160,address)[]"], [[(OWNER, THIEF, 5, TOKEN)]])
    for command, data in ((b"\x02", one), (b"\x0d", many)):
        reading = decode_calls([(ROUTER, 0, router(command, [data]))])
        assert (reading.warnings, THIEF in str(nodes(reading)[-1].values).lower()) == ([], True)
