"""No test fails because the computer is busy: every wait has the limit of `tests/patience.py`.

The test finds limits between one second and one minute. A shorter limit is a wait that the test expects to reach.
Libraries that set limits themselves get longer ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
EXPECTED_TO_PASS, PATIENT = 1.0, 60.0
BOUNDS = {"timeout": 0, "timeout_at": 0, "wait_for": 1, "set_default_timeout": 0, "fail_after": 0}
"""Where the bound stands among the arguments of a call."""
KEYWORDS = {"timeout", "open_timeout"}
HURRIED = {"httpx.AsyncClient", "httpx.Client", "httpx.get", "httpx.post"}
"""They give up after five seconds, unless told otherwise or without a network."""
NO_FAILURES = {"pytest.mark.timeout", "asyncio.wait"}
"""Other bounds: of a test as a whole, and of a wait after which what has not ended is an answer, no error."""

Numbers = dict[str, float]


def is_hurried(bound: ast.expr, constants: Numbers) -> bool:
    """Whether it is a number of seconds, or of milliseconds, for which a busy computer may stop a process."""
    match bound:
        case ast.Constant(value=int(number) | float(number)):
            pass
        case ast.Name(id=name) if name in constants:
            number = constants[name]
        case ast.BinOp(left=left, right=right):
            return is_hurried(left, constants) or is_hurried(right, constants)
        case _:
            return False
    return any(EXPECTED_TO_PASS <= number / unit < PATIENT for unit in (1, 1_000))


def hurried(tree: ast.Module) -> Iterator[int]:
    """The lines of calls that give up early."""
    constants = {
        target.id: float(node.value.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, int | float)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) in NO_FAILURES:
            continue
        called = ast.unparse(node.func)
        name = called.rpartition(".")[2]
        given = {each.arg: each.value for each in node.keywords if each.arg}
        bounds = [bound for keyword, bound in given.items() if keyword in KEYWORDS]
        if name in BOUNDS:
            bounds += node.args[BOUNDS[name] : BOUNDS[name] + 1]
        if any(is_hurried(bound, constants) for bound in bounds) or (
            called in HURRIED and not {"timeout", "transport"} & set(given)
        ):
            yield node.lineno


@pytest.mark.slow
def test_no_test_gives_up_before_a_busy_computer_answers() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        for line in hurried(ast.parse(path.read_text()))
    ]
    assert not found, "These waits end before a busy computer may have answered: " + ", ".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "asyncio.wait_for(it, 5)",
        "asyncio.timeout(20)",
        "SECONDS = 20.0\nasyncio.timeout(SECONDS)",
        "SECONDS = 5\nasyncio.wait_for(it, 4 * SECONDS)",
        "expect(it).to_be_visible(timeout=3_000)",
        "client.ask('hello', timeout=5)",
        "httpx.AsyncClient(base_url=url)",
        "connect(url, open_timeout=10)",
    ],
)
def test_a_wait_that_gives_up_early_is_found(code: str) -> None:
    assert list(hurried(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "asyncio.wait_for(it, PATIENCE_SECONDS)",
        "asyncio.wait([it], timeout=3)",
        "asyncio.timeout(60)",
        "httpx.AsyncClient(transport=application)",
        "httpx.AsyncClient(timeout=PATIENCE_SECONDS)",
        "page.locator(name).wait_for()",
    ],
)
def test_a_patient_wait_and_one_that_is_expected_to_pass_are_left_alone(code: str) -> None:
    assert not list(hurried(ast.parse(code)))
