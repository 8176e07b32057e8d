"""The largest arguments that each of our tools accepts, and how long such a call blocks the worker's event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from eth_abi.abi import encode
from fastmcp import FastMCP
from fastmcp.tools.base import Tool

from bench.figures import Figure
from worker.ethereum.abi import MOST_BYTES
from worker.ethereum.function_signatures import parse_signature
from worker.mcp_servers.own_servers import mount

BUDGET_MS = 20.0
NODE = {"TESTNET_RPC_URL": "http://127.0.0.1:9/"}
"""There is no node: this measures what a tool does with its arguments, not what a chain answers."""
ALLOWED_ALONE = {"string": 100_000, "array": 20_000}
"""If a tool states no maximum of its own, `ARGUMENT_BYTES` is its maximum."""


def largest(schema: dict[str, Any]) -> Any:
    """Return a value of the schema with the largest permitted size."""
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if options := schema.get("anyOf"):
        return max((largest(option) for option in options), key=lambda value: len(str(value)))
    match schema.get("type"):
        case "string":
            return "1" * min(schema.get("maxLength", ALLOWED_ALONE["string"]), ALLOWED_ALONE["string"] * 3)
        case "array":
            return ["1"] * ALLOWED_ALONE["array"]
        case "integer" | "number":
            return schema.get("maximum", 10**9)
        case "boolean":
            return True
        case _:
            return {}


def arguments_of(tool: Tool) -> dict[str, Any]:
    made = {name: largest(schema) for name, schema in tool.parameters["properties"].items()}
    return made | {name: "testnet" for name in made if name == "network"}


SIGNATURE = "f(uint256[])"
BOMB = (
    "0x"
    + (
        parse_signature(SIGNATURE).selector() + encode(["uint256[]"], [list(range(MOST_BYTES // 32 - 3))])
    ).hex()
)
HEAVY: dict[str, dict[str, Any]] = {
    "decode_function_call": {"data": BOMB, "signature": SIGNATURE},
    "encode_function_call": {"signature": SIGNATURE, "arguments": [["1"] * 20_000], "network": "mainnet"},
}
"""On mainnet no text stands for a test account, so the node need not answer before the arguments are encoded."""


async def loop_held(rounds: int) -> list[Figure]:
    """Return, for each tool, the longest time that one step of its call blocked the loop, in processor time of the
    loop's thread.
    """
    figures: list[Figure] = []
    for _, server in mount(NODE):
        for tool in await server.list_tools():
            given = [arguments_of(tool), *([HEAVY[tool.name]] if tool.name in HEAVY else [])]
            held = [await _held(server, tool.name, each, rounds) for each in given]
            figures.append(Figure(f"{tool.name}, longest step", max(held), "ms", BUDGET_MS))
    return figures


async def _held(server: FastMCP[Any], name: str, arguments: dict[str, Any], rounds: int) -> float:
    """Return the value of the best round, because the garbage collector's time does not belong to the call."""
    return min([await longest_step(lambda: server.call_tool(name, arguments)) for _ in range(rounds)])


async def longest_step(call: Callable[[], Coroutine[Any, Any, Any]]) -> float:
    """Return the largest number of milliseconds between two turns of the loop while `call` runs."""
    running = asyncio.create_task(call(), name="measured call")
    longest = 0.0
    while not running.done():
        began = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - began)
    await asyncio.wait([running])
    running.exception()
    return longest * 1_000
