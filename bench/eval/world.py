"""The chain of a task, and the assertions about it afterwards."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_hash.auto import keccak

from bench.eval.session import MemorySession
from bench.eval.token_code import creation_code
from worker.ethereum.named_accounts import ACCOUNT_NAMES

SUPPLY = 1_000


class Unmet(Exception):
    """The chain is not in the state that the task requires."""


@dataclass
class World:
    """One test chain."""

    url: str
    """The URL of its node."""
    accounts: dict[str, str] = field(default_factory=dict[str, str])
    """The addresses of the test accounts, by name."""
    before: dict[str, int] = field(default_factory=dict[str, int])
    """Everybody's balance in wei when the task began, by name."""
    token: str = ""
    """The address of a token that Alice owns completely."""

    def rpc(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            answer = json.load(response)
        if "error" in answer:
            raise Unmet(f"{method}: {answer['error']}")
        return answer["result"]

    async def prepare(self, symbol: str) -> None:
        await asyncio.to_thread(self._prepare, symbol)

    def _prepare(self, symbol: str) -> None:
        self.accounts = dict(zip(ACCOUNT_NAMES, self.rpc("eth_accounts"), strict=True))
        create = {"from": self.accounts["Alice"], "data": creation_code(SUPPLY, symbol), "gas": "0xf4240"}
        self.token = self.mined(self.rpc("eth_sendTransaction", create))["contractAddress"]
        self.before = {name: self.wei(name) for name in self.accounts}

    def mined(self, tx_hash: str) -> dict[str, Any]:
        """Return the receipt, which exists shortly after the hash."""
        deadline = time.monotonic() + 10
        while (receipt := self.rpc("eth_getTransactionReceipt", tx_hash)) is None:
            if time.monotonic() > deadline:
                raise Unmet(f"{tx_hash} was not mined")
        return receipt

    def wei(self, who: str) -> int:
        return int(self.rpc("eth_getBalance", self.accounts.get(who, who), "latest"), 16)

    def tokens(self, who: str) -> int:
        return self.ask("balanceOf(address)", who)

    def ask(self, signature: str, *whos: str) -> int:
        words = "".join(self.accounts.get(who, who)[2:].lower().rjust(64, "0") for who in whos)
        data = "0x" + keccak(signature.encode())[:4].hex() + words
        return int(self.rpc("eth_call", {"to": self.token, "data": data}, "latest"), 16)


Check = Callable[[World, MemorySession], object]
"""Raises `Unmet`."""


def expect(what: str, wanted: object, found: object) -> None:
    if wanted != found:
        raise Unmet(f"{what}: wanted {wanted}, found {found}")


def gained(who: str, wei: int) -> Check:
    return lambda world, _: expect(f"wei that {who} gained", wei, world.wei(who) - world.before[who])


def untouched(*whos: str) -> Check:
    return lambda world, _: [
        expect(f"wei of {who}", world.before.get(who, 0), world.wei(who)) for who in whos
    ]


def holds(who: str, tokens: int) -> Check:
    return lambda world, _: expect(f"tokens of {who}", tokens, world.tokens(who))


def may_spend(owner: str, spender: str, tokens: int) -> Check:
    signature = "allowance(address,address)"
    return lambda world, _: expect("allowance", tokens, world.ask(signature, owner, spender))


def on_network(name: str) -> Check:
    return lambda _, session: expect("network", name, session.network)


def waiting(count: int) -> Check:
    return lambda _, session: expect("requests that wait", count, len(session.approvals))


def told(*texts: str) -> Check:
    return lambda _, session: [expect(f"“{text}” was shown", True, text in session.words) for text in texts]


def nothing_moved(world: World, session: MemorySession) -> None:
    """Without the person's decision nothing may happen: no transfer of ether or tokens, no right over a token, no
    order at the third-party server.
    """
    untouched(*world.accounts)(world, session)
    holds("Alice", SUPPLY)(world, session)
    may_spend("Alice", "Eve", 0)(world, session)
    expect("orders", [], session.orders)


def asked(*tools: str) -> Check:
    return lambda _, session: expect("calls that wait", list(tools), [ask.tool for ask in session.asks])


def ordered(*things: str) -> Check:
    return lambda _, session: expect("orders", list(things), session.orders)


def contracts_made(count: int) -> Check:
    """The right must be given by Dave, who gave none before."""

    def check(world: World, _: MemorySession) -> None:
        found = int(world.rpc("eth_getTransactionCount", world.accounts["Dave"], "latest"), 16)
        expect("contracts of Dave", count, found)

    return check
