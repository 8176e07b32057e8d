"""Each task has a name, by which a log line, a debugger and a dump of a process that hangs say what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.syntax_trees import places


def nameless(tree: ast.Module) -> Iterator[int]:
    """The lines on which a task without a name begins; `ensure_future` gives it none."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="create_task") | ast.Name(id="create_task"), keywords=given
            ):
                if "name" not in {keyword.arg for keyword in given}:
                    yield node.lineno
            case ast.Attribute(attr="ensure_future") | ast.alias(name="ensure_future"):
                yield node.lineno
            case _:
                pass


@pytest.mark.slow
def test_each_task_has_a_name() -> None:
    assert places(nameless) == []


@pytest.mark.parametrize(
    "code",
    [
        "task = asyncio.create_task(work())",
        "async with asyncio.TaskGroup() as group:\n    group.create_task(work(), context=c)",
        "reading = asyncio.ensure_future(work())",
        "from asyncio import ensure_future",
    ],
)
def test_a_task_without_a_name_is_found(code: str) -> None:
    assert list(nameless(ast.parse(code)))


def test_a_task_with_a_name_is_none() -> None:
    assert not list(nameless(ast.parse("asyncio.create_task(work(), name='work')")))
