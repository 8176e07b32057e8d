"""Tools that a run has called and this worker does not have: another deployment's, or those of an unreachable server.

The run is put back for a worker that has them (`worker.runs.execution`). If none takes it in time, it continues here:
a call whose outcome the ledger knows gets it, a call that was started is unknown, and any other call is refused with
the words below. Without this the library would tell the LLM that there is no such tool, even after a payment was made
with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from worker.agent.deps import RunDeps
from worker.tool_outcomes import ToolRefused

_ANYTHING = SchemaValidator(core_schema.any_schema())


@dataclass
class MissingTools(AbstractToolset[RunDeps]):
    """Offers the tools named in `RunDeps.missing`."""

    @property
    def id(self) -> str | None:
        return "missing"

    async def get_tools(self, ctx: RunContext[RunDeps]) -> dict[str, ToolsetTool[RunDeps]]:
        return {
            name: ToolsetTool(
                toolset=self,
                tool_def=ToolDefinition(name=name, description="Not available at present. Do not call it."),
                max_retries=1,
                args_validator=_ANYTHING,
            )
            for name in ctx.deps.missing
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[RunDeps], tool: ToolsetTool[RunDeps]
    ) -> Any:
        raise ToolRefused(f"The tool {name!r} is not available here at present. It was not called.")
