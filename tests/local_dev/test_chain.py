"""After its death the local chain returns to its last saved state; a file that cannot be loaded is set aside."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local_dev.processes.chain import Chain, anvil
from local_dev.processes.chain_file import BLOCKS, ChainFile
from local_dev.processes.node_rpc import NodeError, call
from local_dev.processes.processes import Child, Processes, StartFailed
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.processes

PROGRAM = anvil()
needs_anvil = pytest.mark.skipif(PROGRAM is None, reason="no anvil")


class Said(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


@pytest_asyncio.fixture
async def processes(tmp_path: Path) -> AsyncGenerator[Processes]:
    processes = Processes(tmp_path / "logs")
    yield processes
    await processes.close()


def chain_in(folder: Path, processes: Processes, said: Said | None = None) -> Chain:
    assert PROGRAM
    return Chain(processes, PROGRAM, folder, said if said is not None else Said())


def kept_aside(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("chain.json.gz.set-aside-*")]


async def pay(chain: Chain) -> str:
    accounts = await call(chain.port, "eth_accounts")
    payment = {"from": accounts[0], "to": accounts[1], "value": "0xde0b6b3a7640000"}
    sent = await call(chain.port, "eth_sendTransaction", payment)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await call(chain.port, "eth_getTransactionReceipt", sent) is None:
            pass
    return sent


async def kill(child: Child) -> None:
    child.signal(signal.SIGKILL)
    await child.wait()


@needs_anvil
async def test_what_was_saved_is_there_after_the_nodes_death_at_the_same_address(
    tmp_path: Path, processes: Processes
) -> None:
    chain = chain_in(tmp_path, processes)
    first = await chain.start()
    sent, url = await pay(chain), chain.url
    await chain.save()
    await kill(first)
    await chain.start()
    assert chain.url == url
    assert (await call(chain.port, "eth_getTransactionReceipt", sent))["status"] == "0x1"


@needs_anvil
@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"{}", mtime=0), gzip.compress(b"[1", mtime=0), b"\x1f\x8b\x08\x00cut"],
)
async def test_a_saved_chain_that_cannot_be_loaded_is_set_aside_and_said(
    tmp_path: Path, processes: Processes, content: bytes
) -> None:
    said = Said()
    (tmp_path / "chain.json.gz").write_bytes(content)
    chain = chain_in(tmp_path, processes, said)
    await chain.start()
    assert await call(chain.port, "eth_blockNumber") == "0x0"
    assert kept_aside(tmp_path) == [content]
    assert any("chain.json.gz" in line and "kept beside" in line for line in said)


@needs_anvil
async def test_a_damaged_chain_goes_on_as_it_was_at_the_last_start(
    tmp_path: Path, processes: Processes
) -> None:
    said = Said()
    chain = chain_in(tmp_path, processes, said)
    first = await chain.start()
    sent = await pay(chain)
    await chain.save()
    await kill(first)
    await kill(await chain.start())
    (tmp_path / "chain.json.gz").write_bytes(b"\x1f\x8b\x08\x00cut")
    await chain.start()
    assert (await call(chain.port, "eth_getTransactionReceipt", sent))["status"] == "0x1"
    assert len(kept_aside(tmp_path)) == 1
    assert len(said) == 1
    assert said[0].endswith("and the chain goes on as it was at its last start")


@needs_anvil
async def test_a_full_disk_costs_the_save_and_not_the_chain(tmp_path: Path, processes: Processes) -> None:
    chain = chain_in(tmp_path, processes)
    await chain.start()
    (tmp_path / "chain.json.new").symlink_to("/dev/full")
    await pay(chain)
    await chain.save()
    assert not (tmp_path / "chain.json.gz").exists()
    (tmp_path / "chain.json.new").unlink()
    await chain.save()
    assert (tmp_path / "chain.json.gz").exists()


async def test_a_node_that_does_not_start_says_so(tmp_path: Path, processes: Processes) -> None:
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\necho no luck today\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(StartFailed, match="no luck today"):
        await Chain(processes, program, tmp_path, Said()).start()


@needs_anvil
async def test_a_node_that_starts_neither_with_nor_without_its_chain_leaves_the_chain_where_it_is(
    tmp_path: Path, processes: Processes
) -> None:
    chain, said = chain_in(tmp_path, processes), Said()
    first = await chain.start()
    sent = await pay(chain)
    await chain.save()
    await kill(first)
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(StartFailed):
        await Chain(processes, program, tmp_path, said).start()
    assert said == []
    await chain.start()
    assert (await call(chain.port, "eth_getTransactionReceipt", sent))["status"] == "0x1"


async def test_a_node_that_is_not_there_is_an_error_of_its_own(processes: Processes, tmp_path: Path) -> None:
    chain = chain_in(tmp_path, processes)
    with pytest.raises(NodeError):
        await call(chain.port, "eth_blockNumber")


def test_a_long_chain_is_shortened_when_it_is_loaded(tmp_path: Path) -> None:
    file = ChainFile(tmp_path)
    blocks = [{"header": {"number": hex(number), "padding": "x" * 6000}} for number in range(3000)]
    transactions: list[Any] = [{"block_number": number} for number in range(3000)]
    state = {"best_block_number": 2999, "blocks": blocks, "transactions": transactions, "accounts": {"a": 1}}
    file.save("0x" + gzip.compress(json.dumps(state).encode()).hex())
    loaded = file.prepared()
    assert loaded
    short = json.loads(loaded.read_text())
    assert len(short["blocks"]) == len(short["transactions"]) == BLOCKS
    assert short["accounts"] == {"a": 1}
