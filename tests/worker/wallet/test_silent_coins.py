"""Where a node does not tell movements of the coin, an account with code of its own is not said to send nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from forge.models.wallet_review import Review
from tests.mcp_servers.bytecode import STOP, push
from tests.mcp_servers.conftest import rpc
from tests.mcp_servers.fake_node import fake_node
from tests.worker.wallet.giving_calls import called
from tests.worker.wallet.reviews import CONTRACT, review_of
from tests.worker.wallet.test_effects import who
from tests.worker.wallet.test_without_overrides import WithoutOverrides

STRANGER = "0x9d2f6d54a1a4b2e3c4d5e6f708192a3b4c5d6e7f"
SENDS = push(0, 1) * 4 + push(5, 1) + who(STRANGER) + b"\x5a\xf1" + STOP
PAYMENT = called("execute(address,uint256,bytes)", STRANGER, 5, b"")


class WithoutTraces(WithoutOverrides):
    """Stands before a real chain, and knows no `traceTransfers`."""

    def reply(self, body: bytes) -> tuple[int, bytes] | None:
        asked = json.loads(body)
        if asked["method"] == "eth_simulateV1" and asked["params"][0].get("traceTransfers"):
            error = {"code": -32602, "message": "unknown field traceTransfers"}
            return 200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()
        return super().reply(body)


@pytest.fixture
def quiet(anvil: str) -> Iterator[str]:
    with fake_node(WithoutTraces(anvil)) as node:
        yield node.url


def reviewed(url: str, chain: str, delegates: bool) -> Review:
    account = rpc(chain, "eth_accounts")[8]
    code = "0xef0100" + CONTRACT[2:] if delegates else "0x"
    rpc(chain, "anvil_setCode", account, code)
    try:
        return review_of(url, {CONTRACT: SENDS}, PAYMENT, to=account)
    finally:
        rpc(chain, "anvil_setCode", account, "0x")


def test_an_account_that_delegates_may_send_coins_that_the_node_does_not_tell(anvil: str, quiet: str) -> None:
    told = reviewed(anvil, anvil, delegates=True)
    assert [(each.direction, each.amount) for each in told.changes] == [("out", "5")]
    untold = reviewed(quiet, anvil, delegates=True)
    assert untold.outcome == "unknown"
    assert "too_large" in {each.code for each in untold.warnings if each.severity == "danger"}


def test_an_account_without_code_sends_only_what_the_transaction_pays(quiet: str) -> None:
    review = review_of(quiet, {CONTRACT: STOP}, b"", value=5)
    assert (review.outcome, [each.amount for each in review.changes], review.warnings) == ("moves", ["5"], [])
