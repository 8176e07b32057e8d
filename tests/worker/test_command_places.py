"""Commands hold only a part of a worker's places, so that people's messages find one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastmcp import FastMCP

from forge.models.run import CommandMessage, ToolCommand
from tests.worker.stage import Stage
from worker.runs.consumer import COMMANDS_SHARE

PLACES = 20
"""Of the stage's worker."""


@pytest.mark.slow
async def test_commands_that_wait_leave_most_places_to_messages(stage: Stage) -> None:
    inside, most, may_end = 0, 0, asyncio.Event()
    server: FastMCP[Any] = FastMCP("slow")

    @server.tool(annotations={"readOnlyHint": True})
    async def wait() -> str:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await may_end.wait()
        inside -= 1
        return "done"

    stage.servers = [server]
    ids = [f"{number:032x}" for number in range(PLACES + 5)]
    for each in ids:
        command = ToolCommand(command_id=each, network="testnet", name="wait", arguments={})
        await asyncio.to_thread(stage.store.commands.put, command)
        await asyncio.to_thread(stage.queue.send, CommandMessage(command_id=each))
    page = await stage.open_page()
    stage.start()
    await page.ended(await stage.say("hi"))
    assert 0 < most <= PLACES // COMMANDS_SHARE
    may_end.set()
