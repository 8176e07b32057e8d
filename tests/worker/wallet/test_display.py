"""What a person reads before they sign: no contract, token or call may make it say something else."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from tests.mcp_servers.bytecode import selector
from worker.agent.wallet.display import decoded_call, simulation_text
from worker.mcp_servers.evm.results import AssetChange, Simulation

OWNER = "0x00000000000000000000000000000000000000A1"
THIEF = "0x00000000000000000000000000000000000000eE"
TOKEN = "0x00000000000000000000000000000000000000c0"
LARGEST = 2**256 - 1


def moved(**other: Any) -> AssetChange:
    usual = {"asset": TOKEN, "standard": "erc20", "symbol": "GOLD", "sender": OWNER, "to": THIEF}
    return AssetChange.model_validate({**usual, "amount": "5000", "formatted": "50", **other})


def simulated(*changes: AssetChange, more: int = 0) -> str:
    transfer = {"network": "base", "sender": OWNER, "from_account": None, "to": TOKEN, "to_account": None}
    amounts = {"value_wei": "0", "value_ether": "0", "currency": "ETH"}
    return simulation_text(
        Simulation.model_validate(
            {**transfer, **amounts, "success": True, "asset_changes": changes, "more_asset_changes": more}
        )
    )


def call(signature: str, *arguments: Any, beside: str = "") -> str:
    types = signature[signature.index("(") + 1 : -1].split(",")
    return decoded_call(selector(signature) + encode(types, arguments) + bytes.fromhex(beside)) or ""


def test_a_token_is_shown_by_its_address_beside_its_own_word() -> None:
    assert f"50 “GOLD” (token {TOKEN}) from {OWNER} to {THIEF}" in simulated(moved())


@pytest.mark.parametrize(
    "symbol",
    [
        f"GOLD from {THIEF[:12]}",
        "GOLD; no more",
        "USD\u0421",
        "\u202eDLOG",
        "GOLD”",
        "",
        None,
    ],
    ids=["sentence", "end", "cyrillic", "direction", "quote", "empty", "none"],
)
def test_a_symbol_that_is_no_plain_word_is_not_repeated(symbol: str | None) -> None:
    text = simulated(moved(symbol=symbol))
    assert f"5000 base units of the token {TOKEN} from {OWNER} to {THIEF}" in text
    assert not symbol or symbol not in text


def test_an_nft_is_shown_by_its_number_and_its_collection() -> None:
    assert f"the token 7 of {TOKEN} from" in simulated(moved(standard="erc721", amount="7", formatted=None))


def test_movements_that_are_not_shown_are_counted() -> None:
    text = simulated(moved(), *(moved(sender=THIEF, to=THIEF, amount=str(n)) for n in range(49)), more=10)
    assert f"from {OWNER}" in text
    assert "and 48 more movements" in text
    assert len(text) <= 4_000


@pytest.mark.parametrize(
    ("signature", "arguments"),
    [
        ("approve(address,uint256)", (THIEF, LARGEST)),
        ("approve(address,uint256)", (THIEF, 2**255)),
        ("increaseAllowance(address,uint256)", (THIEF, LARGEST)),
        ("setApprovalForAll(address,bool)", (THIEF, True)),
    ],
)
def test_an_unlimited_allowance_is_said_before_the_call(signature: str, arguments: tuple[Any, ...]) -> None:
    assert call(signature, *arguments).startswith(f"UNLIMITED ALLOWANCE: {THIEF} could take")


def test_a_limited_allowance_is_shown_as_it_is() -> None:
    assert call("approve(address,uint256)", THIEF, 40) == f"approve(spender: {THIEF}, amount: 40)"
    assert call("setApprovalForAll(address,bool)", THIEF, False).startswith("setApprovalForAll(")


def test_data_beside_the_arguments_is_told() -> None:
    plain = call("transfer(address,uint256)", THIEF, 1)
    assert plain == f"transfer(to: {THIEF}, amount: 1)"
    assert call("transfer(address,uint256)", THIEF, 1, beside="ff" * 20) == (
        f"{plain} and data beside the arguments, which a contract may read"
    )
