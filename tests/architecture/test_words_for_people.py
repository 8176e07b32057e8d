"""What a person reads of a failed tool call names no tool and no parameter, and never says "the user". What a person
reads of a refused request is a sentence.

Words for the LLM are advice: the second argument of the errors in `worker/tool_outcomes.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge import errors

ROOT = Path(__file__).parents[2]
ENDS = {"ToolRefused", "CallFailed", "OutcomeUnknown"}
FOR_THE_LLM = re.compile(r"`|\b[a-z]+(?:_[a-z]+)+\b|\bthe user\b|\bPass\b")


def constants_of(tree: ast.Module) -> dict[str, ast.expr]:
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def shown(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The lines and the literal texts that a person may read."""
    constants = constants_of(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ENDS
            and node.args
        ):
            first = node.args[0]
            written = constants.get(first.id, first) if isinstance(first, ast.Name) else first
            for part in ast.walk(written):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield node.lineno, part.value


@pytest.mark.slow
def test_what_a_person_reads_of_a_failed_call_has_no_words_for_the_llm() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "worker").rglob("*.py"))
        for line, text in shown(ast.parse(path.read_text()))
    }
    assert len(found) > 100
    assert [each for each in sorted(found) if FOR_THE_LLM.search(each.partition(": ")[2])] == []


@pytest.mark.parametrize(
    "code",
    [
        "ToolRefused('Pass an address.')",
        "ToolRefused(f'{a} is wrong: see code_size')",
        "WORDS = 'Tell the user.'\nCallFailed(WORDS)",
        "OutcomeUnknown('lost; `to` was empty', 'advice')",
        "ToolRefused(explained(f'wrong {x}, pass wallet_address'))",
    ],
)
def test_words_for_the_llm_are_found(code: str) -> None:
    assert any(FOR_THE_LLM.search(text) for _, text in shown(ast.parse(code)))


def test_advice_is_none_of_them() -> None:
    code = "ToolRefused('It is closed.', 'Use open_it and pass `key`.')"
    assert not any(FOR_THE_LLM.search(text) for _, text in shown(ast.parse(code)))


REFUSALS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ForgeError)
} - {"SpendingCapReached", "MissingApiKey"} | {"unavailable"}
"""The errors whose text is a problem document's `detail`, and the function that makes one of a service's name.
The first argument of the two others is no text for people.
"""
A_SENTENCE = re.compile(r"[A-Z]|[a-z_]+(?:: | is )")
"""A sentence begins with a capital letter, or with the name of a field of the request."""


def beginnings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The lines and the literal beginnings of what a refusal says."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        part = first.values[0] if isinstance(first, ast.JoinedStr) else first
        if name in REFUSALS and isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield node.lineno, part.value


@pytest.mark.slow
def test_what_a_refused_request_is_told_is_a_sentence() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for folder in ("layers", "functions", "worker")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in beginnings(ast.parse(path.read_text()))
    }
    assert len(found) > 30
    assert [each for each in sorted(found) if not A_SENTENCE.match(each.partition(": ")[2])] == []


@pytest.mark.parametrize(
    "code", ["StorageUnavailable('the table is overloaded.')", "aws.unavailable(f'the {queue}')"]
)
def test_a_refusal_that_is_no_sentence_is_found(code: str) -> None:
    assert not any(A_SENTENCE.match(text) for _, text in beginnings(ast.parse(code)))
