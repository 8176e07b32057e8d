"""0x Swap API v2 in its AllowanceHolder form: the user approves one contract and signs one plain transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from worker.concurrent_calls import both
from worker.ethereum.addresses import parse_address
from worker.ethereum.amounts import format_units, parse_amount
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import KNOWN_NETWORKS
from worker.ethereum.tokens import read_token
from worker.mcp_servers.web.http_client import ApiClient, ApiFailed, ApiPacing, parse
from worker.mcp_servers.web.settings import ApiSettings, public_chain_id
from worker.mcp_servers.zerox import wire
from worker.mcp_servers.zerox.results import SwapPrice, SwapQuote, SwapTransaction
from worker.tool_outcomes import ToolRefused

NAME = "0x"
DEFAULT_URL = "https://api.0x.org"
SUPPORTED = frozenset({1, 8453, 137, 42161, 59144})
NATIVE = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"
"""0x's address for the network's native currency."""


@dataclass(frozen=True, slots=True)
class SwapRequest:
    """A swap as the caller of the tool describes it, not checked yet."""

    network: str
    """The network's name."""
    sell_token: str
    """The address of the token to sell, or the native currency's symbol."""
    buy_token: str
    """The address of the token to buy, or the native currency's symbol."""
    sell_amount: str | int
    """The amount in base units, or for the native currency with a unit, such as `1.5 ETH`."""
    taker: str
    """The address that swaps; empty if a price needs none."""
    slippage_bps: int
    """The largest slippage in basis points; 100 is 1 %."""

    def parameters(self) -> dict[str, str]:
        """Return the form that the API accepts. Raises `ToolRefused`."""
        currency = _currency(self.network)
        sell, buy = _token(self.sell_token, currency), _token(self.buy_token, currency)
        if sell == buy:
            raise ToolRefused("The token to sell and the one to buy are the same.")
        parameters = {
            "chainId": str(public_chain_id(self.network, NAME, SUPPORTED)),
            "sellToken": sell,
            "buyToken": buy,
            "sellAmount": str(_base_units(self.sell_amount, currency, is_native=sell == NATIVE)),
            "slippageBps": str(self.slippage_bps),
        }
        return parameters | ({"taker": parse_address(self.taker)} if self.taker.strip() else {})


class ZeroxApi:
    def __init__(self, environment: Mapping[str, str], pacing: ApiPacing | None = None) -> None:
        self._settings = ApiSettings.read(
            environment, url_variable="ZEROX_URL", default_url=DEFAULT_URL, key_variable="ZEROX_API_KEY"
        )
        headers = {"0x-api-key": self._settings.key, "0x-version": "v2"}
        self._client = ApiClient(
            NAME, self._settings.base_url, self._settings.egress, headers=headers, pacing=pacing
        )
        self._chains = Chains.from_environment(environment)

    @property
    def meta(self) -> dict[str, Any]:
        return self._settings.meta(SUPPORTED)

    async def close(self) -> None:
        await self._client.close()
        await self._chains.close()

    async def price(self, request: SwapRequest) -> SwapPrice:
        return await self._described(request, parse(NAME, wire.Price, await self._ask("price", request)))

    async def quote(self, request: SwapRequest) -> SwapQuote:
        quote = parse(NAME, wire.Quote, await self._ask("quote", request))
        price = await self._described(request, quote)
        sent = quote.transaction.model_dump()
        transaction = SwapTransaction(**sent | {"to": parse_address(quote.transaction.to)})
        return SwapQuote(**price.model_dump(), transaction=transaction)

    async def _ask(self, what: str, request: SwapRequest) -> Any:
        parameters = request.parameters()
        self._settings.require_key(NAME)
        try:
            answer = await self._client.get(f"swap/allowance-holder/{what}", parameters)
        except ApiFailed as error:
            raise ToolRefused(_explain(error, self._settings.variable)) from error
        if not parse(NAME, wire.Liquidity, answer).available:
            raise ToolRefused(
                f"0x finds no liquidity for this swap on {request.network}. Try another amount."
            )
        return answer

    async def _described(self, request: SwapRequest, answer: wire.Price) -> SwapPrice:
        sell, buy = parse_address(answer.sell_token), parse_address(answer.buy_token)
        sell_decimals, buy_decimals = await both(
            self._decimals(request.network, sell), self._decimals(request.network, buy)
        )
        return SwapPrice(
            network=request.network,
            sell_token=sell,
            sell_amount=answer.sell_amount,
            sell_formatted=_formatted(answer.sell_amount, sell_decimals),
            buy_token=buy,
            buy_amount=answer.buy_amount,
            buy_formatted=_formatted(answer.buy_amount, buy_decimals),
            min_buy_amount=answer.min_buy_amount,
            min_buy_formatted=_formatted(answer.min_buy_amount, buy_decimals),
            network_fee_wei=answer.total_network_fee,
            sources=sorted({fill.source for fill in answer.route.fills}),
            issues=answer.issues.in_words(),
            allowance_target=answer.allowance_target,
        )

    async def _decimals(self, network: str, token: str) -> int | None:
        """Ask the token itself, if the network's node is configured; a price is useful even without decimals."""
        if token == NATIVE:
            return 18
        try:
            return (await read_token(self._chains.get(network), token)).decimals
        except ToolRefused:
            return None


def _currency(network: str) -> str:
    return next((i.currency for i in KNOWN_NETWORKS if i.name == network.strip().lower()), "ETH")


def _token(text: str, currency: str) -> str:
    return NATIVE if text.strip().upper() in {currency.upper(), "NATIVE"} else parse_address(text)


def _base_units(amount: str | int, currency: str, *, is_native: bool) -> int:
    if not is_native and not str(amount).strip().isdigit():
        raise ToolRefused(
            "The amount to sell must be whole base units of the token.",
            "Multiply by 10 to the power of its decimals for sell_amount.",
        )
    units = parse_amount(amount, currency)
    if units == 0:
        raise ToolRefused("The amount to sell must be more than zero.")
    return units


def _formatted(amount: str, decimals: int | None) -> str | None:
    return None if decimals is None else format_units(int(amount), decimals)


def _explain(error: ApiFailed, variable: str) -> str:
    if error.status in {401, 403}:
        return f"0x does not accept the API key; the operator checks {variable}."
    try:
        failure = wire.Failure.model_validate(error.body)
    except ValidationError:
        return str(error)
    reasons = [f"{detail.field}: {detail.reason}" for detail in failure.data.details] or [failure.message]
    return f"{error} {'; '.join(reasons)[:300]}".strip()
