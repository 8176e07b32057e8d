"""Etherscan API v2: one endpoint for all chains, told apart by `chainid`. Its failures come as HTTP 200, status 0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import BaseModel, Field, RootModel

from worker.mcp_servers.addresses import parse_address
from worker.mcp_servers.amounts import format_units
from worker.mcp_servers.etherscan.results import AccountTransaction, AccountTransactions, ContractAbi
from worker.mcp_servers.toolbox import ToolRefused
from worker.mcp_servers.web.cache import Remembered
from worker.mcp_servers.web.client import ApiClient, ApiFailed, parse
from worker.mcp_servers.web.settings import ApiSettings, public_chain_id

NAME = "Etherscan"
DEFAULT_URL = "https://api.etherscan.io/v2/api"
SUPPORTED = frozenset({1, 8453, 137, 42161, 59144, 59141})
ABI_SECONDS = 3600.0
MOST_ABIS = 256


class EtherscanApi:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._settings = ApiSettings.read(
            environment,
            url_variable="ETHERSCAN_URL",
            default_url=DEFAULT_URL,
            key_variable="ETHERSCAN_API_KEY",
        )
        self._client = ApiClient(NAME, self._settings.base_url, self._settings.egress)
        self._abis = Remembered[str](MOST_ABIS, ABI_SECONDS)

    async def close(self) -> None:
        await self._client.close()

    async def contract_abi(self, network: str, address: str) -> ContractAbi:
        async def ask() -> str:
            return str(await self._ask(network, module="contract", action="getabi", address=address))

        entries = _entries(await self._abis.get((network, address), ask))
        return ContractAbi(
            network=network,
            address=address,
            functions=[_function(entry) for entry in entries if entry.get("type") == "function"],
            events=[_head(entry) for entry in entries if entry.get("type") == "event"],
            abi=entries,
        )

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
        shown = [_transaction(row) for row in parse(NAME, _Rows, rows).root]
        return AccountTransactions(network=network, address=address, page=page, transactions=shown)

    async def _ask(self, network: str, **parameters: str) -> Any:
        chain_id = public_chain_id(network, NAME, SUPPORTED)
        key = self._settings.require_key(NAME)
        parameters = {"chainid": str(chain_id), **parameters, "apikey": key}
        answer = await self._client.get("", parameters, is_busy=_is_rate_limited)
        parsed = parse(NAME, _Answer, answer)
        if parsed.status == "1" or parsed.message == "No transactions found":
            return parsed.result
        raise ToolRefused(self._explain(str(parsed.result or parsed.message)))

    def _explain(self, reason: str) -> str:
        if "not verified" in reason:
            return (
                "The contract's source code is not verified on Etherscan, so its ABI is not known. "
                "Check the address and the network, or ask the user for the function's signature."
            )
        if "api key" in reason.lower():
            return f"Etherscan does not accept the API key; the operator checks {self._settings.variable}."
        return f"Etherscan refused: {reason[:300]}"


def _is_rate_limited(answer: Any) -> bool:
    if not isinstance(answer, dict):
        return False
    result = cast("dict[str, Any]", answer).get("result")
    return isinstance(result, str) and "rate limit" in result.lower()


def _entries(text: str) -> list[dict[str, Any]]:
    """The ABI travels as JSON inside of a string."""
    try:
        return cast("list[dict[str, Any]]", json.loads(text))
    except ValueError:
        raise ApiFailed(NAME, "answered with an ABI that is no JSON") from None


class _Answer(BaseModel):
    status: str
    message: str = ""
    result: Any = None


class _Row(BaseModel):
    """Numbers travel as decimal strings."""

    hash: str
    block: int = Field(alias="blockNumber")
    seconds: int = Field(alias="timeStamp")
    sender: str = Field(alias="from")
    to: str
    value: int
    gas_used: int = Field(alias="gasUsed")
    gas_price: int = Field(alias="gasPrice")
    is_error: str = Field(default="0", alias="isError")
    function: str = Field(default="", alias="functionName")
    method: str = Field(default="", alias="methodId")
    contract: str = Field(default="", alias="contractAddress")


class _Rows(RootModel[list[_Row]]):
    pass


def _transaction(row: _Row) -> AccountTransaction:
    return AccountTransaction(
        hash=row.hash,
        block_number=row.block,
        time=datetime.fromtimestamp(row.seconds, UTC).isoformat(),
        sender=parse_address(row.sender),
        to=parse_address(row.to) if row.to else None,
        value_wei=str(row.value),
        value_ether=format_units(row.value),
        fee_wei=str(row.gas_used * row.gas_price),
        succeeded=row.is_error != "1",
        function=row.function or row.method or None,
        contract_address=parse_address(row.contract) if row.contract else None,
    )


def _function(entry: dict[str, Any]) -> str:
    mutability = entry.get("stateMutability", "")
    suffix = f" {mutability}" if mutability in {"view", "pure", "payable"} else ""
    outputs = ", ".join(_type(output) for output in entry.get("outputs", []))
    return _head(entry) + suffix + (f" returns ({outputs})" if outputs else "")


def _head(entry: dict[str, Any]) -> str:
    inputs = ", ".join(f"{_type(i)} {i.get('name', '')}".strip() for i in entry.get("inputs", []))
    return f"{entry['name']}({inputs})"


def _type(parameter: dict[str, Any]) -> str:
    """`tuple[]` with components → `(address,uint256)[]`."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type(component) for component in parameter.get("components", []))
    return f"({inner}){kind.removeprefix('tuple')}"
