"""A number with its unit is written by `counted`, so that nobody reads “1 bytes”."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge.models.counted_words import counted
from forge_client.amounts import counted as counted_by_the_client
from local_dev.repository import ROOT

UNITS = [
    "base unit", "block", "byte", "call", "character", "conversation", "day", "digit", "error", "event", "file", "hour",
    "line", "message", "minute", "movement", "second", "token", "tool", "transaction", "wallet request",
]  # fmt: skip
PLURAL = rf" (?:more |other |whole )*(?:{'|'.join(UNITS)}|entrie)s\b(?! itself)"
PYTHON = ("layers/forge/forge", "worker", "local_dev", "clients/python")
FIXED = re.compile(
    r"(?:\w+\.)*_?[A-Z][A-Z0-9_]+(?: [-+/*]+ \d+)*"
    r"|limits\.tools|\w*limit|maxMessageLength|maxBytes\.toLocaleString\('en'\)"
    r"|size|length|bytes|len\(data\)"
)
"""Limits, of which none is one, and what is larger than one."""
IN_A_TEMPLATE = re.compile(r"\$\{([^{}]+)\}" + PLURAL)


def in_python(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            for number, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(number, ast.FormattedValue) and isinstance(after, ast.Constant):
                    written = ast.unparse(number.value)
                    if re.match(PLURAL, str(after.value)) and not FIXED.fullmatch(written):
                        yield written + str(after.value)


def in_javascript(text: str) -> Iterator[str]:
    return (found[0] for found in IN_A_TEMPLATE.finditer(text) if not FIXED.fullmatch(found[1]))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("write", [counted, counted_by_the_client])
def test_one_is_singular_and_every_other_number_plural(unit: str, write: type[str]) -> None:
    for number in (0, 1, 2, 21, "0.1", "1.5", "1,001"):
        assert write(number, unit) == f"{number} {unit}{'' if number == 1 else 's'}"  # type: ignore[call-arg]
    assert write("1", unit) == f"1 {unit}"  # type: ignore[call-arg]


def test_an_irregular_plural_is_known() -> None:
    assert [counted(1, "entry"), counted(2, "entry")] == ["1 entry", "2 entries"]


@pytest.mark.slow
@pytest.mark.parametrize("folder", PYTHON)
def test_no_python_text_puts_a_plural_behind_any_number(folder: str) -> None:
    found = {file: list(in_python(file.read_text())) for file in (ROOT / folder).rglob("*.py")}
    assert named(found) == {}


def test_no_text_of_the_page_puts_a_plural_behind_any_number() -> None:
    found = {file: list(in_javascript(file.read_text())) for file in (ROOT / "frontend").rglob("*.js")}
    assert named(found) == {}


def named(found: dict[Path, list[str]]) -> dict[str, list[str]]:
    return {str(file.relative_to(ROOT)): texts for file, texts in found.items() if texts}


def test_the_search_finds_such_a_text() -> None:
    assert list(in_python('f"{len(found)} more bytes"')) == ["len(found) more bytes"]
    assert list(in_python('f"{MOST} bytes"')) == []
    assert list(in_javascript("`${left} base units of`")) == ["${left} base units"]
