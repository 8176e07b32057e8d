"""The cost of a tool call through MCP inside the worker's process, in addition to the chain's own answer."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any

import aiohttp

from bench.figures import Figure, percentile
from bench.people import UNLIMITED
from bench.suite import Scenario, Size
from forge.models.ids import new_run_id
from forge.models.run import ToolCommand
from local_dev.stack_process import RunningStack, running_stack
from worker.agent.tools.toolbox import Toolbox
from worker.mcp_servers.own_servers import mount

BUDGET_MS = 5.0
WHO = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


async def measure(size: Size) -> list[Figure]:
    async with running_stack(UNLIMITED) as stack:
        return await mcp_calls(stack, size.of(200, 20))


async def mcp_calls(stack: RunningStack, calls: int) -> list[Figure]:
    """`get_current_time` calls nothing, `balance` calls the chain once."""
    url = stack.environment["TESTNET_RPC_URL"]
    toolbox = Toolbox(mount({"TESTNET_RPC_URL": url}))
    await toolbox.refresh()
    try:
        async with aiohttp.ClientSession() as client:
            chain = await _timed(lambda: _ask_chain(client, url), calls)
        nothing = await _timed(lambda: _call(toolbox, "get_current_time", {}), calls)
        balance = await _timed(lambda: _call(toolbox, "balance", {"who": "Alice"}), calls)
    finally:
        with contextlib.suppress(RuntimeError):
            await toolbox.close()
    return [
        *_figures("the chain's own answer", chain),
        *_figures("tool that asks nobody", nothing),
        *_figures("balance", balance),
        *_figures("balance beyond the chain's answer", _beyond(balance, chain), BUDGET_MS),
    ]


def _beyond(times: Sequence[float], chain: Sequence[float]) -> list[float]:
    """Subtract the chain's usual time from each call's time, so that p95 shows our own part."""
    usual = percentile(chain, 50)
    return [time - usual for time in times]


def _figures(name: str, times: Sequence[float], budget: float | None = None) -> list[Figure]:
    return [Figure(f"{name}, p{part}", percentile(times, part), "ms", budget) for part in (50, 95)]


async def _ask_chain(client: aiohttp.ClientSession, url: str) -> None:
    """Use the tool's own HTTP client, the fastest one available, because a slower client would hide what the tool
    adds.
    """
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [WHO, "latest"]}
    async with client.post(url, json=request, raise_for_status=True) as response:
        await response.read()


async def _call(toolbox: Toolbox, name: str, arguments: dict[str, Any]) -> None:
    command = ToolCommand(command_id=new_run_id(), network="testnet", name=name, arguments=arguments)
    result = await toolbox.run(command)
    if not result.success:
        raise RuntimeError(result.message)


async def _timed(call: Callable[[], Awaitable[None]], calls: int) -> list[float]:
    """Return milliseconds, after three calls that do not count."""
    times: list[float] = []
    for number in range(calls + 3):
        began = perf_counter()
        await call()
        if number >= 3:
            times.append((perf_counter() - began) * 1000)
    return times


SCENARIO = Scenario("A tool call inside the worker", measure, rounds=3, in_quick=False)
