"""The configured chains: each one's node, and what is asked of a node only once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from forge.models.session import NetworkInfo
from worker.ethereum.addresses import ACCOUNT_NAMES, Account, label, resolve
from worker.ethereum.known_networks import (
    HAS_L1_FEE,
    TESTNET,
    TESTNET_CHAIN_ID,
    Network,
    configured_networks,
    rpc_variable,
)
from worker.ethereum.node import Block, Receipt, Transaction, address, hex_data, quantity, transaction_hash
from worker.ethereum.node.fields import items
from worker.ethereum.rpc import NodeUnreadable, Pacing, RpcClient
from worker.tool_outcomes import ToolRefused

CHAIN_ID_SECONDS = 30.0


class Chain:
    """One network. Every read makes sure first that the node really serves this network's chain."""

    def __init__(self, network: Network, pacing: Pacing | None = None) -> None:
        self.pacing = pacing or Pacing()
        self._network = network
        self._rpc = RpcClient(network.name, network.rpc_url, self.pacing)
        self._chain_id: int | None = None
        self._asked_at = 0.0
        self._test_accounts: tuple[str, ...] | None = None
        self._sending: dict[str, asyncio.Lock] = {}

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
    def may_send(self) -> bool:
        return self._network.info.sends

    @property
    def has_l1_fee(self) -> bool:
        return self.name in HAS_L1_FEE

    def sending_lock(self, sender: str) -> asyncio.Lock:
        """For one transaction of an account after the other: a node gives two at once the same nonce."""
        return self._sending.setdefault(sender, asyncio.Lock())

    async def info(self) -> NetworkInfo:
        return self._network.info.model_copy(update={"chain_id": await self.chain_id()})

    async def chain_id(self, *, is_fresh: bool = False) -> int:
        """Asked again after a while, for a URL may come to serve another chain; `is_fresh`: asked now."""
        known = self._chain_id
        if known is not None and not is_fresh and monotonic() < self._asked_at + CHAIN_ID_SECONDS:
            return known
        answer = await self._rpc.read("eth_chainId")
        if (actual := quantity(answer)) is None:
            raise NodeUnreadable(self.name, "eth_chainId", answer)
        self._check(actual)
        if actual != known:
            self._test_accounts = None
        self._chain_id, self._asked_at = actual, monotonic()
        return actual

    def _check(self, actual: int) -> None:
        variable, expected = rpc_variable(self.name), self._network.info.chain_id
        if self.name != TESTNET and actual != expected:
            raise ToolRefused(
                f"The node of {self.name} serves chain {actual}, not {expected}: "
                f"{variable} points to the wrong chain."
            )
        if self.name == TESTNET and actual not in self._network.chain_ids:
            raise ToolRefused(
                f"The node of testnet serves chain {actual}, which may be a public network: what is signed for it "
                f"could be sent there. {variable} must name a node with an id of its own (a fork: anvil --chain-id "
                f"31337), or {TESTNET_CHAIN_ID} the id of a private chain."
            )

    async def test_accounts(self) -> Sequence[str]:
        """The accounts that the names Alice … Judy stand for; empty except on testnet."""
        if self._test_accounts is None:
            is_test = self.name == TESTNET
            self._test_accounts = self._addresses(await self.read("eth_accounts")) if is_test else ()
        return self._test_accounts

    def _addresses(self, answer: Any) -> tuple[str, ...]:
        """The names go by the order, so none is left out of the middle."""
        found = [address(each) for each in items(answer) or []][: len(ACCOUNT_NAMES)]
        if items(answer) is None or None in found:
            raise NodeUnreadable(self.name, "eth_accounts", answer)
        return tuple(each for each in found if each)

    async def account(self, who: str) -> Account:
        return resolve(who, self.name, await self.test_accounts())

    async def label(self, address: str) -> Account:
        return label(address, await self.test_accounts())

    async def read(self, method: str, *params: Any) -> Any:
        await self.chain_id()
        return await self._rpc.read(method, *params)

    async def quantity(self, method: str, *params: Any) -> int:
        """A number that is needed. Raises `NodeUnreadable` when the answer is none."""
        answer = await self.read(method, *params)
        if (number := quantity(answer)) is None:
            raise NodeUnreadable(self.name, method, answer)
        return number

    async def data(self, method: str, *params: Any) -> str:
        """Bytes as 0x hex. Raises `NodeUnreadable` when the answer is none."""
        answer = await self.read(method, *params)
        if (data := hex_data(answer)) is None:
            raise NodeUnreadable(self.name, method, answer)
        return data

    async def transaction(self, tx_hash: str) -> Transaction | None:
        """None when the node does not know it. Fields that the node did not tell, or not readably, are None."""
        return Transaction.read(await self.read("eth_getTransactionByHash", tx_hash))

    async def receipt(self, tx_hash: str) -> Receipt | None:
        """None while the transaction is in no block, by this node's account."""
        return Receipt.read(await self.read("eth_getTransactionReceipt", tx_hash))

    async def block(self, parameter: str) -> Block | None:
        """`parameter`: a tag, a number in hex, or a hash; the block lists the hashes of its transactions."""
        method = "eth_getBlockByHash" if transaction_hash(parameter) else "eth_getBlockByNumber"
        return Block.read(await self.read(method, parameter, False))

    async def write(self, method: str, *params: Any) -> Any:
        await self.chain_id(is_fresh=True)
        return await self._rpc.write(method, *params)

    async def close(self) -> None:
        await self._rpc.close()


class Chains:
    """All configured networks, by name. Connections open at first use and after `close`."""

    def __init__(self, networks: Mapping[str, Network], pacing: Pacing | None = None) -> None:
        self._chains = {name: Chain(network, pacing) for name, network in networks.items()}

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
