"""Every place where a run awaits another process, read from the worker's source. There the other process may
answer late or never.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from local_dev.repository import ROOT

RUN_PATH = (
    "runs/consumer",
    "runs/graceful_stop",
    "runs/run_deliveries",
    "runs/delivery_after_run",
    "runs/queue_calls",
    "runs/staggered_starts",
    "runs/claim_or_wait",
    "runs/execution",
    "runs/answering",
    "runs/lease_renewal",
    "runs/message_visibility",
    "runs/leased_record",
    "runs/active_run",
    "runs/control_poll",
    "push/audience",
    "push/audiences",
    "push/sender",
    "push/signed_connections",
    "blocking_calls",
    "agent/agent",
    "agent/run_endings",
    "agent/history/persist_history",
    "agent/tools/call_ledger",
    "agent/tools/session_network",
    "agent/tools/toolbox",
    "agent/tools/mounted_server",
    "agent/shielded_writes",
    "agent/llm/retry_request",
)
"""The worker's modules that a run passes through."""

_STORAGE = ("blocking", "_blocking", "retry", "_persist", "_renew")
"""The functions that run a call of the store or of the queue outside the event loop."""
_INSIDE = frozenset(
    {
        "wait",
        "acquire",
        "_writing",
        "free",
        "_forget",
        "events",
        "iter",
        "reading",
        "run_in_executor",
        "_is_gone",
        "self",
        "stream",
    }
)
"""Awaits of other parts of this process."""
_OUTSIDE = frozenset({"super().call_tool", "self._pool.post"})
"""These share their names with coroutines of ours."""
_CALLERS = (*_STORAGE, "uninterrupted", "create_task", "wait_for")


def crossings() -> set[str]:
    """Return the awaits that leave the process: all but those for `asyncio` and for coroutines of the run path
    itself.
    """
    own = {name for module in RUN_PATH for name in _coroutines(module)}
    return {wait for wait in waits() if _leaves(wait.partition(": ")[2], own)}


def waits() -> set[str]:
    """Return `module.function: what is awaited` for each."""
    return {wait for name in RUN_PATH for wait in _of(name)}


def _leaves(target: str, own: set[str]) -> bool:
    if target in _OUTSIDE:
        return True
    target = target.removeprefix("within ").removeprefix("each of ")
    caller, _, inner = target.partition("(")
    if caller.rpartition(".")[2] in _STORAGE:
        return inner not in {"call)", "write)"}
    name = (inner.rstrip(")") or target).rpartition(".")[2]
    return not target.startswith("asyncio.") and name not in own | _INSIDE


def _coroutines(module: str) -> Iterator[str]:
    file = Path(ROOT, "worker", f"{module}.py")
    nodes = ast.walk(ast.parse(file.read_text())) if file.exists() else ()
    yield from (node.name for node in nodes if isinstance(node, ast.AsyncFunctionDef))


def _of(name: str) -> Iterator[str]:
    file = Path(ROOT, "worker", f"{name}.py")
    if not file.exists():
        return
    for function in ast.walk(ast.parse(file.read_text())):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in _own_nodes(function):
                if (awaited := _awaited(node)) is not None:
                    yield f"{name}.{function.name}: {awaited}"


def _own_nodes(function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The awaits of a function, without those of functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)


def _awaited(node: ast.AST) -> str | None:
    match node:
        case ast.Await(value=value):
            return _target(value)
        case ast.AsyncFor(iter=iterated):
            return f"each of {_target(iterated)}"
        case ast.AsyncWith(items=items):
            return "within " + ", ".join(_target(item.context_expr) for item in items)
        case _:
            return None


def _target(value: ast.expr) -> str:
    """Return the function that is called in the end: `blocking(queue.extend, …)` is a call of `queue.extend`."""
    if not isinstance(value, ast.Call):
        return ast.unparse(value)
    name = ast.unparse(value.func)
    if name.rpartition(".")[2] in _CALLERS and value.args:
        inner = value.args[0].body if isinstance(value.args[0], ast.Lambda) else value.args[0]
        return f"{name}({_target(inner)})"
    return name
