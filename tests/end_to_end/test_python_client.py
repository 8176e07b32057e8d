"""The Python client and the user's wallet on the real application: a request is made, signed on the chain,
answered and checked.
"""

from __future__ import annotations

import json

import httpx
import pytest

from forge_client import ApprovalHeld, Ended, ForgeClient, WaitingForWallet
from forge_client.wallet_requests import Approval
from local_dev.stack_process import RunningStack
from tests.end_to_end.chain import balance_of, send
from tests.end_to_end.conversing import Json
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS

pytestmark = END_TO_END

FRANK = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"
IVAN = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"
QUARTER = 25 * 10**16
REQUEST = "send 0.25 ETH to Ivan with my wallet"


async def asked(client: ForgeClient) -> Approval:
    with pytest.raises(WaitingForWallet) as waiting:
        await client.ask(REQUEST, timeout=PATIENCE_SECONDS)
    [approval] = waiting.value.approvals
    return approval


async def state_of_older_clients(client: ForgeClient, stack: RunningStack) -> Json:
    async with httpx.AsyncClient(base_url=stack.base_url, trust_env=False, timeout=PATIENCE_SECONDS) as web:
        return (await web.get("/api/state", params={"session_id": client.session_id})).json()


def notices(ended: Ended) -> str:
    return "\n".join(message.content for message in ended.messages if message.sender == "system")


async def test_a_wallet_request_is_approved_with_the_hash_of_what_was_signed(
    operator_stack: RunningStack,
) -> None:
    rpc = operator_stack.environment["TESTNET_RPC_URL"]
    before = await balance_of(rpc, IVAN)
    async with ForgeClient(operator_stack.base_url) as client:
        approval = await asked(client)
        assert (approval.to, approval.value, approval.chain_id) == (IVAN, str(QUARTER), 31337)
        pending = json.loads((await state_of_older_clients(client, operator_stack))["pending_wallet_tx"])
        assert (pending["to"], pending["value"], pending["data"]) == (IVAN, str(QUARTER), "0x")
        assert set(pending) == {"to", "value", "data", "gas", "description", "timestamp"}
        tx = await send(rpc, {"from": FRANK, "to": pending["to"], "value": hex(int(pending["value"]))})
        accepted = await client.approve(approval.approval_id, tx)
        ended = await client.ended(accepted.run_id, PATIENCE_SECONDS)
        assert ended.outcome == "completed"
        assert "Done: " in notices(ended)
        assert tx in notices(ended)
        now = await state_of_older_clients(client, operator_stack)
        assert (now["pending_wallet_tx"], now["approvals"]) == (None, [])
    assert await balance_of(rpc, IVAN) == before + QUARTER


async def test_a_wallet_request_is_rejected_with_the_users_reason(operator_stack: RunningStack) -> None:
    rpc = operator_stack.environment["TESTNET_RPC_URL"]
    before = await balance_of(rpc, IVAN)
    async with ForgeClient(operator_stack.base_url) as client:
        approval = await asked(client)
        assert (await state_of_older_clients(client, operator_stack))["pending_wallet_tx"] is not None
        accepted = await client.reject(approval.approval_id, "too dear")
        ended = await client.ended(accepted.run_id, PATIENCE_SECONDS)
        assert ended.outcome == "completed"
        assert "Rejected in the wallet" in notices(ended)
        assert "too dear" in notices(ended)
        assert (await state_of_older_clients(client, operator_stack))["pending_wallet_tx"] is None
    assert await balance_of(rpc, IVAN) == before


async def test_a_request_is_in_one_wallet_at_a_time(operator_stack: RunningStack) -> None:
    """Two clients of one session: the second may not sign while the first has the request in its wallet."""
    async with ForgeClient(operator_stack.base_url) as first:
        await first.set_wallet(FRANK)
        approval = await asked(first)
        async with ForgeClient(operator_stack.base_url, first.session_id) as second:
            state = await first.claim(approval, FRANK, "the-first-client")
            assert state.approvals[0].claim
            with pytest.raises(ApprovalHeld):
                await second.claim(approval, FRANK, "the-second-client", again=True)
            await first.release(approval, FRANK, "the-first-client")
            await second.claim(approval, FRANK, "the-second-client")
            accepted = await second.unanswered(approval.approval_id, claim_id="the-second-client")
            await second.ended(accepted.run_id, PATIENCE_SECONDS)
            known = await second.state()
            assert [report.outcome for report in known.approvals[0].reported] in (["unknown"], [])
            await second.reject(approval.approval_id)
