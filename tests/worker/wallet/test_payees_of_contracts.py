"""What comes of a call may stay in a contract that pays anybody: it is lost unless a later call pays it out."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from tests.worker.wallet.giving_calls import OWNER, ROUTER, THIEF, TOKEN, WRAPPER, called, router
from tests.worker.wallet.test_payees import ONE, SWEEP, TWO, exchange, swap_01, swap_02, told
from worker.agent.wallet.review.decode_calls import decode_calls
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.warnings.payees import payee_warnings

V3_SWAP = ["address", "uint256", "uint256", "bytes", "bool"]


def command_swap(who: str, *, pays_with_held: bool = False) -> bytes:
    return encode(V3_SWAP, [who, 100, 1, b"path", not pays_with_held])


def many(*calls: bytes) -> bytes:
    return called("multicall(bytes[])", list(calls))


def by_anyone(*calls: bytes) -> bytes:
    return called(
        "aggregate3Value((address,bool,uint256,bytes)[])", [(ROUTER, False, 5, each) for each in calls]
    )


UNWRAP = called("unwrapWETH9(uint256,address)", 1, OWNER)
SWEPT = called("sweepToken(address,uint256,address)", THIEF, 1, OWNER)
REFUND = called("refundETH()")
ZERO = f"0x{0:040x}"


@pytest.mark.parametrize(
    "data",
    [
        router(b"\x00", [command_swap(TWO)]),
        router(b"\x00\x00", [command_swap(TWO), command_swap(ONE)]),
        router(b"\x04\x00", [SWEEP, command_swap(TWO)]),
        router(
            b"\x00\x04", [command_swap(OWNER), encode(["address", "address", "uint256"], [THIEF, TWO, 0])]
        ),
        many(swap_01(ZERO)),
        many(swap_01(ZERO), REFUND),
        many(UNWRAP, swap_01(ZERO)),
        by_anyone(exchange(ROUTER)),
    ],
)
@pytest.mark.parametrize("sender", [OWNER, None])
def test_what_stays_in_a_contract_of_anybody_is_lost(data: bytes, sender: str | None) -> None:
    (warning,) = [each for each in told(data, sender) if each.code == "lost_to_nobody"]
    assert (warning.severity, ROUTER in warning.text) == ("danger", True)


AGGREGATOR = "0xcA11bde05977b3631167028862bE2a173976CA11"


@pytest.mark.parametrize("inner", [exchange(AGGREGATOR), swap_02(ONE)])
def test_who_makes_the_calls_of_anybody_keeps_nothing_for_the_signer(inner: bytes) -> None:
    nodes = decode_calls([(AGGREGATOR, 5, by_anyone(inner))]).calls
    (warning,) = payee_warnings(all_nodes(nodes), OWNER)
    assert (warning.code, AGGREGATOR in warning.text) == ("lost_to_nobody", True)


@pytest.mark.parametrize(
    "data",
    [
        router(b"\x00\x04", [command_swap(TWO), SWEEP]),
        router(b"\x00\x0c", [command_swap(TWO), encode(["address", "uint256"], [ONE, 1])]),
        router(
            b"\x0b\x00", [encode(["address", "uint256"], [TWO, 5]), command_swap(ONE, pays_with_held=True)]
        ),
        many(swap_01(ZERO), UNWRAP),
        many(swap_01(ZERO), UNWRAP, REFUND),
        many(swap_02(TWO), SWEPT),
        many(swap_02(TWO), called("unwrapWETH9(uint256)", 1)),
        many(swap_02(TWO), swap_02(ONE, amount=0)),
        by_anyone(exchange(OWNER)),
        called("execute(address,uint256,bytes)", ROUTER, 0, many(swap_02(TWO), SWEPT)),
    ],
)
def test_what_a_later_call_pays_out_to_the_signer_needs_no_word(data: bytes) -> None:
    assert told(data) == []


def test_what_comes_to_the_smart_account_that_calls_is_the_signers() -> None:
    data = called("execute(address,uint256,bytes)", TOKEN, 0, exchange(WRAPPER))
    for sender in (OWNER, None):
        assert payee_warnings(all_nodes(decode_calls([(WRAPPER, 0, data)]).calls), sender) == []
