"""One JSON-RPC call of the local node without an HTTP library, because the process that uses it must stay small."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from local_dev.processes.chosen_ports import ReservedPort

CALL_SECONDS = 5.0


class NodeError(Exception):
    """The node does not answer, or answers with an error."""


async def call(port: ReservedPort, method: str, *parameters: Any) -> Any:
    """Return the result. Raises `NodeError`."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    head = f"POST / HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    try:
        async with asyncio.timeout(CALL_SECONDS):
            reader, writer = await asyncio.open_connection(port.host, port.number)
            try:
                writer.write(head.encode() + body)
                answer = await reader.read(-1)
            finally:
                writer.close()
        return json.loads(answer.partition(b"\r\n\r\n")[2])["result"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NodeError(method) from error
