"""Reviews of calls to contracts that a test puts on a real chain."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from eth_abi.abi import encode

from forge.models.wallet_review import Review
from tests.mcp_servers.conftest import rpc
from worker.agent.wallet.review.review_request import reviewed
from worker.ethereum.chains import Chains
from worker.ethereum.transactions import read_request

CONTRACT = "0x000000000000000000000000000000000000c0de"
SECOND = "0x000000000000000000000000000000000000c0d2"


def number(value: int) -> bytes:
    return encode(["uint256"], [value])


@dataclass
class Reviews:
    url: str
    chains: Chains
    sender: str
    network: str = "testnet"

    def code(self, code: bytes, address: str = CONTRACT) -> None:
        rpc(self.url, "anvil_setCode", address, "0x" + code.hex())

    async def review(
        self, data: bytes, *, value: int = 0, knows_sender: bool = True, to: str = CONTRACT
    ) -> Review:
        chain = self.chains.get(self.network)
        request = await read_request(chain, self.sender, to, value, "0x" + data.hex())
        return await reviewed(request, knows_sender=knows_sender)


def review_of(url: str, codes: dict[str, bytes], data: bytes, value: int = 0, to: str = CONTRACT) -> Review:
    """Review one call on the chain, for tests that are no coroutines. `codes`: contracts by address."""

    async def reviewing() -> Review:
        chains = Chains.from_environment({"TESTNET_RPC_URL": url})
        reviews = Reviews(url, chains, rpc(url, "eth_accounts")[8])
        for address, code in codes.items():
            reviews.code(code, address)
        try:
            return await reviews.review(data, value=value, to=to)
        finally:
            for address in codes:
                reviews.code(b"", address)
            await chains.close()

    return asyncio.run(reviewing())
