"""If a node cannot say what a transaction does, the card says that its effects are unknown."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.worker.wallet.giving_calls import called
from tests.worker.wallet.reviews import CONTRACT, SECOND, number
from worker.agent.wallet.review.review_request import reviewed
from worker.ethereum.chains import Chains
from worker.ethereum.transactions import read_request


class Node:
    """Speaks JSON-RPC; `answers` by method, and a number for any other."""

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers = answers

    async def handle(self, request: web.Request) -> web.Response:
        method = (await request.json())["method"]
        return web.json_response(
            {"jsonrpc": "2.0", "id": 1, **self.answers.get(method, {"result": "0x7a69"})}
        )


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": -32601, "message": "the method eth_simulateV1 does not exist"}},
        {"result": None},
        {"result": []},
        {"result": [{"calls": [{"status": "0x1"}]}]},
        {"result": [{"calls": [{"status": "0x1", "logs": [{"address": CONTRACT}]}]}]},
    ],
    ids=["no method", "null", "empty", "no logs", "a log that cannot be read"],
)
async def test_a_node_that_cannot_tell_leaves_it_unknown(answer: dict[str, Any]) -> None:
    usual = {"eth_call": {"result": "0x" + number(1).hex()}, "eth_accounts": {"result": []}}
    node = Node(**usual, eth_getCode={"result": "0x01"}, eth_simulateV1=answer)
    application = web.Application()
    application.router.add_post("/", node.handle)
    async with TestServer(application, host="127.0.0.1") as server:
        chains = Chains.from_environment({"TESTNET_RPC_URL": str(server.make_url("/"))})
        data = "0x" + called("deposit()").hex()
        request = await read_request(chains.get("testnet"), SECOND, CONTRACT, 0, data)
        review = await reviewed(request, knows_sender=True)
        await chains.close()
    assert (review.outcome, review.changes) == ("unknown", [])
    assert "not_simulated" in {each.code for each in review.warnings}
