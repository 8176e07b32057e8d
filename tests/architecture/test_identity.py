"""No code asks for the `id()` of an object: libraries copy what they get, and ids are used again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.syntax_trees import places


def identities(tree: ast.Module) -> Iterator[int]:
    """The lines on which the builtin is called, or passed on."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="id")):
                yield node.lineno
            case ast.Call(args=arguments, keywords=keywords):
                passed = (*arguments, *(each.value for each in keywords if each.arg != "id"))
                if any(isinstance(each, ast.Name) and each.id == "id" for each in passed):
                    yield node.lineno
            case _:
                pass


@pytest.mark.slow
def test_no_code_asks_for_an_id() -> None:
    assert places(identities) == []


@pytest.mark.parametrize("code", ["x = id(part)", "new = set(map(id, parts))", "parts.sort(key=id)"])
def test_an_id_is_found(code: str) -> None:
    assert list(identities(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["x = server.id()", "class A:\n    id: str", "f(id='a')", "f(id=id)", "x = a.id"]
)
def test_a_name_of_a_field_is_none(code: str) -> None:
    assert not list(identities(ast.parse(code)))
