"""A stand-in for Lambda: it imports the real handlers and calls them in threads with a context and a time limit."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from local_dev.template.declarations import Function

PAYLOAD_LIMIT = 6 * 1024 * 1024
"""Maximum bytes of the request or response of a synchronous invocation."""
THREADS = 24
"""Concurrent calls of one function. Each function has its own threads, as in Lambda, so one that hangs does not
stop the others. These are half as many again as may wait for an answer at once (`MOST_WAITING`), and the others are
held for a moment at most. Each thread keeps some 200 KB once it has started, with its event loop.
"""

Handler = Callable[[dict[str, Any], "Context"], Any]


class FunctionFailed(Exception):
    """The handler raised."""


class FunctionTimedOut(Exception):
    """The handler exceeded its time limit."""


class PayloadTooLarge(Exception):
    """The request or the response exceeds the limit of an invocation."""


@dataclass(frozen=True, slots=True)
class Context:
    """The context object that Lambda passes to a handler with the event."""

    function_name: str
    """The function's name."""
    deadline: float
    """The time at which the call is abandoned, by the monotonic clock in seconds."""
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """The id of this call, a UUID."""
    function_version: str = "$LATEST"
    """The version of the function; here always the unpublished one."""
    memory_limit_in_mb: int = 512
    """The configured memory, in MiB."""
    log_group_name: str = "local"
    """The CloudWatch log group; here only a word."""
    log_stream_name: str = "local"
    """The CloudWatch log stream; here only a word."""

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:local:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class LambdaRuntime:
    """Holds the imported handlers. A call that exceeds its time is abandoned; its thread ends when the call ends."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._handlers: dict[str, Any] = {}
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._loops: list[asyncio.AbstractEventLoop] = []

    def load(self, functions: Iterable[Function], attribute: str = "handler") -> None:
        """Import handlers with their environment variables set. The variables stay set, because all functions
        share one process here.
        """
        for function in functions:
            os.environ.update(function.environment)
            module = importlib.import_module(f"functions.{function.folder}.handler")
            self.register(function, getattr(module, attribute))

    def reload(self, packages: Iterable[str], load: Callable[[], None]) -> None:
        """Import `packages` again by `load`. If `load` raises an error, this raises it too and restores the
        previous modules.
        """
        handlers, modules = dict(self._handlers), _forget(packages)
        try:
            load()
        except BaseException:
            _forget(packages)
            sys.modules.update(modules)
            self._handlers = handlers
            raise

    def register(self, function: Function, handler: Any) -> None:
        self._handlers[function.name] = handler
        if function.name not in self._threads:  # the executor starts threads on demand
            self._threads[function.name] = ThreadPoolExecutor(
                THREADS, function.name, initializer=self._own_event_loop
            )

    def app(self, function: Function) -> Any:
        """Return the ASGI app of a function that streams."""
        return self._handlers[function.name]

    async def invoke(self, function: Function, event: Mapping[str, Any], limit: float | None = None) -> Any:
        """Return the handler's answer. `limit` (seconds) is the caller's own time limit.

        Raises `FunctionFailed`, `FunctionTimedOut`, `PayloadTooLarge`.
        """
        payload = json.dumps(event)
        if len(payload) > PAYLOAD_LIMIT:
            raise PayloadTooLarge
        seconds = min(function.timeout, limit or function.timeout)
        context = Context(function.name, time.monotonic() + seconds)
        call = asyncio.get_running_loop().run_in_executor(
            self._threads[function.name], self._handlers[function.name], json.loads(payload), context
        )
        call.add_done_callback(_retrieve)
        try:
            answer = await asyncio.wait_for(asyncio.shield(call), seconds)
        except TimeoutError:
            self._report(f"{function.name} timed out after {seconds:g} s")
            raise FunctionTimedOut from None
        except Exception as error:
            self._report(f"{function.name} failed: {type(error).__name__}: {error}")
            raise FunctionFailed from error
        if len(json.dumps(answer)) > PAYLOAD_LIMIT:
            raise PayloadTooLarge
        return answer

    def close(self) -> None:
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)
        for loop in self._loops:
            if not loop.is_running():  # a running loop belongs to an abandoned call and ends with it
                loop.close()

    def _own_event_loop(self) -> None:
        """Mangum runs the app in the thread's event loop, which Python creates only for the main thread."""
        loop = asyncio.new_event_loop()
        self._loops.append(loop)
        asyncio.set_event_loop(loop)


def _forget(packages: Iterable[str]) -> dict[str, ModuleType]:
    """Remove the modules of `packages` from `sys.modules` and return them."""
    importlib.invalidate_caches()
    heads = tuple(f"{package}." for package in packages)
    names = [name for name in sys.modules if f"{name}.".startswith(heads)]
    return {name: sys.modules.pop(name) for name in names}


def _retrieve(call: asyncio.Future[Any]) -> None:
    """Retrieve the exception of an abandoned call, so that asyncio does not log it."""
    if not call.cancelled():
        call.exception()
