"""Requests and payments on a real chain, for the tests of the check of a wallet's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from forge.models.approval import Approval, Claim, WalletTransaction
from forge.models.run import ChainWait
from tests.mcp_servers.conftest import mined, rpc
from worker.agent.wallet.answer.verdict import Verdict
from worker.agent.wallet.answer.verify_answer import NotYet, verify
from worker.ethereum.chains import Chains

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
UNKNOWN_HASH = "0x" + "ab" * 32
ANYTHING = "0x00000000000000000000000000000000000f00d0"


@dataclass
class Payments:
    url: str
    chains: Chains
    payer: str
    other: str

    def request(
        self, to: str = BOB, value: int = 1, data: str = "0x", *, claimed_by: str = "", sender: str = ""
    ) -> Approval:
        wanted = WalletTransaction.of_call(31337, to, value=str(value), data=data, sender=sender or None)
        claim = Claim(claim_id="claim-0001", account=claimed_by, until=1) if claimed_by else None
        nonce = int(rpc(self.url, "eth_getTransactionCount", sender, "latest"), 16) if sender else None
        return Approval(
            approval_id="a" * 32,
            run_id="r" * 32,
            call_id="c",
            network="testnet",
            transaction=wanted,
            digest=wanted.digest(),
            description="",
            after_block=int(rpc(self.url, "eth_blockNumber"), 16),
            after_nonce=nonce,
            claim=claim,
            created_at=0,
            expires_at=2**41,
        )

    def send(self, to: str = BOB, value: int = 1, data: str = "0x", **other: str) -> str:
        """The transaction is in a block, unless anvil was told to make none."""
        usual = {"from": self.payer, "to": to, "value": hex(value), "input": data}
        tx_hash: str = rpc(self.url, "eth_sendTransaction", {**usual, **other})
        if rpc(self.url, "anvil_getAutomine"):
            mined(self.url, tx_hash)
        return tx_hash

    def code(self, address: str, code: bytes) -> None:
        rpc(self.url, "anvil_setCode", address, "0x" + code.hex())

    async def verdict(
        self,
        approval: Approval,
        tx_hash: str | None,
        *,
        used: tuple[str, ...] = (),
        between: Callable[[], None] = lambda: None,
    ) -> Verdict:
        """`between`: what happens on the chain before each look. Nobody waits: the clock is put forward."""
        wait = ChainWait(since=0, again_at=0)
        while True:
            between()
            try:
                return await verify(
                    self.chains, approval, tx_hash, seconds=3, now=wait.again_at, wait=wait, used=used
                )
            except NotYet as not_yet:
                wait = not_yet.wait
