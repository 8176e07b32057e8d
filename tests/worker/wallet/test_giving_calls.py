"""Every call that gives everything away is reported, in any form and nesting; what cannot be read is reported as
such.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.models.wallet_review import Allowance, ReviewWarning
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import (
    CALLS,
    GIVING,
    MOST,
    OWNER,
    ROUTER,
    THIEF,
    TOKEN,
    WRAPPER,
    WRAPPERS,
    GivingCall,
    approve,
    called,
    dirty,
    multisend,
    packed,
    router,
    safe,
)
from worker.agent.wallet.review.decode_calls import MOST_BYTES, MOST_CALLS, decode_calls
from worker.agent.wallet.review.known_functions.wrappers import BATCHES
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.token_facts import Facts
from worker.agent.wallet.review.warnings.rights import judged, right_warning
from worker.ethereum.addresses import ZERO_ADDRESS

LOUD = {"not_understood", "nested_too_deep", "too_large"}


def found_in(data: bytes, to: str = TOKEN) -> tuple[list[Allowance], list[ReviewWarning]]:
    """What is known without any chain."""
    reading = decode_calls([(to, 0, data)])
    pairs = [(right, judged(right, Facts(), OWNER)) for right in reading.rights]
    given_away = [right_warning(right, each, Facts(), OWNER) for right, each in pairs if not each.revokes]
    return [each for _, each in pairs], [*given_away, *reading.warnings]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_everything_given_away_is_a_danger_with_who_could_take_it(call: GivingCall) -> None:
    allowances, warnings = found_in(call.data, call.to)
    given_away = [each for each in allowances if each.kind == call.kind and not each.revokes]
    assert any(each.spender.lower() == THIEF and each.unlimited == call.unlimited for each in given_away)
    assert any(each.severity == "danger" and THIEF[-2:] in each.text.lower() for each in warnings)
    assert given_away[-1].source == ("inner call" if call.depth else "call")


def test_there_are_fifty_such_calls_of_which_no_two_are_the_same() -> None:
    assert len({call.data for call in CALLS}) == len(CALLS) >= 50


@pytest.mark.parametrize(
    "data",
    [
        approve(0),
        called("setApprovalForAll(address,bool)", THIEF, False),
        called("decreaseAllowance(address,uint256)", THIEF, 5),
        called("revokeOperator(address)", THIEF),
        called("lockdown((address,address)[])", [(TOKEN, THIEF)]),
    ],
    ids=["approve of nothing", "operator", "decrease", "ERC-777", "Permit2"],
)
def test_a_right_that_is_taken_away_is_no_danger(data: bytes) -> None:
    allowances, warnings = found_in(data)
    assert [each.revokes for each in allowances] == [True]
    assert warnings == []


def test_a_transfer_gives_no_rights_and_needs_no_warning() -> None:
    assert found_in(called("transfer(address,uint256)", THIEF, 5)) == ([], [])


def test_data_beside_the_arguments_is_told() -> None:
    _, warnings = found_in(called("transfer(address,uint256)", THIEF, 5) + b"\1" * 20)
    assert [(each.code, each.severity) for each in warnings] == [("extra_data", "caution")]


@pytest.mark.parametrize("batch", sorted(BATCHES))
def test_a_batch_of_a_safe_is_as_harmless_as_its_calls(batch: str) -> None:
    """Its code is known; another contract's may do more than the calls that are packed for it."""
    pays = called("transfer(address,uint256)", THIEF, 5)
    calls = multisend(packed(0, TOKEN, pays), packed(0, TOKEN, pays))
    assert found_in(safe(batch, calls, 1)) == ([], [])
    loud = (
        safe(WRAPPER, calls, 1),
        safe(batch, called("multicall(bytes[])", [pays]), 1),
        safe(batch, multisend(packed(1, WRAPPER, pays)), 1),
    )
    assert [[each.code for each in found_in(data)[1]] for data in loud] == [["delegated_code"]] * 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (dirty(called("transfer(address,uint256)", THIEF, 5)), "unusual_encoding"),
        (called("transfer(address,uint256)", THIEF, 5)[:40], "unusual_encoding"),
        (b"\x12\x34\x56\x78", "not_understood"),
        (b"\x09\x5e\xa7", "not_understood"),
        (called("execute(bytes32,bytes)", b"\x77" * 32, b"x"), "not_understood"),
        (called("multicall(bytes[])", [b"\x12\x34\x56\x78"]), "not_understood"),
        (called("execute(address,bytes)", WRAPPER, called("deposit()")), "delegated_code"),
    ],
    ids=["dirty", "short", "unknown", "no selector", "unknown mode", "unknown inside", "delegatecall"],
)
def test_what_may_hide_something_is_a_danger(data: bytes, code: str) -> None:
    _, warnings = found_in(data)
    assert (code, "danger") in [(each.code, each.severity) for each in warnings]


def test_short_data_is_read_with_zeros_behind_it_as_a_contract_reads_it() -> None:
    (allowance,), warnings = found_in(approve(2**255)[:37])
    assert (allowance.spender.lower(), allowance.amount) == (THIEF, str(2**255))
    assert "unusual_encoding" in [each.code for each in warnings]


def shared(pointers: int, tail: bytes) -> bytes:
    """A `multicall` whose calls all lie in one place, so that little data stands for very much."""
    head = [32, pointers, *[pointers * 32] * pointers]
    return called("multicall(bytes[])", [])[:4] + b"".join(word.to_bytes(32) for word in head) + tail


@pytest.mark.parametrize(
    "data",
    [
        shared(1_000, len(approve()).to_bytes(32) + approve().ljust(96, b"\0")),
        shared(600, (20_000).to_bytes(32) + bytes(20_000)),
        called("multiSend(bytes)", bytes(MOST_BYTES - 200)),
        called("multicall(bytes[])", [b"\1"] * 400),
        b"".join([called("multicall(bytes[])", [])[:4], (32).to_bytes(32), (2**255).to_bytes(32)]),
    ],
    ids=["one call a thousand times", "one long call", "packed zeros", "many calls", "endless array"],
)
def test_what_stands_for_too_much_is_read_up_to_the_bound_and_said_to_be_cut(data: bytes) -> None:
    assert len(data) <= MOST_BYTES
    reading = decode_calls([(TOKEN, 0, data)])
    assert len(list(all_nodes(reading.calls))) <= MOST_CALLS + 1
    dangers = {each.code for each in reading.warnings if each.severity == "danger"}
    assert dangers & {"nested_too_deep", "too_large"}


# What nobody listed.

AMOUNTS = st.one_of(
    st.integers(2**90, MOST),
    st.integers(90, 255).map(lambda bit: 2**bit),
    st.integers(90, 256).map(lambda bit: 2**bit - 1),
)
ADDRESSES = st.binary(min_size=20, max_size=20).filter(any).map(lambda raw: "0x" + raw.hex())
LEVELS = st.lists(st.tuples(st.sampled_from(sorted(WRAPPERS)), ADDRESSES, st.booleans()), max_size=12)


@st.composite
def gifts(draw: st.DrawFn) -> tuple[str, bytes]:
    """(who gets it, the call): any of the rows, with another amount, another receiver, and other dirt in its words."""
    spender = draw(ADDRESSES)
    name = draw(st.sampled_from(sorted(GIVING)))
    data = GIVING[name][0].replace(bytes.fromhex(THIEF[2:]), bytes.fromhex(spender[2:]))
    if name.startswith("approve of"):
        data = data[:-32] + draw(AMOUNTS).to_bytes(32)
    if draw(st.booleans()):
        at = data.index(bytes.fromhex(spender[2:]))
        data = data[: at - 12] + draw(st.binary(min_size=12, max_size=12)) + data[at:]
    return spender, data + draw(st.sampled_from([b"", b"\1", b"\0" * 31, b"\xff" * 40]))


@pytest.mark.slow
@examples(500)
@given(gifts(), LEVELS, st.binary(min_size=4, max_size=4))
def test_a_gift_in_any_wrapping_is_found_or_said_to_be_unreadable(
    gift: tuple[str, bytes], levels: list[tuple[str, str, bool]], unknown: bytes
) -> None:
    spender, data = gift
    to = TOKEN
    for name, wrapper, is_unknown in levels:
        outer = WRAPPERS[name](to, data)
        data = unknown + outer[4:] if is_unknown and len(levels) % 3 == 0 else outer
        to = wrapper
    if len(data) > MOST_BYTES:
        return
    allowances, warnings = found_in(data, to)
    tried("calls that give everything away", data)
    is_named = any(each.spender.lower() == spender and not each.revokes for each in allowances)
    dangers = {each.code for each in warnings if each.severity == "danger"}
    assert dangers
    assert is_named or dangers & LOUD
    assert is_named or dangers & {"nested_too_deep", "too_large"} or len(levels) % 3 == 0


@examples(300)
@given(st.binary(max_size=600), st.sampled_from([*sorted(WRAPPERS), ""]), st.integers(0, 40))
def test_any_bytes_are_read_or_said_not_to_be_and_never_for_long(raw: bytes, name: str, cut: int) -> None:
    head = WRAPPERS[name](TOKEN, raw) if name else raw
    data = head[: max(0, len(head) - cut)]
    reading = decode_calls([(TOKEN, 0, data)])
    tried("call data as the EVM would read it", data)
    if any(not node.understood for node in reading.calls):
        assert {each.code for each in reading.warnings if each.severity == "danger"} & LOUD


def test_more_rights_in_unread_bytes_than_are_shown_are_told() -> None:
    hidden = b"".join(
        called("approve(address,uint256)", f"0x{spender:040x}", MOST) for spender in range(1, 9)
    )
    _, warnings = found_in(called("transferAndCall(address,uint256,bytes)", THIEF, 1, hidden))
    assert "too_large" in {each.code for each in warnings if each.severity == "danger"}


@pytest.mark.parametrize(("operation", "delegates"), [(0, False), (1, False), (3, False), (4, True)])
def test_code_that_runs_with_the_rights_of_an_erc_725x_account_is_told(
    operation: int, delegates: bool
) -> None:
    harmless = called("transfer(address,uint256)", THIEF, 5)
    data = called("execute(uint256,address,uint256,bytes)", operation, TOKEN, 0, harmless)
    _, warnings = found_in(data, WRAPPER)
    assert ("delegated_code" in {each.code for each in warnings}) == delegates


@pytest.mark.parametrize(
    "inputs", [called("transfer(address,uint256)", THIEF, 5), b""], ids=["as a call", "none"]
)
def test_an_unknown_command_of_a_router_is_never_read_as_a_call(inputs: bytes) -> None:
    _, warnings = found_in(router(b"\x3e", [inputs]), ROUTER)
    assert [(each.code, each.severity) for each in warnings] == [("not_understood", "danger")]


BORROWS = {
    "Compound": called("borrow(uint256)", 5),
    "Aave": called("borrow(address,uint256,uint256,uint16,address)", TOKEN, 5, 2, 0, OWNER),
}


@pytest.mark.parametrize("name", BORROWS)
def test_a_loan_is_no_gain(name: str) -> None:
    """The simulation shows only what arrives, and the token that stands for the debt arrives too."""
    for wrap in (
        lambda _, data: data,
        *(WRAPPERS[each] for each in sorted(WRAPPERS) if "router" not in each),
    ):
        data = wrap(TOKEN, BORROWS[name])
        tried("loans", data)
        told = [each for each in found_in(data, WRAPPER)[1] if each.code == "loan"]
        assert [each.severity for each in told] == ["caution"]
        assert "takes a loan" in told[0].text
    assert not [each for each in found_in(called("repayBorrow(uint256)", 5))[1] if each.code == "loan"]


@pytest.mark.parametrize("witness", [False, True])
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("to", [THIEF, ZERO_ADDRESS])
@pytest.mark.parametrize("amount", [0, 5])
def test_a_signed_transfer_takes_no_right_away(witness: bool, many: bool, to: str, amount: int) -> None:
    """Permit2's transfers by signature, in the form with lists and with a witness too."""
    lists = "[]" if many else ""
    name = "permitWitnessTransferFrom" if witness else "permitTransferFrom"
    extra = "bytes32,string," if witness else ""
    text = f"{name}(((address,uint256){lists},uint256,uint256),(address,uint256){lists},address,{extra}bytes)"
    permitted, details = (TOKEN, 10**30), (to, amount)
    values: list[Any] = [([permitted] if many else permitted, 0, MOST), [details] if many else details, OWNER]
    allowances, warnings = found_in(called(text, *values, *((bytes(32), "") if witness else ()), b"\1" * 65))
    assert not [each for each in allowances if each.revokes or "may no longer" in each.text]
    assert len(allowances) == (amount > 0)
    assert "not_understood" not in {each.code for each in warnings}
    for each in allowances:
        assert (each.kind, each.amount) == ("permit2", "5")
        assert "gets up to 5 base units of your token" in each.text
