"""Nodes without balance overrides: what cannot be determined without them is unknown, never a failure."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.models.wallet_review import Review
from tests.mcp_servers.bytecode import RETURN, REVERT, STOP, error_data, words
from tests.mcp_servers.conftest import rpc
from tests.mcp_servers.fake_node import FakeNode, fake_node
from tests.mcp_servers.rpc_mutations import body_mutations, error_mutations
from tests.patience import PATIENCE_SECONDS
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import THIEF, called
from tests.worker.wallet.reviews import CONTRACT, number
from worker.agent.wallet.review.review_request import reviewed
from worker.agent.wallet.review.simulate_request import check_for_anyone
from worker.ethereum.addresses import ZERO_ADDRESS
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import configured_networks
from worker.ethereum.rpc import Pacing
from worker.ethereum.transactions import Request, read_request
from worker.tool_outcomes import ToolRefused

QUICK = Pacing(first_pause=0, longest_pause=0)
MORE_THAN_ANYBODY_HAS = 10**26
"""Wei: less than the account is given by an override, and more than it earns as the miner of the test chain."""
Answer = Callable[[dict[str, Any]], Any]
TRUE, FALSE = words(number(1), RETURN), words(number(0), RETURN)
CLOSED = words(error_data("Error(string)", "the sale is over"), REVERT)


class WithoutOverrides(FakeNode):
    """Stands before a real chain, and does `with_override` to a call that wants one; None: it drops the override."""

    def __init__(self, chain: str) -> None:
        super().__init__()
        self.chain = chain
        self.with_override: Answer | None = None

    def reply(self, body: bytes) -> tuple[int, bytes] | None:
        asked = json.loads(body)
        params = asked["params"]
        if asked["method"] == "eth_call" and len(params) > 2:
            if self.with_override is not None:
                return _bytes(self.with_override({"jsonrpc": "2.0", "id": asked["id"], "result": "0x"}))
            asked["params"] = params[:2]
        request = urllib.request.Request(
            self.chain, json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
            return 200, response.read()


def _bytes(answer: Any) -> tuple[int, bytes] | None:
    return answer if answer is None or isinstance(answer, tuple) else (200, json.dumps(answer).encode())


def refusing(code: int, words: str, status: int = 200) -> Answer:
    return lambda good: (
        status,
        json.dumps({"jsonrpc": "2.0", "id": good["id"], "error": {"code": code, "message": words}}).encode(),
    )


KINDS_OF_NODE: dict[str, Answer | None] = {
    "geth's too many arguments": refusing(-32602, "too many arguments, want at most 2"),
    "Ambire: invalid params": refusing(-32602, "Invalid params"),
    "Hedera: unsupported": refusing(-32000, "Requested resource not found"),
    "no such method with three parameters": refusing(-32601, "Method not found", 404),
    "a gateway's page": lambda _: (400, b"<html>Bad Request</html>"),
    "null": lambda good: {**good, "result": None},
    "the override is dropped": None,
}


@dataclass
class Desk:
    node: WithoutOverrides
    runner: asyncio.Runner

    def code(self, code: bytes) -> None:
        rpc(self.node.chain, "anvil_setCode", CONTRACT, "0x" + code.hex())

    def review(self, data: bytes, value: int = 0) -> Review:
        return self._run(lambda request: reviewed(request, knows_sender=False), data, value)

    def check(self, data: bytes, value: int = 0) -> bytes | None:
        return self._run(check_for_anyone, data, value)

    def _run(self, use: Callable[[Request], Any], data: bytes, value: int) -> Any:
        async def run() -> Any:
            chains = Chains(configured_networks({"TESTNET_RPC_URL": self.node.url}), QUICK)
            try:
                chain = chains.get("testnet")
                return await use(await read_request(chain, ZERO_ADDRESS, CONTRACT, value, "0x" + data.hex()))
            finally:
                await chains.close()

        return self.runner.run(run())


@pytest.fixture(scope="module")
def desk(anvil: str) -> Iterator[Desk]:
    with fake_node(WithoutOverrides(anvil)) as node, asyncio.Runner() as runner:
        assert isinstance(node, WithoutOverrides)
        yield Desk(node, runner)


@pytest.mark.parametrize("node", list(KINDS_OF_NODE))
def test_on_a_node_without_overrides_what_can_be_known_is_known(desk: Desk, node: str) -> None:
    desk.node.with_override = KINDS_OF_NODE[node]
    transfer = called("transfer(address,uint256)", THIEF, 5)
    desk.code(FALSE)
    assert "returns_false" in codes(desk.review(transfer))
    desk.code(TRUE)
    tried_for_another = desk.review(transfer)
    assert not codes(tried_for_another) & {"returns_false", "not_simulated"}
    desk.code(CLOSED)
    with pytest.raises(ToolRefused, match="the sale is over"):
        desk.review(transfer)
    desk.code(STOP)
    unpaid = desk.review(transfer, MORE_THAN_ANYBODY_HAS)
    assert unpaid.outcome == "unknown"
    assert {"not_simulated", "sender_unknown"} <= codes(unpaid)


def codes(review: Review) -> set[str]:
    return {each.code for each in review.warnings}


@given(mutation=error_mutations("eth_call") | body_mutations("eth_call"))
@examples(40)
def test_however_a_node_refuses_overrides_the_call_is_tried_without(desk: Desk, mutation: Any) -> None:
    tried("node without state overrides", mutation)
    desk.node.with_override = mutation.apply
    desk.code(TRUE)
    assert desk.check(b"1234") == number(1)


@given(value=st.integers(MORE_THAN_ANYBODY_HAS, 10**27 - 1))
@examples(5)
def test_where_overrides_work_a_payment_is_tried_whatever_it_pays(desk: Desk, anvil: str, value: int) -> None:
    straight = Desk(WithoutOverrides(anvil), desk.runner)
    straight.node.url = anvil
    straight.code(TRUE)
    assert straight.check(b"1234", value) == number(1)
