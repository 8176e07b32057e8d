"""Each of our tools gets the largest arguments that it accepts, which are never decoded on the event loop.

The test counts calls on the loop's thread, not time, so a busy machine does not matter.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from fastmcp import Client, FastMCP

from bench.largest_arguments import HEAVY, NODE, arguments_of
from worker.ethereum.abi import decode_call, encode_call
from worker.mcp_servers.evm.off_loop import MOST_WAITING, OffLoop
from worker.mcp_servers.own_servers import mount
from worker.mcp_servers.server_base import ARGUMENT_BYTES
from worker.tool_outcomes import ToolRefused

CODEC = frozenset({"abi.py", "signatures.py", "abi_values.py", "lenient.py"})
MOST_CALLS = 50
"""Into the code that encodes and decodes, on the loop's thread: looking up a selector, not reading an array."""


@contextmanager
def counted() -> Generator[Counter[str]]:
    """Python calls into the codecs on this thread."""
    calls = Counter[str]()

    def note(frame: FrameType, event: str, _arg: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and ("eth_abi" in path.parts or path.name in CODEC):
            calls[path.name] += 1

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def tools() -> list[tuple[str, str]]:
    """The names of each server and tool."""

    async def listed() -> list[tuple[str, str]]:
        return [(of, tool.name) for of, server in mount(NODE) for tool in await server.list_tools()]

    return asyncio.run(listed())


@asynccontextmanager
async def mounted(name: str) -> AsyncGenerator[FastMCP[Any]]:
    """A server of the test's own, whose connections belong to the test's event loop and are closed at its end."""
    server = dict(mount(NODE))[name]
    async with Client(server):
        yield server


@pytest.mark.parametrize(("of", "name"), tools())
async def test_the_largest_arguments_of_each_tool_are_not_decoded_on_the_loop(of: str, name: str) -> None:
    async with mounted(of) as server:
        tool = await server.get_tool(name)
        assert tool is not None
        with counted() as calls:
            await server.call_tool(name, arguments_of(tool))
    assert calls.total() <= MOST_CALLS, calls


@pytest.mark.parametrize("name", HEAVY)
async def test_what_takes_long_to_encode_or_decode_is_done_and_not_on_the_loop(name: str) -> None:
    async with mounted("evm") as evm:
        with counted() as calls:
            result = await evm.call_tool(name, HEAVY[name])
    assert not result.is_error
    assert calls.total() <= MOST_CALLS, calls


@pytest.mark.slow
async def test_heavy_arguments_are_really_decoded_and_the_count_sees_it() -> None:
    """Else the test above could not fail."""
    with counted() as calls:
        encode_call("f(uint256[])", [["1"] * 1_000], lambda who: who)
        data = bytes.fromhex(encode_call("f(uint256[])", [["1"] * 1_000], lambda who: who).data[2:])
        decode_call(data, "f(uint256[])")
    assert calls.total() > 10 * MOST_CALLS


async def test_arguments_above_the_bound_are_refused_before_anything_is_read() -> None:
    too_much = {"signature": "f(uint256[])", "arguments": [["1" * 70] * (ARGUMENT_BYTES // 70)]}
    async with mounted("evm") as evm:
        with counted() as calls:
            result = await evm.call_tool("encode_function_call", too_much)
    assert result.is_error
    assert not calls


async def test_more_computations_than_may_wait_are_refused_and_the_others_end() -> None:
    compute = OffLoop()
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> int:
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(20)
        return 1

    waiting = [asyncio.create_task(compute(wait)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(ToolRefused):
        await compute(wait)
    gate.set()
    assert sum(await asyncio.gather(*waiting)) == MOST_WAITING
    assert await compute(wait) == 1
