"""The common parts of every MCP server here: annotations, errors that say how to correct a call, the server itself."""

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

from worker.tool_outcomes import (
    WRONG_ARGUMENTS,
    ToolEnded,
    ToolRefused,
    broke_off,
    ended,
    noting,
    outcome_meta,
)

PURE = ToolAnnotations(
    read_only_hint=True, idempotent_hint=True, destructive_hint=False, open_world_hint=False
)
"""The tool computes from its arguments alone, or from documents that ship with it."""

READS = ToolAnnotations(
    read_only_hint=True, idempotent_hint=True, destructive_hint=False, open_world_hint=True
)
"""The tool reads a chain or a web API and changes nothing there."""

SENDS = ToolAnnotations(
    read_only_hint=False, idempotent_hint=False, destructive_hint=True, open_world_hint=True
)
"""The tool moves value: a call whose outcome is unknown must not be repeated without verification."""

NetworkName = Annotated[
    str, Field(description="The network to use: one of the names that list_networks shows.", max_length=64)
]
DEFAULT_NETWORK = "testnet"


LACKS_META = "forge/lacks"
"""The field of a tool's `_meta` that names the variable without which the tool refuses every call."""
NETWORKS_META = "forge/networks"
"""The field of a tool's `_meta` that lists the networks on which it works, if it does not work on all."""


class TypedOutcomes(Middleware):
    """Writes into the result's `_meta` how a call without a result ended, so that a client need not read the text."""

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
    """A call has side effects unless the tool's annotation says otherwise."""
    server = context.fastmcp_context.fastmcp if context.fastmcp_context else None
    tool = await server.get_tool(context.message.name) if server else None
    hints = tool.annotations if tool else None
    return hints is not None and (hints.read_only_hint is True or hints.idempotent_hint is True)


ARGUMENT_BYTES = 300_000
"""Maximum size of a call's arguments as JSON: the largest possible transaction and some more."""


class WholeCharacters(Middleware):
    """Refuse lone surrogates, because such text has no encoding and no tool could pass it on. Refuse arguments
    that are too large.
    """

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


class ReadableArgumentErrors(Middleware):
    """Replace the validator's report by one line that says which arguments are wrong."""

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
    """Return the argument's name; the names of the validator's internal branches after it mean nothing to a caller."""
    return f"`{location[0]}`" if location else "arguments"


class OwnServer(FastMCP[Any]):
    """The server's tools return objects and read nothing of the MCP session, so this process may call them as
    functions.

    `notes_strangers`: each text of a stranger that they return has passed through `from_outside`. Without it, every
    result of an open-world tool counts as such a text.
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
        mask_error_details=True,  # hides the details of unexpected errors
    )
