"""Etherscan API v2 has one endpoint for all chains, selected by `chainid`. A failure is an HTTP 200 with status 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from worker.json_text import read_json
from worker.mcp_servers.etherscan import wire
from worker.mcp_servers.etherscan.results import AccountTransactions, ContractAbi
from worker.mcp_servers.web.cache import TTLCache
from worker.mcp_servers.web.http_client import ApiClient, ApiFailed, ApiPacing, parse
from worker.mcp_servers.web.settings import ApiSettings, public_chain_id
from worker.tool_outcomes import ToolRefused

NAME = "Etherscan"
DEFAULT_URL = "https://api.etherscan.io/v2/api"
SUPPORTED = frozenset({1, 8453, 137, 42161, 59144, 59141})
ABI_SECONDS = 3600.0
MOST_ABIS = 256


class EtherscanApi:
    def __init__(self, environment: Mapping[str, str], pacing: ApiPacing | None = None) -> None:
        self._settings = ApiSettings.read(
            environment,
            url_variable="ETHERSCAN_URL",
            default_url=DEFAULT_URL,
            key_variable="ETHERSCAN_API_KEY",
        )
        self._client = ApiClient(NAME, self._settings.base_url, self._settings.egress, pacing=pacing)
        self._abis = TTLCache[ContractAbi](MOST_ABIS, ABI_SECONDS)

    @property
    def meta(self) -> dict[str, Any]:
        return self._settings.meta(SUPPORTED)

    async def close(self) -> None:
        await self._client.close()

    async def contract_abi(self, network: str, address: str) -> ContractAbi:
        async def ask() -> ContractAbi:
            text = await self._ask(network, module="contract", action="getabi", address=address)
            return _contract_abi(network, address, text)

        return await self._abis.get((network, address), ask)

    async def transactions(
        self, network: str, address: str, page: int, count: int, sort: str
    ) -> AccountTransactions:
        rows = await self._ask(
            network,
            module="account",
            action="txlist",
            address=address,
            startblock="0",
            endblock="99999999999",
            page=str(page),
            offset=str(count),
            sort=sort,
        )
        shown = [row.shown() for row in parse(NAME, wire.Rows, rows).root]
        return AccountTransactions(network=network, address=address, page=page, transactions=shown)

    async def _ask(self, network: str, **parameters: str) -> Any:
        chain_id = public_chain_id(network, NAME, SUPPORTED)
        key = self._settings.require_key(NAME)
        parameters = {"chainid": str(chain_id), **parameters, "apikey": key}
        answer = await self._client.get("", parameters, is_busy=_is_rate_limited)
        parsed = parse(NAME, wire.Answer, answer)
        if parsed.status == "1" or _means("nothing found", parsed.message):
            return parsed.result
        raise self._refusal(str(parsed.result or parsed.message))

    def _refusal(self, reason: str) -> ToolRefused:
        if _means("not verified", reason):
            return ToolRefused(
                "The contract's source code is not verified on Etherscan, so its ABI is not known. "
                "Check the address and the network.",
                "Or ask the user for the function's signature.",
            )
        if _means("bad key", reason):
            return ToolRefused(
                f"Etherscan does not accept the API key; the operator checks {self._settings.variable}."
            )
        return ToolRefused(f"Etherscan refused: {reason[:300]}")


def _contract_abi(network: str, address: str, text: Any) -> ContractAbi:
    """The API returns the ABI as JSON inside a string."""
    try:
        content = read_json(text)
    except (TypeError, ValueError):
        raise ApiFailed(NAME, "answered with an ABI that is no JSON") from None
    entries = parse(NAME, wire.Abi, content).root
    return ContractAbi(
        network=network,
        address=address,
        functions=[entry.function() for entry in entries if entry.type == "function"],
        events=[entry.head() for entry in entries if entry.type == "event"],
        abi=content,
    )


def _is_rate_limited(answer: Any) -> bool:
    if not isinstance(answer, dict):
        return False
    result = cast("dict[str, Any]", answer).get("result")
    return _means("rate limit", result)


Meaning = Literal["nothing found", "not verified", "bad key", "rate limit"]
_WORDS: dict[Meaning, str] = {
    # docs.etherscan.io, "Common Error Messages", read 2026-11-22: the API has no error codes, so only its words can
    # be matched.
    "nothing found": "no transactions found",
    "not verified": "not verified",
    "bad key": "api key",
    "rate limit": "rate limit",
}


def _means(meaning: Meaning, text: object) -> bool:
    return isinstance(text, str) and _WORDS[meaning] in text.lower()
