from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastmcp.exceptions import ToolError
from pydantic_ai import Agent, RunContext
from pydantic_ai.exceptions import ToolFailedError
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.run import AgentRunResult
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from tests.worker_llm.bank import Bank
from tests.worker_llm.provider_server import ProviderServer, provider_server
from worker.agent.llm.build import build_llm
from worker.agent.messages.result_parts import error_part, record_of
from worker.agent.tools.typed_client import TypedClient
from worker.tool_outcomes import ended

Ask = Callable[[str], Awaitable[AgentRunResult[str]]]


@dataclass
class Typed(WrapperToolset[Any]):
    """Hands an error to the LLM with its kind, as the ledger does."""

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        try:
            return await super().call_tool(name, tool_args, ctx, tool)
        except ToolError as error:
            record = record_of(ended(error, repeatable=True))
            raise ToolFailedError(error_part(name, ctx.tool_call_id or "", record)) from error


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def operator(bank: Bank) -> Agent[None, str]:
    """The offline operator with the bank's tools, without pauses."""
    tools = Typed(MCPToolset(TypedClient(bank.server()), id="evm", tool_error_behavior="error"))
    llm = build_llm("offline", {"FORGE_OFFLINE_PACE": "0"})
    return Agent(llm, toolsets=[tools], instructions="You operate chains.\nNetwork: testnet\n")


@pytest.fixture
def ask(operator: Agent[None, str]) -> Ask:
    return operator.run


@pytest.fixture
async def server() -> AsyncIterator[ProviderServer]:
    async with provider_server() as server:
        yield server
