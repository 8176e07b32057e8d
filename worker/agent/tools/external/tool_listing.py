"""A tool definition that cannot be read costs only that tool, while the library would refuse the whole list; a result
is repaired by `result_repair`.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, cast

from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCResponse, Tool, methods
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from worker.agent.tools.external.handshake_repair import is_handshake, repair_cursor, repair_handshake
from worker.agent.tools.external.result_repair import is_call_result, repair_result

NAME_SHOWN = 64


class TolerantStream:
    """The stream of a server's messages. Definitions that the library cannot read are removed from the list of tools.

    `refused` has the reason for each, by name. It starts again with each first page.
    """

    def __init__(self, stream: Any, refused: dict[str, str]) -> None:
        self._stream = stream
        self._refused = refused
        self._version = HANDSHAKE_PROTOCOL_VERSIONS[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stream.__aexit__(kind, error, trace)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        return self._read(await self._stream.__anext__())

    async def receive(self) -> SessionMessage | Exception:
        return self._read(await self._stream.receive())

    def _read(self, item: SessionMessage | Exception) -> SessionMessage | Exception:
        if isinstance(item, SessionMessage) and isinstance(item.message, JSONRPCResponse):
            result: dict[str, Any] = item.message.result
            if is_handshake(result):
                repair_handshake(result)
            if (version := result.get("protocolVersion")) in KNOWN_PROTOCOL_VERSIONS:
                self._version = version
            if isinstance(tools := result.get("tools"), list):
                repair_cursor(result)
                result["tools"] = [tool for tool in cast("list[Any]", tools) if self._is_readable(tool)]
            elif is_call_result(result):
                repair_result(result, self._version)
        return item

    def _is_readable(self, tool: Any) -> bool:
        try:
            Tool.model_validate(tool, by_name=False)
            methods.validate_server_result("tools/list", self._version, {"tools": [tool]})
        except KeyError:
            return True
        except ValidationError as error:
            # The last part of the place is a field of the definition; the parts before it name the library's models.
            fields = {
                str(part) for fault in error.errors() for part in fault["loc"] if part in _FIELDS_OF_TOOLS
            }
            where = ", ".join(sorted(fields)) or "its parts"
            self._refused[_name(tool)] = f"its definition is not valid ({where})"
            return False
        return True


_FIELDS_OF_TOOLS = frozenset(
    {"name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons", "type"}
)


def _name(tool: Any) -> str:
    if isinstance(tool, dict) and isinstance(name := cast("dict[str, Any]", tool).get("name"), str):
        return name[:NAME_SHOWN]
    return "without a name"
