"""Encoding and decoding, compared with eth_abi over generated types and values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.bytecode import error_data, selector
from worker.ethereum.abi import decode_answer, decode_call, encode_call, explain_revert
from worker.ethereum.function_signatures import parse_signature, parse_types
from worker.ethereum.known_function_signatures import known_errors, known_functions
from worker.tool_outcomes import ToolRefused

# A case is (type as text, value as eth_abi takes it, value as a caller writes it in JSON).
Case = tuple[str, Any, Any]


def integers(bits: int, *, signed: bool) -> st.SearchStrategy[Case]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    name = f"{'' if signed else 'u'}int{bits}"
    return st.integers(low, high).map(lambda n: (name, n, str(n)))


def fixed_bytes(size: int) -> st.SearchStrategy[Case]:
    return st.binary(min_size=size, max_size=size).map(lambda b: (f"bytes{size}", b, "0x" + b.hex()))


scalars: st.SearchStrategy[Case] = st.one_of(
    st.integers(1, 32).flatmap(lambda n: integers(8 * n, signed=False)),
    st.integers(1, 32).flatmap(lambda n: integers(8 * n, signed=True)),
    st.integers(1, 32).flatmap(fixed_bytes),
    st.booleans().map(lambda b: ("bool", b, b)),
    st.text(st.characters(codec="utf-8"), max_size=40).map(lambda s: ("string", s, s)),
    st.binary(max_size=70).map(lambda b: ("bytes", b, "0x" + b.hex())),
    st.binary(min_size=20, max_size=20).map(
        lambda b: ("address", to_checksum_address(b), to_checksum_address(b))
    ),
)


def tuples(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    def join(cases: list[Case]) -> Case:
        types = ",".join(c[0] for c in cases)
        return f"({types})", tuple(c[1] for c in cases), [c[2] for c in cases]

    return st.lists(inner, min_size=1, max_size=3).map(join)


def arrays(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    """An array repeats one value: its elements must share one type."""

    def repeat(case: Case, count: int, fixed: bool) -> Case:
        size = str(count) if fixed else ""
        return f"{case[0]}[{size}]", [case[1]] * count, [case[2]] * count

    return st.one_of(
        st.builds(repeat, inner, st.integers(0, 3), st.just(False)),
        st.builds(repeat, inner, st.integers(1, 3), st.just(True)),
    )


cases = st.recursive(scalars, lambda inner: st.one_of(tuples(inner), arrays(inner)), max_leaves=6)


def plain(who: str) -> str:
    return who


@given(st.lists(cases, max_size=4))
def test_calls_encode_as_eth_abi_does_and_decode_to_the_same_values(arguments: list[Case]) -> None:
    signature = f"f({','.join(c[0] for c in arguments)})"
    encoded = encode_call(signature, [c[2] for c in arguments], plain)
    expected = encode([c[0] for c in arguments], [c[1] for c in arguments])
    assert encoded.data == "0x" + (keccak(signature.encode())[:4] + expected).hex()
    decoded = decode_call(bytes.fromhex(encoded.data[2:]), signature)
    assert [a.value for a in decoded.arguments] == [c[2] for c in arguments]
    again = encode_call(signature, [a.value for a in decoded.arguments], plain)
    assert again.data == encoded.data


@given(cases)
def test_a_value_written_as_json_text_encodes_like_the_value_itself(case: Case) -> None:
    is_structure = isinstance(case[2], list)
    written = json.dumps(case[2]) if is_structure else case[2]
    assert encode_call(f"f({case[0]})", [written], plain) == encode_call(f"f({case[0]})", [case[2]], plain)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("transfer(address,uint256)", "transfer(address,uint256)"),
        ("function transfer(address to, uint amount) external returns (bool)", "transfer(address,uint256)"),
        ("f((address token, uint24 fee)[] path, int x)", "f((address,uint24)[],int256)"),
        ("f(tuple(uint256,(bool,bytes)[2])[][3] calldata x)", "f((uint256,(bool,bytes)[2])[][3])"),
        ("f()", "f()"),
        ("error Nope(address indexed who)", "Nope(address)"),
        ("function transfer(address,uint256);", "transfer(address,uint256)"),
        ("function f(uint a) external returns (uint); ", "f(uint256)"),
        ("f(contract IERC20 token, uint x)", "f(address,uint256)"),
        ("f(interface IERC20[] tokens)", "f(address[])"),
        ("f(enum Pool.Kind kind, (enum K,contract C payable to)[2] x)", "f(uint8,(uint8,address)[2])"),
    ],
)
def test_signatures_as_people_write_them_become_canonical(text: str, canonical: str) -> None:
    assert parse_signature(text).canonical() == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "transfer",
        "transfer(",
        "f(uint257)",
        "f(uint7)",
        "f(bytes33)",
        "f(address,)",
        "f(mapping)",
        "(uint)",
        "f(" * 100,
        "f(" + "(" * 40 + ")" * 40 + ")",
        "f(uint256[)",
        "f;drop()",
        "f(uint256);drop()",
        "f(contract)",
        "f(enum Pool.)",
        "f(IERC20 token)",
        "f(struct Order order)",
        "f(uint256 \ud83d)",
    ],
)
def test_a_signature_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ToolRefused, match="signature"):
        parse_signature(text)


@given(st.text(max_size=60))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        canonical = parse_signature(text).canonical()
    except ToolRefused:
        return
    assert parse_signature(canonical).canonical() == canonical


@pytest.mark.parametrize(
    ("signature", "arguments", "hint"),
    [
        ("f(uint256)", [], "takes 1 arguments, not 0"),
        ("f(uint8)", ["256"], r"arguments\[0\] is out of range"),
        ("f(int8)", ["-129"], "out of range"),
        ("f(uint256)", [1.5], "whole number"),
        ("f(uint256)", ["1 ether"], "without a unit"),
        ("f(uint256)", [True], "whole number"),
        ("f(bytes4)", ["0x123456"], "exactly 4 bytes"),
        ("f(bytes)", ["0x123"], "even number"),
        ("f(bool)", ["yes"], "true or false"),
        ("f(address)", [5], "must be a string"),
        ("f(uint256[2])", [["1"]], "must have 2 elements"),
        ("f((uint256,bool))", [{"a": 1}], "array in the order"),
        ("f(uint256[][])", [["1"]], r"arguments\[0\]\[0\] must be a JSON array"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_their_place(
    signature: str, arguments: list[Any], hint: str
) -> None:
    with pytest.raises(ToolRefused, match=hint):
        encode_call(signature, arguments, plain)


def test_a_tuple_may_be_given_by_its_components_names() -> None:
    by_name = encode_call("f((uint256 a, bool b) x)", [{"b": True, "a": "7"}], plain)
    assert by_name.data == encode_call("f((uint256,bool))", [["7", True]], plain).data


def test_well_known_calls_are_decoded_without_a_signature_and_unknown_ones_shown_raw() -> None:
    data = selector("approve(address,uint256)") + encode(["address", "uint256"], ["0x" + "1" * 40, 5])
    decoded = decode_call(data, None)
    assert decoded.function == "approve"
    assert [(a.name, a.value) for a in decoded.arguments] == [("spender", "0x" + "1" * 40), ("amount", "5")]
    unknown = decode_call(b"\x01\x02\x03\x04" + bytes(32), None)
    assert (unknown.function, unknown.words) == (None, ["0x" + "00" * 32])


def test_data_of_another_function_is_not_decoded_as_the_named_one() -> None:
    with pytest.raises(ToolRefused, match="another function"):
        decode_call(selector("transfer(address,uint256)") + bytes(64), "approve(address,uint256)")


def test_data_that_is_too_short_for_its_function_is_refused() -> None:
    with pytest.raises(ToolRefused, match="does not fit"):
        decode_call(selector("transfer(address,uint256)") + bytes(20), None)


def test_answers_are_decoded_by_their_types() -> None:
    data = encode(["uint256", "(address,bool)"], [9, ("0x" + "2" * 40, True)])
    assert [a.value for a in decode_answer(data, "(uint256,(address,bool))")] == [
        "9",
        ["0x" + "2" * 40, True],
    ]
    assert [t.canonical() for t in parse_types("uint256, address[]")] == ["uint256", "address[]"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "no reason given"),
        (error_data("Error(string)", "not enough"), "not enough"),
        (error_data("Panic(uint256)", 0x11), "arithmetic overflow"),
        (error_data("ERC20InsufficientBalance(address,uint256,uint256)", "0x" + "1" * 40, 1, 2), "needed=2"),
        (b"\xde\xad\xbe\xef" + bytes(2), "custom error 0xdeadbeef with data 0x0000"),
        (b"\x08\xc3\x79\xa0\xff", "malformed Error"),
    ],
)
def test_reverts_are_told_in_words(data: bytes, text: str) -> None:
    assert text in explain_revert(data)


@given(st.binary(max_size=200))
def test_no_revert_data_makes_the_explanation_fail(data: bytes) -> None:
    assert explain_revert(data)


def test_the_tables_of_well_known_names_hold_the_published_selectors() -> None:
    functions = {key.hex(): f.name for key, f in known_functions().items()}
    assert functions["a9059cbb"] == "transfer"
    assert functions["095ea7b3"] == "approve"
    assert functions["414bf389"] == "exactInputSingle"
    assert functions["3593564c"] == "execute"
    errors = {key.hex(): f.name for key, f in known_errors().items()}
    assert (errors["08c379a0"], errors["4e487b71"], errors["e450d38c"]) == (
        "Error",
        "Panic",
        "ERC20InsufficientBalance",
    )
