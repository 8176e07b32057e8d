"""Commands of Uniswap's Universal Router (its `Commands.sol` and `Dispatcher.sol`, versions 1.2 to 2.1; 2026-11-26).

A command is one byte; its inputs are arguments without a selector.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from worker.agent.wallet.review.known_functions.rows import (
    PLACES,
    THE_CALLED,
    Calls,
    Gives,
    Meaning,
    Pays,
    row,
)

COMMAND_MASK = 0x3F
"""The bits of a command in version 1.2."""
NEWER = 0x40
"""One more bit of a command in newer routers (Uniswap/universal-router, `Commands.sol`, 2026-11-27): the mask is 0x7f,
and 0x40 is a deposit in Across, which bridges. An older router ignores it, so a command with it means two things.
"""
MAY_FAIL = 0x80
"""The bit of a command that lets the others go on if it fails."""

_DETAILS = "(address token, uint160 amount, uint48 expiration, uint48 nonce)"
_PERMIT = Gives("permit2", "permit.spender", asset="permit.details.token", amount="permit.details.amount")
_PAYS = Pays("recipient", PLACES["02"])
_RAW = (0x11, 0x12, 0x14)
"""Commands whose inputs are a complete call of the position manager, with its selector."""


@cache
def router_commands() -> dict[int, Meaning]:
    return {
        0x00: row(
            "V3_SWAP_EXACT_IN(address recipient, uint256 amountIn, uint256 amountOutMin, bytes path, "
            "bool payerIsUser)",
            _PAYS,
            spends="payerIsUser",
            floor="amountOutMin",
        ),
        0x01: row(
            "V3_SWAP_EXACT_OUT(address recipient, uint256 amountOut, uint256 amountInMax, "
            "bytes path, bool payerIsUser)",
            _PAYS,
            spends="payerIsUser",
            floor="amountOut",
            ceiling="amountInMax",
        ),
        0x02: row(
            "PERMIT2_TRANSFER_FROM(address token, address recipient, uint160 amount)", recipient="recipient"
        ),
        0x03: row(
            f"PERMIT2_PERMIT_BATCH(({_DETAILS}[] details, address spender, "
            "uint256 sigDeadline) permit, bytes signature)",
            _PERMIT,
        ),
        0x04: row(
            "SWEEP(address token, address recipient, uint256 amountMin)",
            _PAYS,
            spends=THE_CALLED,
            floor="amountMin",
        ),
        0x05: row("TRANSFER(address token, address recipient, uint256 amount)", _PAYS, spends=THE_CALLED),
        0x06: row(
            "PAY_PORTION(address token, address recipient, uint256 bips)",
            Pays("recipient", PLACES["02"], part="bips"),
        ),
        0x08: row(
            "V2_SWAP_EXACT_IN(address recipient, uint256 amountIn, uint256 amountOutMin, "
            "address[] path, bool payerIsUser)",
            _PAYS,
            spends="payerIsUser",
            floor="amountOutMin",
            prepaid=("amountIn", "path"),
        ),
        0x09: row(
            "V2_SWAP_EXACT_OUT(address recipient, uint256 amountOut, uint256 amountInMax, "
            "address[] path, bool payerIsUser)",
            _PAYS,
            spends="payerIsUser",
            floor="amountOut",
            ceiling="amountInMax",
        ),
        0x0A: row(
            f"PERMIT2_PERMIT(({_DETAILS} details, address spender, uint256 sigDeadline) permit, "
            "bytes signature)",
            _PERMIT,
        ),
        0x0B: row("WRAP_ETH(address recipient, uint256 amount)", _PAYS),
        0x0C: row(
            "UNWRAP_WETH(address recipient, uint256 amountMin)", _PAYS, spends=THE_CALLED, floor="amountMin"
        ),
        0x0D: row(
            "PERMIT2_TRANSFER_FROM_BATCH((address from, address to, uint160 amount, address token)[] batch)",
            recipient="batch.to",
            takes_from="batch.from",
        ),
        0x0E: row("BALANCE_CHECK_ERC20(address owner, address token, uint256 minBalance)"),
        0x10: row(
            "V4_SWAP(bytes actions, bytes[] params)",
            Calls(data="params", packing="actions", mode="actions"),
        ),
        0x21: row(
            "EXECUTE_SUB_PLAN(bytes commands, bytes[] inputs)",
            Calls(data="inputs", packing="router", mode="commands"),
        ),
        0x22: row("APPROVE_ERC20(address token, uint256 spender)"),
    }


_PRICED = (0x00, 0x01, 0x08, 0x09)


@cache
def newer_commands() -> dict[int, Meaning]:
    """Return the commands of which routers from version 2.1 read one argument more, the lowest price of each hop; an
    older router reads the others at the same places.
    """
    commands = {number: router_commands()[number] for number in _PRICED}
    return {
        number: replace(meaning, text=f"{meaning.text[:-1]}, uint256[] minHopPriceX36)")
        for number, meaning in commands.items()
    }


def is_raw_call(command: int) -> bool:
    return command in _RAW
