"""The configured chains: each one's node, and what is asked of a node only once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from forge.models.session import NetworkInfo
from worker.mcp_servers.addresses import ACCOUNT_NAMES, Account, label, resolve
from worker.mcp_servers.known_networks import TESTNET, Network, configured_networks, rpc_variable
from worker.mcp_servers.rpc import RpcClient
from worker.mcp_servers.toolbox import ToolRefused


class Chain:
    """One network. Every read makes sure first that the node really serves this network's chain."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rpc = RpcClient(network.name, network.rpc_url)
        self._chain_id: int | None = None
        self._test_accounts: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        return self._network.name

    @property
    def expected(self) -> NetworkInfo:
        """What is known without asking the node."""
        return self._network.info

    @property
    def currency(self) -> str:
        return self._network.info.currency

    @property
    def sends(self) -> bool:
        return self._network.info.sends

    async def info(self) -> NetworkInfo:
        return self._network.info.model_copy(update={"chain_id": await self.chain_id()})

    async def chain_id(self) -> int:
        if self._chain_id is None:
            actual = int(await self._rpc.read("eth_chainId"), 16)
            expected = self._network.info.chain_id
            if self.name != TESTNET and actual != expected:
                raise ToolRefused(
                    f"The node of {self.name} serves chain {actual}, not {expected}: "
                    f"{rpc_variable(self.name)} points to the wrong chain."
                )
            self._chain_id = actual
        return self._chain_id

    async def test_accounts(self) -> Sequence[str]:
        """The accounts that the names Alice … Judy stand for; empty except on testnet."""
        if self._test_accounts is None:
            unlocked: list[str] = await self._rpc.read("eth_accounts") if self.name == TESTNET else []
            self._test_accounts = tuple(unlocked[: len(ACCOUNT_NAMES)])
        return self._test_accounts

    async def account(self, who: str) -> Account:
        return resolve(who, self.name, await self.test_accounts())

    async def label(self, address: str) -> Account:
        return label(address, await self.test_accounts())

    async def read(self, method: str, *params: Any) -> Any:
        await self.chain_id()
        return await self._rpc.read(method, *params)

    async def write(self, method: str, *params: Any) -> Any:
        await self.chain_id()
        return await self._rpc.write(method, *params)

    async def close(self) -> None:
        await self._rpc.close()


class Chains:
    """All configured networks, by name. Connections open at first use and after `close`."""

    def __init__(self, networks: Mapping[str, Network]) -> None:
        self._chains = {name: Chain(network) for name, network in networks.items()}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Chains:
        return cls(configured_networks(environment))

    def get(self, name: str) -> Chain:
        chain = self._chains.get(name.strip().lower())
        if chain is not None:
            return chain
        if not self._chains:
            raise ToolRefused(
                f"No network is configured; set {rpc_variable(TESTNET)} for a local test chain."
            )
        raise ToolRefused(f"There is no network {name[:64]!r} here; configured: {', '.join(self._chains)}.")

    def all(self) -> Sequence[Chain]:
        return list(self._chains.values())

    async def close(self) -> None:
        await asyncio.gather(*(chain.close() for chain in self._chains.values()))
