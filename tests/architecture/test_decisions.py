"""No decision reads a sentence that was written for people: outcomes, refusals and causes are types.

A sentence is a text of two words or more. The test finds comparisons with one and searches for one (`in`,
`startswith`, regular expressions, `match`), directly or by the name of a module's constant.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("worker/agent", "worker/mcp_servers", "worker/ethereum", "bench/soak")
EXEMPT = {
    "worker/agent/llm/offline": "reads what users type: English commands are its input",
    "worker/mcp_servers/uniswap_docs/index.py": "reads what users search for",
    "bench/soak/deploys.py": "sees in a log that a process has imported its functions again",
    "worker/ethereum/node/error_dialects.py": "holds the words of nodes, which have no other type, as rows of data",
}
SEARCHES = {
    *("startswith", "endswith", "find", "rfind", "index", "count", "removeprefix", "removesuffix"),
    *("partition", "rpartition", "split", "match", "search", "fullmatch", "findall", "compile"),
}
_SENTENCE = re.compile(r"[A-Za-z]{2,} (?:[A-Za-z]{2,}|a\b|I\b)")

Constants = dict[str, str]


def is_sentence(node: ast.expr, constants: Constants) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return bool(_SENTENCE.search(text))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in constants
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return any(is_sentence(part, constants) for part in parts)
        case ast.JoinedStr(values=parts):
            return any(is_sentence(part, constants) for part in parts)
        case _:
            return False


def is_no_label(node: ast.expr) -> bool:
    """The members of a closed literal type, such as "nonce taken", begin with a small letter."""
    return not (isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value[:1].islower())


def readings(tree: ast.Module, constants: Constants) -> Iterator[int]:
    """The lines on which a sentence is compared with, or sought."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others, ops=ops):
                sides = [each for each in (left, *others) if is_sentence(each, constants)]
                seeks = any(isinstance(op, ast.In | ast.NotIn) for op in ops)
                equals = any(isinstance(op, ast.Eq | ast.NotEq) for op in ops)
                if (seeks and sides) or (equals and any(map(is_no_label, sides))):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr=name), args=arguments) if name in SEARCHES:
                if any(is_sentence(each, constants) for each in arguments):
                    yield node.lineno
            case ast.MatchValue(value=value) if is_sentence(value, constants) and is_no_label(value):
                yield value.lineno
            case _:
                pass


def sentences_of(tree: ast.Module) -> Constants:
    """The module's constants that are sentences, by name."""
    found: Constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and is_sentence(node.value, {}):
            found |= {
                target.id: ast.unparse(node.value) for target in node.targets if isinstance(target, ast.Name)
            }
    return found


def sources() -> list[Path]:
    found = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return [path for path in found if not any(path.is_relative_to(ROOT / part) for part in EXEMPT)]


def test_no_decision_reads_a_sentence() -> None:
    trees = {path: ast.parse(path.read_text()) for path in sources()}
    shared = ast.parse((ROOT / "worker/tool_outcomes.py").read_text())
    constants = {
        name: text for tree in (shared, *trees.values()) for name, text in sentences_of(tree).items()
    }
    assert "UNKNOWN_SIGN" in constants
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in trees.items()
        for line in sorted(set(readings(tree, constants)))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'if str(error).startswith("Nothing was sent"): pass',
        'x = "may or may not" in text',
        "x = UNKNOWN_SIGN in text",
        "x = text.startswith(drafts.UNKNOWN_SIGN)",
        'x = re.search(r"was not sent", text)',
        'x = text == "It was refused."',
        'x = any(sign in text for sign in ("OUTCOME UNKNOWN", "x")) or ("OUTCOME UNKNOWN", "x") == y',
        'match text:\n    case "It was refused.": pass',
    ],
)
def test_a_decision_that_reads_a_sentence_is_found(code: str) -> None:
    assert list(readings(ast.parse(code), {"UNKNOWN_SIGN": "OUTCOME UNKNOWN"}))


@pytest.mark.parametrize(
    "code",
    [
        'x = text.startswith("0x")',
        'x = kind == "unknown"',
        'raise ToolRefused("Nothing was sent")',
        'd["a b"]',
    ],
)
def test_words_that_are_no_sentence_and_texts_that_are_only_shown_are_none(code: str) -> None:
    assert not list(readings(ast.parse(code), {}))
