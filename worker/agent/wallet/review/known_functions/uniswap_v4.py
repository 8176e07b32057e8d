"""Actions of Uniswap V4 within the Universal Router's command V4_SWAP (`Actions.sol`, `IV4Router.sol`, `V4Router.sol`
and `CalldataDecoder.sol` of Uniswap/v4-periphery; routers 2.0 and 2.1; 2026-11-27).

An action is one byte; its parameters are arguments without a selector. The swaps have two forms, because newer routers
take a lowest price of each hop. What a swap gives stays with the pools until another action takes it, and the call
fails if anything is left there. `currency` is a token, or zero for the chain's own coin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from worker.agent.wallet.review.known_functions.rows import PLACES, Meaning, Pays, row

_POOL = "(address currency0, address currency1, uint24 fee, int24 tickSpacing, address hooks) poolKey, bool zeroForOne"
_HOPS = "(address currency, uint24 fee, int24 tickSpacing, address hooks, bytes hookData)[] hops"
_IN = "uint128 amountIn, uint128 amountOutMinimum"
_OUT = "uint128 amountOut, uint128 amountInMaximum"
_PRICE, _PRICES = "uint256 minHopPriceX36, ", "uint256[] minHopPriceX36, "
_PAYS = Pays("recipient", PLACES["02"])


@dataclass(frozen=True, slots=True)
class Form:
    """One form of the parameters of an action."""

    meaning: Meaning
    """The parameters of this form, and what they mean."""
    offset_elsewhere: str = ""
    """The path of a number in whose place routers of the other version expect an offset. Only if it points beyond the
    data, those routers refuse the action; empty if both versions read the same amounts.
    """


def _exact_in(text: str, offset_elsewhere: str = "") -> Form:
    return Form(row(text, floor="params.amountOutMinimum"), offset_elsewhere)


def _exact_out(text: str, offset_elsewhere: str = "") -> Form:
    meaning = row(text, floor="params.amountOut", ceiling="params.amountInMaximum")
    return Form(meaning, offset_elsewhere)


@cache
def v4_actions() -> dict[int, tuple[Form, ...]]:
    return {
        0x06: (
            _exact_in(f"SWAP_EXACT_IN_SINGLE(({_POOL}, {_IN}, bytes hookData) params)"),
            _exact_in(f"SWAP_EXACT_IN_SINGLE(({_POOL}, {_IN}, {_PRICE}bytes hookData) params)"),
        ),
        0x07: (
            _exact_in(f"SWAP_EXACT_IN((address currencyIn, {_HOPS}, {_IN}) params)", "params.amountIn"),
            _exact_in(f"SWAP_EXACT_IN((address currencyIn, {_HOPS}, {_PRICES}{_IN}) params)"),
        ),
        0x08: (
            _exact_out(f"SWAP_EXACT_OUT_SINGLE(({_POOL}, {_OUT}, bytes hookData) params)"),
            _exact_out(f"SWAP_EXACT_OUT_SINGLE(({_POOL}, {_OUT}, {_PRICE}bytes hookData) params)"),
        ),
        0x09: (
            _exact_out(f"SWAP_EXACT_OUT((address currencyOut, {_HOPS}, {_OUT}) params)", "params.amountOut"),
            _exact_out(f"SWAP_EXACT_OUT((address currencyOut, {_HOPS}, {_PRICES}{_OUT}) params)"),
        ),
        0x0B: (
            Form(row("SETTLE(address currency, uint256 amount, bool payerIsUser)", spends="payerIsUser")),
        ),
        0x0C: (Form(row("SETTLE_ALL(address currency, uint256 maxAmount)")),),
        0x0E: (Form(row("TAKE(address currency, address recipient, uint256 amount)", _PAYS)),),
        0x0F: (Form(row("TAKE_ALL(address currency, uint256 minAmount)", floor="minAmount", checks=True)),),
        0x10: (
            Form(
                row(
                    "TAKE_PORTION(address currency, address recipient, uint256 bips)",
                    Pays("recipient", PLACES["02"], part="bips"),
                )
            ),
        ),
    }
