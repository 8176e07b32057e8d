"""A worker with a wallet and two real chains: the test network, and one that claims to be Base."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from forge.models.approval import Approval
from forge.models.approval_reply import ApprovalReply
from forge.models.session_key import SessionKey
from forge_client.conversation import Conversation
from tests.mcp_servers.conftest import anvil, other_anvil, rpc
from tests.worker.gateway import Page
from tests.worker.stage import KEY, Stage
from tests.worker.wallet.payments import Payments
from tests.worker.wallet.reviews import Reviews
from tests.worker.wallet.talk import Talk
from worker.agent.wallet import Wallet, WalletTerms
from worker.ethereum.chains import Chains
from worker.mcp_servers import evm
from worker.mcp_servers.own_servers import networks

__all__ = ["anvil", "other_anvil"]


@dataclass
class Payer:
    """A whole session with a page, and the person's wallet: an account of the test chain."""

    stage: Stage
    talk: Talk
    page: Page
    url: str
    key: SessionKey = KEY

    async def say(self, content: str, **values: Any) -> Conversation:
        return await self.page.ended(await self.stage.say(content, self.key, **values))

    async def answer(
        self,
        outcome: str = "sent",
        tx_hash: str | None = None,
        *,
        to: str | None = None,
        reason: str | None = None,
        claim_id: str | None = None,
    ) -> Conversation:
        """As the page answers: by the approval's id."""
        named = {"approval_id": to, "transaction_hash": tx_hash, "claim_id": claim_id}
        reply = ApprovalReply.model_validate({**named, "outcome": outcome, "reason": reason})
        return await self.say(f"Transaction {outcome}: {tx_hash}", sender="system", approval=reply)

    async def approvals(self) -> list[Approval]:
        return (await self.stage.session(self.key)).approvals

    async def sign(self, approval: Approval, sender: int = 9, **other: str) -> str:
        """Sign and send what the approval asks for, or something a little different."""
        transaction = {
            "from": self.account(sender),
            "to": approval.transaction.to,
            "value": hex(int(approval.transaction.value)),
            "input": approval.transaction.data,
        }
        return await self.send({**transaction, **other})

    async def send(self, transaction: dict[str, str]) -> str:
        return await asyncio.to_thread(rpc, self.url, "eth_sendTransaction", transaction)

    def account(self, number: int) -> str:
        return rpc(self.url, "eth_accounts")[number]


def last_notice(seen: Conversation) -> str:
    return [message.content for message in seen.messages if message.kind == "notice"][-1]


def last_receipt(seen: Conversation) -> Any:
    return [message.receipt for message in seen.messages if message.receipt][-1]


async def still_open(payer: Payer, approval: Approval) -> tuple[str, str | None]:
    """What is kept with the request that was reported for it; all else is as it was."""
    (found,) = await payer.approvals()
    assert found.model_copy(update={"reported": approval.reported}) == approval
    return found.reported[-1].outcome, found.reported[-1].transaction_hash


def environment_of(anvil: str, other_anvil: str) -> dict[str, str]:
    return {"TESTNET_RPC_URL": anvil, "BASE_RPC_URL": other_anvil}


@pytest.fixture
async def payer(stage: Stage, anvil: str, other_anvil: str) -> AsyncIterator[Payer]:
    environment, talk = environment_of(anvil, other_anvil), Talk()
    stage.servers, stage.llm, stage.networks = [evm.build(environment)], talk.llm(), networks(environment)
    stage.wallet = Wallet(Chains.from_environment(environment), terms=WalletTerms(receipt_seconds=0.5))
    page = await stage.open_page()
    stage.start()
    yield Payer(stage, talk, page, anvil)
    await stage.stop()


@pytest.fixture
async def payments(anvil: str) -> AsyncIterator[Payments]:
    chains = Chains.from_environment({"TESTNET_RPC_URL": anvil})
    accounts = rpc(anvil, "eth_accounts")
    yield Payments(anvil, chains, accounts[6], accounts[7])
    await chains.close()


@pytest.fixture
async def reviews(anvil: str) -> AsyncIterator[Reviews]:
    chains = Chains.from_environment({"TESTNET_RPC_URL": anvil})
    yield Reviews(anvil, chains, rpc(anvil, "eth_accounts")[8])
    await chains.close()
