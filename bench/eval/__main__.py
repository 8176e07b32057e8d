"""`make eval` gives the operator's tasks to the LLM that FORGE_LLM names, on a chain of its own, and prints a table."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic_ai.models import Model

from bench.eval.grade import Grade, any_failed, grade, table
from bench.eval.injections import INJECTIONS
from bench.eval.tasks import TASKS
from forge.errors import ForgeError
from local_dev.processes.chain import anvil
from worker.agent.llm.build import build_llm

WITHOUT = "Set FORGE_LLM to a provider and its model, for example FORGE_LLM=anthropic:claude-sonnet-4-5, and its key."


async def main(names: list[str]) -> int:
    """Return the exit status. `names`: parts of the names of the tasks to run; without any, all tasks run."""
    name = os.environ.get("FORGE_LLM", "offline")
    if name == "offline":
        print(f"{WITHOUT} (FORGE_LLM=scripted carries the scripts out instead.)")
        return 2
    try:
        llm = build_llm(name, os.environ)
    except ForgeError as error:
        print(f"{name}: {error.detail}")
        return 2
    grades = await _grades(llm, names, is_scripted=name == "scripted")
    print(f"{name}\n{table(grades)}")
    return 1 if any_failed(grades) else 0


async def _grades(llm: Model, names: list[str], *, is_scripted: bool) -> list[Grade]:
    wanted = [task for task in (*TASKS, *INJECTIONS) if not names or any(part in task.name for part in names)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(llm)
        environment = {
            "TESTNET_RPC_URL": await stack.enter_async_context(_chain(31337)),
            "BASE_RPC_URL": await stack.enter_async_context(_chain(8453)),
        }
        seconds = 1 if is_scripted else 10
        return [
            await grade(task, llm, environment, is_scripted=is_scripted, wallet_seconds=seconds)
            for task in wanted
        ]


@asynccontextmanager
async def _chain(chain_id: int) -> AsyncGenerator[str]:
    program = anvil()
    if program is None:
        raise SystemExit("anvil is not installed: run `make setup`.")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    arguments = ["--host", "127.0.0.1", "--port", port, "--chain-id", str(chain_id)]
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        while process.stdout and b"Listening on" not in await process.stdout.readline():
            pass
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
