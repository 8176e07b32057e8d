"""Any answer of a node leads to a typed and true result or a clear refusal, never to a crash or an invented failure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.fake_node import BALANCE, HASH, TOKEN, FakeNode, fake_node
from tests.mcp_servers.rpc_mutations import Mutation, every_field, mutations
from tests.properties import examples, sampled
from tests.unlisted import tried
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import configured_networks
from worker.ethereum.rpc import Pacing
from worker.mcp_servers import evm
from worker.tool_outcomes import carried

QUICK = Pacing(first_pause=0, longest_pause=0, receipt_seconds=0)
TRANSFER = {"from": "Alice", "to": "Bob", "value": "1 gwei"}
USES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "balance": ({"who": "Alice"}, ("eth_chainId", "eth_accounts", "eth_getBalance")),
    "erc20_balance": ({"token": TOKEN, "who": "Alice"}, ("eth_accounts", "eth_call")),
    "code": ({"address": TOKEN}, ("eth_getCode",)),
    "code_size": ({"address": TOKEN}, ("eth_chainId", "eth_getCode")),
    "call": ({"to": TOKEN, "input": "0x313ce567", "returns": "(uint256)"}, ("eth_call", "eth_accounts")),
    "simulate": (TRANSFER, ("eth_call", "eth_estimateGas", "eth_gasPrice", "eth_simulateV1", "eth_accounts")),
    "send": (
        TRANSFER,
        (
            "eth_chainId",
            "eth_call",
            "eth_estimateGas",
            "eth_sendTransaction",
            "eth_sendTransaction",
            "eth_getTransactionReceipt",
        ),
    ),
    "tx": ({"tx_hash": HASH}, ("eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_accounts")),
    "block": ({"block": "latest"}, ("eth_getBlockByNumber", "eth_chainId")),
    "list_networks": ({}, ("eth_chainId", "eth_accounts")),
}
CASES = st.sampled_from(
    [(tool, method) for tool, (_, methods) in USES.items() for method in methods]
).flatmap(lambda case: st.tuples(st.just(case[0]), mutations(case[1])))


class ForgetfulChains(Chains):
    """What a node has answered is kept; here each call begins without it, as in a new process."""

    def __init__(self, url: str) -> None:
        self._networks = configured_networks({"TESTNET_RPC_URL": url})
        self.forget()

    def forget(self) -> None:
        super().__init__(self._networks, QUICK)


@dataclass
class Desk:
    """The evm server over a real MCP session, in front of a node that answers as it is told."""

    node: FakeNode
    runner: asyncio.Runner
    chains: ForgetfulChains
    server: FastMCP[Any]

    def call(self, tool: str, mutation: Mutation) -> Any:
        self.node.asked.clear()
        self.node.answer = lambda method, envelope: (
            mutation.apply(envelope) if method == mutation.method else envelope
        )
        return self.runner.run(self._call(tool))

    async def _call(self, tool: str) -> Any:
        self.chains.forget()
        try:
            async with Client(self.server) as client:
                return await client.call_tool_mcp(tool, USES[tool][0])
        finally:
            await self.chains.close()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with fake_node() as node, asyncio.Runner() as runner:
        chains = ForgetfulChains(node.url)
        yield Desk(node, runner, chains, evm.serve(chains))


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(
    ("tool", "method"), sorted({(tool, method) for tool, (_, methods) in USES.items() for method in methods})
)
def test_every_field_that_is_missing_or_elsewhere_is_unknown(desk: Desk, tool: str, method: str) -> None:
    for mutation in sampled(every_field(method), 3):
        _check(desk, tool, mutation)


@pytest.mark.slow
@examples(150)
@given(case=CASES)
def test_every_tool_answers_honestly_or_refuses_clearly(desk: Desk, case: tuple[str, Mutation]) -> None:
    _check(desk, *case)


def _check(desk: Desk, tool: str, mutation: Mutation) -> None:
    tried("answers of nodes", (tool, mutation))
    result = desk.call(tool, mutation)
    text = result.content[0].text
    if result.is_error:
        _is_clear(tool, mutation, carried(result.meta), text, desk.node.asked)
    else:
        assert result.structured_content is not None
        _is_honest(tool, mutation, result.structured_content)


def _is_clear(tool: str, mutation: Mutation, kind: str | None, text: str, asked: list[str]) -> None:
    """A crash would say that the tool broke off, or be masked."""
    assert text.strip()
    assert "broke off" not in text
    assert "Error calling tool" not in text
    if tool != "send" or "eth_sendTransaction" not in asked:
        assert kind == "refused"
    else:
        assert (mutation.method, kind) == ("eth_sendTransaction", "unknown")


def _is_honest(tool: str, mutation: Mutation, answer: dict[str, Any]) -> None:
    """What the node did not say is not in the answer: no failure, no fee of zero, no other balance."""
    if tool in {"tx", "send"} and answer["status"] == "reverted":
        assert mutation.path == ("status",)
        assert is_zero(mutation.value)
    if tool in {"tx", "send"} and answer.get("fee_wei") == "0":
        assert is_zero(mutation.value)
    if tool == "send":
        assert answer["hash"] == HASH or mutation.method == "eth_sendTransaction"
    if tool == "simulate":
        assert answer["success"] is True
    if tool == "balance" and answer["wei"] != str(BALANCE):
        assert (mutation.method, mutation.path) == ("eth_getBalance", ())
        assert int(answer["wei"]) == as_number(mutation.value)
    if tool in {"code", "code_size"} and not answer["is_contract"]:
        assert mutation.value in {"0x", "0x0"}


def is_zero(value: Any) -> bool:
    return value is False or as_number(value) == 0


def as_number(value: Any) -> int | None:
    """The number that a person would read."""
    if isinstance(value, str):
        text = value.strip().lower()
        try:
            return int(text, 16) if text.startswith("0x") else int(text)
        except ValueError:
            return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return int(value) if is_number and abs(value) != float("inf") else None
