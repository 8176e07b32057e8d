"""`make run` prints `ready http://…` to stdout when everything is up; all other messages go to stderr."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from local_dev.home import FolderUnusable, Home
from local_dev.listener import listen, why_not
from local_dev.login.variables import LoginUnusable
from local_dev.options import HELP, OptionError, Options
from local_dev.past_proxies import exceptions_for_loopback
from local_dev.processes.processes import StartFailed
from local_dev.stack import Stack
from local_dev.template.intrinsics import TemplateError

EXIT_CANNOT_LISTEN = 2


def report(text: str) -> None:
    """Print a line, and ignore a terminal that no longer exists."""
    with contextlib.suppress(OSError):
        print(f"\033[2m{text}\033[0m" if sys.stderr.isatty() else text, file=sys.stderr, flush=True)


def main() -> int:
    arguments = sys.argv[1:]
    if "--help" in arguments or "-h" in arguments:
        print(HELP, end="")
        return 0
    if unknown := [each for each in arguments if each not in ("--verbose", "-v")]:
        report(f"unknown argument: {unknown[0]}; --help lists what there is")
        return EXIT_CANNOT_LISTEN
    os.environ.update(exceptions_for_loopback(os.environ))
    try:
        options = Options.from_environment(os.environ, verbose=bool(arguments))
    except OptionError as error:
        report(str(error))
        return EXIT_CANNOT_LISTEN
    try:
        listener = listen(options)
    except OSError as error:
        report(why_not(options, error))
        return EXIT_CANNOT_LISTEN
    return uvloop.run(run(options, listener))


async def run(options: Options, listener: socket.socket) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    port = options.port or listener.getsockname()[1]
    try:
        home = Home.take(options.folder, port, keep_state=options.keep_state, report=report)
    except FolderUnusable as error:
        report(f"cannot start: {error}")
        return EXIT_CANNOT_LISTEN
    try:
        stack = Stack(options, dict(os.environ), listener, home, report)
    except (LoginUnusable, StartFailed, TemplateError) as error:
        report(f"cannot start: {error}")
        home.close()
        return 1
    try:
        return await run_until(stop, stack)
    except (StartFailed, TemplateError) as error:
        report(f"cannot start: {error}")
        return 1
    except OSError as error:  # a disk without room, above all
        report(f"cannot start: {error.filename or home.folder}: {error.strerror or error}")
        return 1
    finally:
        await stack.stop()
        report("stopped")


async def run_until(stop: asyncio.Event, stack: Stack) -> int:
    began = time.monotonic()
    async with waiting_for(stop.wait()) as stopped:
        starting = asyncio.create_task(stack.start(), name="start")
        await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.wait((starting,))
            return 0
        starting.result()
        report(f"started in {time.monotonic() - began:.1f} s; Ctrl-C ends it")
        print(f"ready {stack.url}", flush=True)
        await stopped
        return 0


@asynccontextmanager
async def waiting_for(event: Coroutine[Any, Any, Any]) -> AsyncGenerator[asyncio.Task[Any]]:
    task = asyncio.create_task(event, name="stop")
    try:
        yield task
    finally:
        task.cancel()
