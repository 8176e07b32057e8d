"""The outside world, which counts its calls: an LLM provider, and an MCP server with a tool that pays."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastmcp import FastMCP
from mcp_types import ToolAnnotations

SERVER = "world"


@dataclass
class World:
    """The outside world."""

    paid: Counter[str] = field(default_factory=Counter[str])
    """How often the payment of each reference was made."""
    looked: Counter[str] = field(default_factory=Counter[str])
    """How often the read-only tool worked for each reference."""
    slow: dict[str, float] = field(default_factory=dict[str, float])
    """Seconds that a tool takes after it has done its work, by reference."""
    paying: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a payment has begun."""

    def server(self) -> FastMCP[Any]:
        server: FastMCP[Any] = FastMCP(SERVER)

        @server.tool(annotations=ToolAnnotations(read_only_hint=True))
        async def look(ref: str) -> str:
            """Read something."""
            self.looked[ref] += 1
            await asyncio.sleep(self.slow.get(ref, 0))
            return f"seen {ref}"

        @server.tool(annotations=ToolAnnotations(read_only_hint=False, destructive_hint=True))
        async def pay(ref: str) -> str:
            """Pay. Each call pays again."""
            self.paid[ref] += 1
            self.paying.set()
            await asyncio.sleep(self.slow.get(ref, 0))
            return f"paid {ref}"

        return server


@asynccontextmanager
async def serving(world: World) -> AsyncGenerator[str]:
    """Yield the MCP server's address without the path."""
    app = world.server().http_app(path="/tools/mcp", stateless_http=True, json_response=True)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve(), name="world")  # pyrefly: ignore[protected-access]
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the LLM."""

    ref: str
    """The reference of the message that is answered."""
    answers: int
    """How many responses of this run came before."""
    prompt: dict[str, Any]
    """The script that the LLM plays."""


def asked(body: bytes) -> Asked:
    """The last user message is the script: `{"ref": …, "steps": [{"say", "tool"?, "wait"?}]}`."""
    messages: list[dict[str, Any]] = json.loads(body)["messages"]
    last = max(number for number, message in enumerate(messages) if message["role"] == "user")
    content = messages[last]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    script = json.loads(text)
    answers = sum(message["role"] == "assistant" for message in messages[last:])
    return Asked(script["ref"], answers, script)


async def answer(request: Asked) -> AsyncGenerator[bytes]:
    """Yield the server-sent events of a chat completion: the next step, its text in pieces."""
    steps = request.prompt["steps"]
    step = steps[min(request.answers, len(steps) - 1)]
    await asyncio.sleep(step.get("wait", 0))
    yield _chunk({"role": "assistant", "content": ""})
    words = step["say"].split(" ")
    for number, word in enumerate(words):
        yield _chunk({"content": word if number == len(words) - 1 else word + " "})
        await asyncio.sleep(step.get("pause", 0))
    if tool := step.get("tool"):
        arguments = json.dumps({"ref": request.ref})
        function = {"name": f"{SERVER}_{tool}", "arguments": arguments}
        call = {"index": 0, "id": f"call-{request.answers}", "type": "function", "function": function}
        yield _chunk({"tool_calls": [call]})
    yield _chunk({}, finish="tool_calls" if tool else "stop")
    yield b"data: [DONE]\n\n"


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"
