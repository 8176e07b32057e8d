"""The session with an external server passes results on as they are."""

from __future__ import annotations

from fastmcp.client.transports.base import TransportOptions
from mcp import ClientSession
from mcp_types import CallToolResult


class RelayingSession(ClientSession):
    """Compares no result with the output schema that the server has declared for it.

    The library would do so on the event loop. A stranger chooses both the schema and the result, so one pattern could
    stop the whole worker for hours; and of an answer that only differs from its schema the agent would learn nothing.
    """

    async def validate_tool_result(self, name: str, result: CallToolResult) -> None:
        """Accept every result. The agent gets it as text between marks, whatever it contains."""


def relaying(options: TransportOptions | None) -> type[ClientSession]:
    """Return the class of a transport's session. The options of another class are for proxies, which we do not use."""
    if options is not None and options.session_class is not ClientSession:
        raise TypeError(
            f"a session of {options.session_class.__name__} would compare results with their schemas"
        )
    return RelayingSession
