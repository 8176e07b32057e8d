"""Sending when the chain fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.mcp_servers.bytecode import REVERT, creation, error_data, words
from tests.mcp_servers.conftest import rpc, start_anvil, stop
from worker.ethereum.chains import Chains
from worker.ethereum.testnet_sending import outcome, send_transaction
from worker.ethereum.transactions import read_request

pytestmark = pytest.mark.chain


@pytest.fixture
def idle_anvil() -> Iterator[str]:
    """A chain that makes no blocks by itself."""
    process, url = start_anvil("--no-mining")
    yield url
    stop(process)


async def test_a_transaction_that_is_in_no_block_in_time_is_pending_and_was_sent_once(
    idle_anvil: str,
) -> None:
    chains = Chains.from_environment({"TESTNET_RPC_URL": idle_anvil})
    request = await read_request(chains.get("testnet"), "Alice", "Bob", "1 ether", "0x")
    sent = await send_transaction(request, wait_seconds=0.2)
    assert (sent.status, sent.block_number) == ("pending", None)
    assert "do not send it again" in (sent.note or "")
    rpc(idle_anvil, "evm_mine")
    assert rpc(idle_anvil, "eth_getTransactionReceipt", sent.hash)["status"] == "0x1"
    assert rpc(idle_anvil, "eth_getTransactionCount", request.sender.address, "latest") == "0x1"
    await chains.close()


async def test_a_transaction_that_fails_after_the_check_is_reverted_with_its_reason(idle_anvil: str) -> None:
    """The contract is closed (its storage is set) between the check and the block."""
    chains = Chains.from_environment({"TESTNET_RPC_URL": idle_anvil})
    chain = chains.get("testnet")
    closable = bytes.fromhex("600054600757005b") + words(error_data("Error(string)", "closed"), REVERT)
    created = await send_transaction(
        await read_request(chain, "Alice", "", 0, creation(closable)), wait_seconds=0
    )
    rpc(idle_anvil, "evm_mine")
    address = rpc(idle_anvil, "eth_getTransactionReceipt", created.hash)["contractAddress"]
    sent = await send_transaction(await read_request(chain, "Bob", address, 0, "0x"), wait_seconds=0)
    assert sent.status == "pending"
    rpc(idle_anvil, "anvil_setStorageAt", address, "0x0", "0x" + "1".rjust(64, "0"))
    rpc(idle_anvil, "evm_mine")
    receipt = rpc(idle_anvil, "eth_getTransactionReceipt", sent.hash)
    request = await read_request(chain, "Bob", address, 0, "0x")
    told = await outcome(request, sent.hash, receipt)
    assert (told.status, told.revert_reason) == ("reverted", "execution reverted: closed")
    await chains.close()


async def test_many_transfers_of_one_account_at_once_all_arrive(anvil: str) -> None:
    """Left to itself the node gives some of them the same nonce, and one then takes the other's place."""
    chains = Chains.from_environment({"TESTNET_RPC_URL": anvil})
    recipients = [f"0x{number + 0xDEF000:040x}" for number in range(60)]

    async def transfer(recipient: str) -> str:
        request = await read_request(chains.get("testnet"), "Judy", recipient, "1 gwei", "0x")
        return (await send_transaction(request)).status

    assert set(await asyncio.gather(*map(transfer, recipients))) == {"success"}
    assert {rpc(anvil, "eth_getBalance", each, "latest") for each in recipients} == {hex(10**9)}
    await chains.close()
