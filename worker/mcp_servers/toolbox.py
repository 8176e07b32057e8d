"""What every MCP server here is made of: annotations, errors that say how to mend a call, the server itself."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.exceptions import DisabledError, FastMCPError, NotFoundError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools.base import ToolResult
from mcp_types import CallToolRequestParams, ToolAnnotations
from pydantic import Field
from pydantic import ValidationError as PydanticValidationError

from worker.tool_outcomes import ToolEnded, ToolRefused, broke_off, ended, noting, outcome_meta

PURE = ToolAnnotations(
    read_only_hint=True, idempotent_hint=True, destructive_hint=False, open_world_hint=False
)
"""Computes from its arguments (or documents that ship with it) alone."""

READS = ToolAnnotations(
    read_only_hint=True, idempotent_hint=True, destructive_hint=False, open_world_hint=True
)
"""Asks a chain or a web API and changes nothing there."""

SENDS = ToolAnnotations(
    read_only_hint=False, idempotent_hint=False, destructive_hint=True, open_world_hint=True
)
"""Moves value: a call whose outcome is unknown must never simply be made again."""

NetworkName = Annotated[
    str, Field(description="The network to use: one of the names that list_networks shows.", max_length=64)
]
DEFAULT_NETWORK = "testnet"


LACKS_META = "forge/lacks"
"""The field of a tool's `_meta` that names the variable without which the tool refuses every call."""
NETWORKS_META = "forge/networks"
"""The field of a tool's `_meta` that lists the networks on which it works, if there are others."""


class TypedOutcomes(Middleware):
    """Says in the result's `_meta` how a call ended that has no result, so that a client need not read the text."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        with noting():
            try:
                return await call_next(context)
            except (NotFoundError, DisabledError) as error:
                return _error_result(ToolRefused(str(error)))
            except FastMCPError as error:
                return _error_result(ended(error, repeatable=await _may_repeat(context)))
            except BaseException as error:
                if not broke_off(error):
                    raise
                return _error_result(ended(error, repeatable=await _may_repeat(context)))


def _error_result(error: ToolEnded) -> ToolResult:
    return ToolResult(content=str(error), meta=outcome_meta(error), is_error=True)


async def _may_repeat(context: MiddlewareContext[CallToolRequestParams]) -> bool:
    """Without an annotation that says otherwise a call has side effects."""
    server = context.fastmcp_context.fastmcp if context.fastmcp_context else None
    tool = await server.get_tool(context.message.name) if server else None
    hints = tool.annotations if tool else None
    return hints is not None and (hints.read_only_hint is True or hints.idempotent_hint is True)


ARGUMENT_BYTES = 300_000
"""Of a call's arguments as JSON: a transaction of the greatest size, and a little beside it."""


class WholeCharacters(Middleware):
    """Refuses half a character: such text has no encoding, so no tool could pass it on. Refuses too many as well."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        try:
            size = len(json.dumps(context.message.arguments, ensure_ascii=False).encode())
        except UnicodeEncodeError:
            raise ToolRefused(
                f"Nothing was done: the arguments of {context.message.name} hold half a character (a lone surrogate).",
                "Write the whole character, or leave it out.",
            ) from None
        if size > ARGUMENT_BYTES:
            raise ToolRefused(
                f"Nothing was done: the arguments of {context.message.name} have {size} bytes; "
                f"at most {ARGUMENT_BYTES} are taken."
            )
        return await call_next(context)


WRONG_ARGUMENTS = "Nothing was done: it was called with arguments that it does not take."


class ReadableArgumentErrors(Middleware):
    """Says in one line which arguments are wrong, instead of the validator's report."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        try:
            return await call_next(context)
        except ValidationError as error:
            cause = error.__cause__
            if not isinstance(cause, PydanticValidationError):
                raise
            name = context.message.name
            raise ToolRefused(WRONG_ARGUMENTS, f"Wrong arguments for {name}: {_faults(cause)}.") from error


def _faults(error: PydanticValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)
    return "; ".join(f"{_argument(fault['loc'])}: {fault['msg']}" for fault in faults[:5])


def _argument(location: tuple[int | str, ...]) -> str:
    """The argument's name; the names of the validator's own branches after it mean nothing to a caller."""
    return f"`{location[0]}`" if location else "arguments"


class OwnServer(FastMCP[Any]):
    """Its tools answer with objects and read nothing of the session, so this process may call them as functions.

    `notes_strangers`: each text of a stranger that they hand on has gone through `from_outside`. Without it, whatever a
    tool of an open world answers is taken for such a text.
    """

    notes_strangers = False


def new_server(name: str, instructions: str, close: Callable[[], Awaitable[None]] | None = None) -> OwnServer:
    """A server whose connections to the outside are closed by `close` when its last session ends."""

    @asynccontextmanager
    async def lifespan(_: FastMCP[Any]) -> AsyncGenerator[dict[str, Any]]:
        try:
            yield {}
        finally:
            if close is not None:
                await close()

    return OwnServer(
        name,
        instructions=instructions,
        lifespan=lifespan,
        middleware=[TypedOutcomes(), WholeCharacters(), ReadableArgumentErrors()],
        mask_error_details=True,  # of errors that nobody foresaw
    )
