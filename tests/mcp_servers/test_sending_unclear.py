"""Sending through a node that fails in the middle: the result contains a hash once it is known, and unknown values
are unknown.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest

from tests.mcp_servers.conftest import free_port
from tests.mcp_servers.fake_node import HASH, FakeNode, fake_node
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import configured_networks
from worker.ethereum.rpc import Pacing, RpcClient
from worker.ethereum.testnet_sending import send_transaction
from worker.ethereum.transaction_results import Sent
from worker.ethereum.transactions import Request, read_request
from worker.tool_outcomes import OutcomeUnknown, ToolEnded, ToolRefused

QUICK = Pacing(first_pause=0, longest_pause=0, receipt_seconds=0)
Answer = Callable[[str, dict[str, Any]], Any]


@pytest.fixture
def node() -> Generator[FakeNode]:
    with fake_node() as node:
        yield node


@pytest.fixture
async def request_(node: FakeNode) -> AsyncGenerator[Request]:
    chains = Chains(configured_networks({"TESTNET_RPC_URL": node.url}), QUICK)
    yield await read_request(chains.get("testnet"), "Alice", "Bob", "1 ether", "0x")
    await chains.close()


def failing(method: str, error: Any) -> Answer:
    return lambda asked, good: {"id": 1, "error": error} if asked == method else good


def answering(**results: Any) -> Answer:
    return lambda asked, good: {**good, "result": results.get(asked, good["result"])}


def gone_after(node: FakeNode, method: str, count: int = 1, **results: Any) -> Answer:
    """The node answers until it has answered `method`, and then hangs up on whoever asks."""
    usual = answering(**results)

    def answer(asked: str, good: dict[str, Any]) -> Any:
        is_gone = node.asked[:-1].count(method) >= count
        return None if is_gone else usual(asked, good)

    return answer


REVERTED = {"transactionHash": HASH, "blockNumber": "0x10", "status": "0x0", "gasUsed": "0x5208"}


@pytest.mark.parametrize(
    ("last", "results", "status"),
    [
        ("eth_sendTransaction", {}, "pending"),
        ("eth_getTransactionReceipt", {}, "success"),
        ("eth_getTransactionReceipt", {"eth_getTransactionReceipt": REVERTED}, "reverted"),
    ],
)
async def test_a_node_that_drops_away_afterwards_costs_no_hash(
    node: FakeNode, request_: Request, last: str, results: dict[str, Any], status: str
) -> None:
    node.answer = gone_after(node, last, **results)
    sent = await send_transaction(request_)
    assert (sent.hash, sent.status) == (HASH, status)
    assert node.asked.count("eth_sendTransaction") == 1
    if status == "reverted":
        assert sent.revert_reason == "unknown"


@pytest.mark.parametrize("receipt", [{"root": HASH, "blockNumber": "0x10"}, "0x", [], {"status": None}])
async def test_a_receipt_without_a_status_leaves_it_unknown(
    node: FakeNode, request_: Request, receipt: Any
) -> None:
    node.answer = answering(eth_getTransactionReceipt=receipt)
    sent = await send_transaction(request_)
    assert (sent.hash, sent.status, sent.fee_wei) == (HASH, "unknown", None)
    assert "do not send it again" in (sent.note or "")


async def test_a_preconfirmation_is_waited_for(node: FakeNode, request_: Request) -> None:
    node.answer = answering(eth_getTransactionReceipt={**REVERTED, "status": "0x1", "blockNumber": None})
    assert (await send_transaction(request_)).status == "pending"


@pytest.mark.parametrize("data", [{"txHash": HASH}, {HASH: {"error": "revert"}}])
async def test_a_node_that_answers_the_revert_of_what_it_has_mined_names_its_hash(
    node: FakeNode, request_: Request, data: Any
) -> None:
    error = {"code": -32603, "message": "reverted with reason string 'closed'", "data": data}

    def answer(asked: str, good: dict[str, Any]) -> Any:
        if asked == "eth_sendTransaction":
            return {"id": 1, "error": error}
        return answering(eth_getTransactionReceipt=REVERTED)(asked, good)

    node.answer = answer
    sent = await send_transaction(request_)
    assert (sent.hash, sent.status) == (HASH, "reverted")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda asked, good: None if asked == "eth_sendTransaction" else good, "unknown"),
        (lambda asked, good: (502, b"<html>") if asked == "eth_sendTransaction" else good, "unknown"),
        (answering(eth_sendTransaction={"pending": True}), "unknown"),
        (answering(eth_sendTransaction="0x12"), "unknown"),
        (failing("eth_sendTransaction", {"code": -32603, "message": "internal error"}), "unknown"),
        (failing("eth_sendTransaction", {"code": -32000, "message": "already known"}), "unknown"),
        (failing("eth_sendTransaction", {"code": -32002, "message": "request timed out"}), "unknown"),
        (failing("eth_sendTransaction", "something went sideways"), "unknown"),
        (failing("eth_sendTransaction", {"code": -32003, "message": "insufficient funds"}), "refused"),
        (failing("eth_sendTransaction", {"code": -32005, "message": "slow down"}), "refused"),
        (failing("eth_sendTransaction", {"code": -32000, "message": "tx type not supported"}), "refused"),
        (failing("eth_sendTransaction", {"code": -32602, "message": "invalid params"}), "refused"),
        (failing("eth_sendTransaction", {"code": -32000, "message": "nonce too low"}), "refused"),
        (failing("eth_estimateGas", {"code": -32603, "message": "internal error"}), "refused"),
        (failing("eth_call", {"code": 3, "message": "execution reverted: closed"}), "refused"),
        (answering(eth_estimateGas=None), "refused"),
    ],
)
async def test_what_a_node_says_to_a_transaction_is_a_refusal_or_unknown(
    node: FakeNode, request_: Request, answer: Answer, kind: str
) -> None:
    node.answer = answer
    with pytest.raises(ToolEnded) as ended:
        await send_transaction(request_)
    assert ended.value.kind == kind
    words = "may or may not have been sent" if kind == "unknown" else "Nothing was sent"
    assert words in str(ended.value)


async def test_a_node_that_cannot_be_connected_to_has_sent_nothing() -> None:
    client = RpcClient("testnet", f"http://127.0.0.1:{free_port()}", QUICK)
    with pytest.raises(ToolRefused, match="out of reach"):
        await client.write("eth_sendTransaction", {})
    await client.close()


def test_an_unknown_outcome_is_no_refusal() -> None:
    assert not issubclass(OutcomeUnknown, ToolRefused)
    assert Sent.model_fields["hash"].is_required()
