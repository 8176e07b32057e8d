"""No decision reads a sentence that was written for people: outcomes, refusals and causes are types.

A sentence is a text of two words or more. The test finds comparisons with one and searches for one (`in`,
`startswith`, regular expressions, `match`, keys), directly or by the name of a module's constant.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.syntax_trees import ROOT, product_trees

EXEMPT = {
    "layers/forge/forge/api/legacy_wallet_answers.py": "reads the texts by which older clients answer: their contract",
    "layers/forge/forge/api/entry/problems.py": "takes pydantic's mark off words of ours that are shown",
    "layers/forge/forge/setting_errors.py": "takes pydantic's mark off words of ours that are shown",
    "local_dev/gateway/page_version.py": "reads the page's HTML",
    "worker/agent/llm/offline": "reads what users type: English commands are its input",
    "worker/mcp_servers/uniswap_docs/index.py": "reads what users search for",
    "bench/machine.py": "reads what Linux tells of the processor",
    "bench/performance.py": "sorts the lines of a table by their names, which it has written",
    "bench/processes.py": "counts lines of a log",
}
SEARCHES = {
    *("startswith", "endswith", "find", "rfind", "index", "count", "removeprefix", "removesuffix"),
    *("partition", "rpartition", "split", "match", "search", "fullmatch", "findall", "compile", "sub"),
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
            return any(is_sentence(part, constants) for part in parts if not isinstance(part, ast.Tuple))
        case ast.Call(func=ast.Name(id="frozenset"), args=[inner]):
            return is_sentence(inner, constants)
        case ast.Dict(keys=keys):
            return any(is_sentence(key, constants) for key in keys if key)
        case ast.JoinedStr(values=parts):
            return any(is_sentence(part, constants) for part in parts)
        case _:
            return False


def is_no_label(node: ast.expr | None) -> bool:
    """The members of a closed literal type, such as "nonce taken", begin with a small letter."""
    match node:
        case ast.Constant(value=str(text)):
            return not text[:1].islower()
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.Call(args=parts):
            return any(map(is_no_label, parts))
        case ast.Dict(keys=keys):
            return any(map(is_no_label, keys))
        case _:
            return True


def readings(tree: ast.Module, constants: Constants) -> Iterator[int]:
    """The lines on which a sentence is compared with, or sought."""
    constants = {**constants, **looped(tree, constants)}
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others, ops=ops):
                seeks = any(isinstance(op, ast.In | ast.NotIn) for op in ops)
                sides = [each for each in (left, *others) if is_sentence(each, constants)]
                if any(map(is_no_label, sides)) or (seeks and is_sentence(left, constants)):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr=name), args=arguments) if name in SEARCHES:
                if any(is_sentence(each, constants) for each in arguments):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]):
                if is_sentence(key, constants) and is_no_label(key):
                    yield node.lineno
            case ast.MatchValue(value=value) if is_sentence(value, constants) and is_no_label(value):
                yield value.lineno
            case _:
                pass


def looped(tree: ast.Module, constants: Constants) -> Constants:
    """The names to which a loop gives one sentence after the other."""
    return {
        node.target.id: ast.unparse(node.iter)
        for node in ast.walk(tree)
        if isinstance(node, ast.For | ast.comprehension)
        and isinstance(node.target, ast.Name)
        and is_sentence(node.iter, constants)
    }


def sentences_of(tree: ast.Module) -> Constants:
    """The module's constants that are sentences, by name."""
    found: Constants = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=targets, value=value) if is_sentence(value, {}) and is_no_label(value):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if is_sentence(value, {}):
                names = [name] if is_no_label(value) else []
            case _:
                continue
        found |= dict.fromkeys(names, ast.unparse(value))
    return found


@cache
def found() -> dict[str, list[int]]:
    """The readings of the product's code, by path."""
    constants = {path: sentences_of(tree) for path, tree in product_trees().items()}
    shared = {name: text for own in constants.values() for name, text in own.items() if name[0] != "_"}
    assert "UNKNOWN_SIGN" in shared
    lines = {
        path: sorted(set(readings(tree, shared | constants[path]))) for path, tree in product_trees().items()
    }
    return {path: each for path, each in lines.items() if each}


@pytest.mark.slow
def test_no_decision_reads_a_sentence() -> None:
    assert {path: lines for path, lines in found().items() if not any(map(path.startswith, EXEMPT))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("place", EXEMPT)
def test_an_exemption_is_needed(place: str) -> None:
    assert any(path.startswith(place) for path in found())


@pytest.mark.parametrize(
    "code",
    [
        'if str(error).startswith("Nothing was sent"): pass',
        'x = "may or may not" in text',
        "x = UNKNOWN_SIGN in text",
        "x = text.startswith(drafts.UNKNOWN_SIGN)",
        'x = re.search(r"was not sent", text)',
        'x = text == "It was refused."',
        'x = any(sign in text for sign in ("may or may not", "x"))',
        'for sign in ("OUTCOME UNKNOWN", "x"):\n    if sign in text: pass',
        'x = text in {"It was refused.": 1}',
        'x = kinds.get("It was refused.")',
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
        'x = end in {"given up", "finished"}',
    ],
)
def test_words_that_are_no_sentence_and_texts_that_are_only_shown_are_none(code: str) -> None:
    assert not list(readings(ast.parse(code), {}))


_QUOTED = rf"""['"`][^'"`\n]*{_SENTENCE.pattern}[^'"`\n]*['"`]"""
_SEARCH = r"\.(?:startsWith|endsWith|includes|indexOf|match|split)\("
JS_READING = re.compile(rf"(?:[!=]==|\bcase|{_SEARCH})\s*{_QUOTED}|{_QUOTED}\s*(?:[!=]==|\]?\.includes\()")


def test_no_decision_of_the_page_reads_a_sentence() -> None:
    texts = {path: path.read_text() for path in sorted((ROOT / "frontend").rglob("*.js"))}
    lines = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path, text in texts.items()
        for match in JS_READING.finditer(text)
    ]
    assert lines == []


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("if (error.message === 'Nothing was sent') return;", True),
        ('return text.startsWith("It was refused");', True),
        ("case `Not found yet`:", True),
        ("return ['It was refused.'].includes(text);", True),
        ("if ('It was refused.' !== text) return;", True),
        ("return kind === 'failed' ? 'It was refused.' : '';", False),
        ("case 'refused': return 'It was refused.';", False),
    ],
)
def test_a_decision_of_the_page_that_reads_a_sentence_is_found(code: str, is_found: bool) -> None:
    assert bool(JS_READING.search(code)) == is_found
