"""The largest arguments that each tool of ours permits, and how long its call holds up the worker's event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from eth_abi.abi import encode
from fastmcp import FastMCP
from fastmcp.tools.base import Tool

from bench.figures import Figure
from worker.ethereum.abi import MOST_BYTES
from worker.ethereum.signatures import parse_signature
from worker.mcp_servers import mount

BUDGET_MS = 20.0
NODE = {"TESTNET_RPC_URL": "http://127.0.0.1:9/"}
"""No node: what a tool does with its arguments is measured, and not what a chain answers."""
ALLOWED_ALONE = {"string": 100_000, "array": 20_000}
"""Where a tool states no maximum of its own, `ARGUMENT_BYTES` is one."""


def largest(schema: dict[str, Any]) -> Any:
    """A value of the schema that is as large as it may be."""
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
    "encode_function_call": {"signature": "f(uint256[])", "arguments": [["1"] * 20_000]},
}


async def loop_held(rounds: int) -> list[Figure]:
    """Of each tool the longest that one step of its call kept the loop, in the processor time of the loop's thread."""
    figures: list[Figure] = []
    for _, server in mount(NODE):
        for tool in await server.list_tools():
            given = [arguments_of(tool), *([HEAVY[tool.name]] if tool.name in HEAVY else [])]
            held = [await _held(server, tool.name, each, rounds) for each in given]
            figures.append(Figure(f"{tool.name}, longest step", max(held), "ms", BUDGET_MS))
    return figures


async def _held(server: FastMCP[Any], name: str, arguments: dict[str, Any], rounds: int) -> float:
    """Of the best round: what the garbage collector takes now and then is not the call's."""
    return min([await longest_step(lambda: server.call_tool(name, arguments)) for _ in range(rounds)])


async def longest_step(call: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds between two turns of the loop while `call` runs, at most."""
    running = asyncio.ensure_future(call())
    longest = 0.0
    while not running.done():
        began = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - began)
    await asyncio.wait([running])
    running.exception()
    return longest * 1_000
