"""What a transaction would do now, without sending it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from worker.concurrent_calls import all_of, both
from worker.ethereum.addresses import ZERO_ADDRESS, parse_address
from worker.ethereum.amounts import format_units
from worker.ethereum.blocks import decimal
from worker.ethereum.chains import Chain
from worker.ethereum.fee_estimate import estimate_fee, estimate_gas
from worker.ethereum.known_tokens import known_addresses
from worker.ethereum.rpc import NodeRefused
from worker.ethereum.simulated_effects import TOO_MANY_LOGS, NoEffects, simulated_effects
from worker.ethereum.simulated_logs import Grant, Movement
from worker.ethereum.tokens import Token, read_token
from worker.ethereum.transaction_results import AssetChange, GivenRight, Simulation
from worker.ethereum.transactions import Request, refusal, would_fail
from worker.tool_outcomes import ToolRefused

MOST_CHANGES = 50


async def simulate_transaction(request: Request) -> Simulation:
    """Raises `ToolRefused` if the node cannot say whether the transaction would succeed; other unknown values are
    null.
    """
    call = request.call()
    try:
        answer, gas = await both(request.chain.data("eth_call", call, "latest"), estimate_gas(request))
    except NodeRefused as error:
        if not would_fail(error):
            raise
        return Simulation(**request.transfer(), success=False, revert_reason=refusal(error))
    fee = await estimate_fee(request, gas)
    return Simulation(
        **request.transfer(),
        success=True,
        return_data=answer,
        gas_estimate=decimal(gas),
        fee_estimate_wei=decimal(fee),
        fee_estimate_ether=None if fee is None else format_units(fee),
        **await _effects(request),
    )


async def _effects(request: Request) -> dict[str, Any]:
    found = await simulated_effects(request)
    if isinstance(found, NoEffects):
        return {"asset_changes": None, "untold": found.reason}
    changes, more = await _asset_changes(request, found.movements)
    given = sorted(found.grants, key=lambda each: _is_none_of_the_senders(request, each))
    untold = None if all(each.revokes for each in given[MOST_CHANGES:]) else TOO_MANY_LOGS
    return {
        "asset_changes": changes,
        "more_asset_changes": more,
        "rights": [_right(grant) for grant in given[:MOST_CHANGES]],
        "untold": found.untold or untold,
    }


def _is_none_of_the_senders(request: Request, grant: Grant) -> tuple[bool, bool]:
    """The order of rights: what the sender gives comes first, and what is only taken away last."""
    return grant.revokes, (grant.owner or "").lower() != request.sender.address.lower()


async def _asset_changes(request: Request, found: Sequence[Movement]) -> tuple[list[AssetChange], int]:
    """A contract may log any number of movements, so what the sender loses comes first, and of it the coin and the
    tokens that people know, because a contract cannot invent those.
    """
    shown = sorted(found, key=lambda each: _is_of_no_concern(request, each))[:MOST_CHANGES]
    addresses = sorted({each.asset for each in shown if each.standard != "native"})
    tokens = await all_of(_token(request.chain, address) for address in addresses)
    known = dict(zip(addresses, tokens, strict=True))
    return [_change(request.chain, each, known.get(each.asset)) for each in shown], len(found) - len(shown)


def _is_of_no_concern(request: Request, found: Movement) -> tuple[bool, bool]:
    """The order of movements, the most important first. A payment to oneself takes nothing."""
    sender, known = request.sender.address.lower(), known_addresses(request.chain.expected.chain_id)
    leaves = found.sender.lower() == sender != found.to.lower()
    return not leaves, found.standard != "native" and found.asset.lower() not in known


async def _token(chain: Chain, address: str) -> Token:
    """A token that cannot be asked now is still named by its address."""
    try:
        return await read_token(chain, address)
    except ToolRefused:
        return Token(address, None, None)


def _change(chain: Chain, found: Movement, token: Token | None) -> AssetChange:
    is_counted = token is None or found.standard not in {"erc721", "erc1155"}
    formatted = format_units(found.amount) if token is None else token.format(found.amount)
    return AssetChange(
        asset="native" if token is None else parse_address(token.address),
        standard=found.standard,
        symbol=chain.currency if token is None else token.symbol,
        sender=parse_address(found.sender.lower()),
        to=parse_address(found.to.lower()),
        amount=str(found.amount),
        token_id=None if found.token_id is None else str(found.token_id),
        formatted=formatted if is_counted else None,
    )


def _right(grant: Grant) -> GivenRight:
    return GivenRight(
        kind=grant.kind,
        contract=parse_address(grant.token.lower()),
        owner=parse_address(grant.owner.lower()) if grant.owner else None,
        who=parse_address(grant.spender.lower()) if grant.spender else ZERO_ADDRESS,
        amount=None if grant.amount is None else str(grant.amount),
        event=grant.event,
        revokes=grant.revokes,
        single=grant.single,
    )
