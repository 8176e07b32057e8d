"""Each public field of the product's public classes has a docstring of its own, directly below it.

A field is an annotation in the body of a class, such as `seconds: float`; it is public if neither its own name nor that
of a class around it begins with an underscore. An attribute that only a method sets, and a constant without an
annotation, is no field. No class and no field is exempt.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import zip_longest

import pytest

from tests.syntax_trees import product_trees


def fields(body: list[ast.stmt], around: str = "") -> Iterator[tuple[str, bool]]:
    """The public fields in `body`, as `Class.field`, each with whether a docstring follows it."""
    for statement, after in zip_longest(body, body[1:]):
        match statement:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield from fields(statement.body, f"{around}{name}.")
            case ast.AnnAssign(target=ast.Name(id=name)) if around and not name.startswith("_"):
                yield f"{around}{name}", is_docstring(after)
            case _:
                pass


def is_docstring(statement: ast.stmt | None) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return bool(text.strip())
        case _:
            return False


@pytest.mark.slow
def test_each_public_field_has_a_docstring() -> None:
    found = [
        (f"{path}: {name}", is_documented)
        for path, tree in product_trees().items()
        for name, is_documented in fields(tree.body)
    ]
    assert len(found) > 1_500
    missing = ", ".join(name for name, is_documented in found if not is_documented)
    assert not missing, f"Write one line below each field (what it is, its unit or form): {missing}"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("class A:\n    x: int", [("A.x", False)]),
        ("class A:\n    x: int\n    '''The number.'''\n    y: str = ''", [("A.x", True), ("A.y", False)]),
        ("class A:\n    x: int\n    ''' '''", [("A.x", False)]),
        ("class A:\n    class B:\n        x: int", [("A.B.x", False)]),
        ("class _A:\n    x: int\nclass B:\n    _x: int\n    KIND = 1\nx: int", []),
    ],
)
def test_fields_are_found(code: str, expected: list[tuple[str, bool]]) -> None:
    assert list(fields(ast.parse(code).body)) == expected
