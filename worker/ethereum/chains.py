"""The configured chains, the node of each, and values that a node is asked for only once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from forge.models.session import NetworkInfo
from worker.ethereum.addresses import Account, label, resolve
from worker.ethereum.known_networks import (
    HAS_L1_FEE,
    NOTABLE_FEES,
    TESTNET,
    TESTNET_CHAIN_ID,
    WITHOUT_VALUE,
    Network,
    configured_networks,
    rpc_variable,
)
from worker.ethereum.named_accounts import ACCOUNT_NAMES
from worker.ethereum.node import Block, Receipt, Transaction, address, hex_data, quantity, transaction_hash
from worker.ethereum.node.fields import items
from worker.ethereum.rpc import NodeUnreadable, Pacing, RpcClient
from worker.tool_outcomes import ToolRefused


class Chain:
    """One network. Every read first makes sure that the node serves this network's chain."""

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
    def notable_fee(self) -> int | None:
        """The fee in wei from which a person minds it; None on a test network, whose coin has no value."""
        return None if self.name in WITHOUT_VALUE else NOTABLE_FEES.get(self.currency, 0)

    @property
    def may_send(self) -> bool:
        return self._network.info.sends

    @property
    def has_l1_fee(self) -> bool:
        return self.name in HAS_L1_FEE

    def sending_lock(self, sender: str) -> asyncio.Lock:
        """This lock lets an account send one transaction at a time, because a node gives two concurrent ones the
        same nonce.
        """
        return self._sending.setdefault(sender, asyncio.Lock())

    async def info(self) -> NetworkInfo:
        return self._network.info.model_copy(update={"chain_id": await self.chain_id()})

    async def chain_id(self, *, is_fresh: bool = False) -> int:
        """The chain id is asked again after a while, because a URL may later serve another chain. `is_fresh`: ask
        now.
        """
        known = self._chain_id
        if known is not None and not is_fresh and monotonic() < self._asked_at + self.pacing.chain_id_seconds:
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
        """Return the accounts for which the names Alice … Judy stand; empty except on testnet."""
        if self._test_accounts is None:
            is_test = self.name == TESTNET
            self._test_accounts = self._addresses(await self.read("eth_accounts")) if is_test else ()
        return self._test_accounts

    def _addresses(self, answer: Any) -> tuple[str, ...]:
        """The names are assigned by order, so no account in the middle may be left out."""
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
        """Return a number that the caller needs. Raises `NodeUnreadable` if the answer is not a number."""
        answer = await self.read(method, *params)
        if (number := quantity(answer)) is None:
            raise NodeUnreadable(self.name, method, answer)
        return number

    async def data(self, method: str, *params: Any) -> str:
        """Return bytes as 0x hex. Raises `NodeUnreadable` if the answer is not hex data."""
        answer = await self.read(method, *params)
        if (data := hex_data(answer)) is None:
            raise NodeUnreadable(self.name, method, answer)
        return data

    async def transaction(self, tx_hash: str) -> Transaction | None:
        """Return None if the node does not know the transaction. Fields that are missing or unreadable are None."""
        return Transaction.read(await self.read("eth_getTransactionByHash", tx_hash))

    async def receipt(self, tx_hash: str) -> Receipt | None:
        """Return None while the transaction is in no block known to this node."""
        return Receipt.read(await self.read("eth_getTransactionReceipt", tx_hash))

    async def block(self, parameter: str) -> Block | None:
        """`parameter`: a tag, a number in hex, or a hash. The block lists the hashes of its transactions."""
        method = "eth_getBlockByHash" if transaction_hash(parameter) else "eth_getBlockByNumber"
        return Block.read(await self.read(method, parameter, False))

    async def write(self, method: str, *params: Any) -> Any:
        await self.chain_id(is_fresh=True)
        return await self._rpc.write(method, *params)

    async def close(self) -> None:
        await self._rpc.close()


class Chains:
    """All configured networks, by name. A connection opens on first use, also after `close`."""

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
