from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.run import AgentRunResult

from tests.worker_llm.bank import Bank
from tests.worker_llm.provider_server import ProviderServer, provider_server
from worker.agent.llm import build_llm

Ask = Callable[[str], Awaitable[AgentRunResult[str]]]


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def operator(bank: Bank) -> Agent[None, str]:
    """The offline operator with the bank's tools, without pauses."""
    tools = MCPToolset(bank.server(), id="evm", tool_error_behavior="failed")
    llm = build_llm("offline", {"FORGE_OFFLINE_PACE": "0"})
    return Agent(llm, toolsets=[tools], instructions="You operate chains.\nNetwork: testnet\n")


@pytest.fixture
def ask(operator: Agent[None, str]) -> Ask:
    return operator.run


@pytest.fixture
async def server() -> AsyncIterator[ProviderServer]:
    async with provider_server() as server:
        yield server
