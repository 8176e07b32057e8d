"""Speaks to a program over its stdin and stdout, keeps its stderr, and ends it with everything that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Unpack

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastmcp.client.transports import ClientTransport
from fastmcp.client.transports.base import SessionKwargs, TransportOptions
from mcp import ClientSession
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from worker.agent.tools.external.config import ServerConfig
from worker.agent.tools.external.json_repair import repaired
from worker.agent.tools.external.largest_answer import LARGEST_ANSWER
from worker.agent.tools.external.odd_lines import PrettyPrinted, rescued
from worker.agent.tools.external.relaying_session import relaying
from worker.agent.tools.external.server_observations import Tail
from worker.agent.tools.external.tool_listing import TolerantStream

KEEPER = str(Path(__file__).with_name("process_keeper.py"))
ASK_SECONDS = 0.3
"""Time between the end of a program's stdin, which asks it to end, and the signals."""
END_SECONDS = 0.7
"""Time limit for the keeper to end the program's process tree by signals."""
_CHUNK = 1 << 16
_Item = SessionMessage | Exception


class CannotStart(Exception):
    """A program cannot be started. The message tells the operator why."""


class Stdio(ClientTransport):
    """`refused` and `tail` are filled while the connection is open."""

    def __init__(self, config: ServerConfig, refused: dict[str, str], tail: Tail) -> None:
        self._config = config
        self._refused = refused
        self._tail = tail

    @asynccontextmanager
    async def connect_session(
        self, *, transport_options: TransportOptions | None = None, **session_kwargs: Unpack[SessionKwargs]
    ) -> AsyncGenerator[ClientSession]:
        session_class = relaying(transport_options)
        async with _program(self._config, self._tail) as (read, write):
            stream: Any = TolerantStream(read, self._refused)
            # pyrefly: ignore[open-unpacking]  the library never declares its TypedDict closed
            async with session_class(stream, write, **session_kwargs) as session:
                yield session


@asynccontextmanager
async def _program(
    config: ServerConfig, tail: Tail
) -> AsyncGenerator[tuple[MemoryObjectReceiveStream[_Item], MemoryObjectSendStream[SessionMessage]]]:
    process, lifeline = await _start(config)
    received, read = anyio.create_memory_object_stream[_Item](0)
    write, sent = anyio.create_memory_object_stream[SessionMessage](0)
    pumps = [
        asyncio.create_task(_receive(process, received, tail), name="stdout of an external server"),
        asyncio.create_task(_send(process, sent, received), name="stdin of an external server"),
        asyncio.create_task(_keep(process, tail), name="stderr of an external server"),
    ]
    try:
        yield read, write
    finally:
        try:
            await _ask_to_end(process)
        finally:
            os.close(lifeline)  # the keeper now ends the program, even if nobody waits for it
            for stream in (read, write, received, sent):
                stream.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_SECONDS):
                    await process.wait()
            for pump in pumps:
                pump.cancel()


async def _start(config: ServerConfig) -> tuple[asyncio.subprocess.Process, int]:
    # The process gets PATH, HOME and the like, and what `env` names, but none of our secrets.
    environment = get_default_environment() | config.env
    command = _findable(config, environment)
    ours, lifeline = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(*config.runs_as, sys.executable, "-I", "-S", KEEPER, str(ours), command, *config.args),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            cwd=config.cwd,
            pass_fds=[ours],
            start_new_session=True,
        )
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(ours)
    return process, lifeline


def _findable(config: ServerConfig, environment: dict[str, str]) -> str:
    """Return the program's path. Raises `CannotStart`."""
    if config.cwd and not Path(config.cwd).is_dir():
        raise CannotStart("the folder of `cwd` does not exist")
    command = config.command or ""
    place = Path(config.cwd or ".")
    found = str(place / command) if os.sep in command else shutil.which(command, path=environment.get("PATH"))
    if not found or not Path(found).is_file():
        raise CannotStart("the program of `command` is not found" + ("" if os.sep in command else " in PATH"))
    if not os.access(found, os.X_OK):
        raise CannotStart("the program of `command` may not be executed")
    return str(Path(found).absolute())


async def _receive(
    process: asyncio.subprocess.Process, received: MemoryObjectSendStream[_Item], tail: Tail
) -> None:
    """Leave out lines that are not MCP messages, because many programs write greetings to stdout.

    A line that is too large ends the connection.
    """
    buffer, pretty = bytearray(), PrettyPrinted(LARGEST_ANSWER)
    with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        async with received:
            while process.stdout and (chunk := await process.stdout.read(_CHUNK)):
                start = len(buffer)
                buffer += chunk
                while (end := buffer.find(b"\n", start)) >= 0:
                    line, start = bytes(buffer[:end]), 0
                    del buffer[: end + 1]
                    for message in messages_in(line, pretty):
                        await received.send(message)
                if len(buffer) > LARGEST_ANSWER:
                    tail.feed(b"(no line of its own: an answer of more than 32 MiB on stdout was not read)\n")
                    return


def messages_in(line: bytes, pretty: PrettyPrinted) -> list[SessionMessage]:
    """Return the messages that the line is, contains or ends."""
    line = repaired(line)
    if message := _read(line):
        return [message]
    if not (whole := pretty.whole(line)):
        return list(_rescued(line))
    whole = repaired(whole)
    return [message] if (message := _read(whole)) else list(_rescued(whole))


def _read(text: bytes) -> SessionMessage | None:
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(text, by_name=False))
    except ValueError:
        return None


def _rescued(line: bytes) -> Iterator[SessionMessage]:
    for message in rescued(line):
        with contextlib.suppress(ValueError):
            yield SessionMessage(jsonrpc_message_adapter.validate_python(message, by_name=False))


async def _send(
    process: asyncio.subprocess.Process,
    sent: MemoryObjectReceiveStream[SessionMessage],
    received: MemoryObjectSendStream[_Item],
) -> None:
    """A program that no longer reads is lost even if it still runs, so the session must see its end."""
    with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        async for item in sent:
            text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
            try:
                if process.stdin:
                    process.stdin.write(text.encode() + b"\n")
                    await process.stdin.drain()
            except (OSError, RuntimeError):
                received.close()
                return


async def _keep(process: asyncio.subprocess.Process, tail: Tail) -> None:
    while process.stderr and (chunk := await process.stderr.read(_CHUNK)):
        tail.feed(chunk)


async def _ask_to_end(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ASK_SECONDS):
            await process.wait()
