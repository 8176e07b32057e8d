"""`docs/operator-commands.md` lists no command that is not understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.worker_llm.test_grammar import ADDRESS, HASH, step
from worker.agent.llm.offline.plans import Step

DOCUMENT = Path(__file__).parents[2] / "docs" / "operator-commands.md"
ANSWERED_WITHOUT_TOOLS = ("help", "tools")
PHRASE = re.compile(r"`([a-z][^`]* [^`]*|[a-z]+\b)`")


def documented() -> list[str]:
    """The first column, and the phrases after “also”, of the commands' table."""
    table = DOCUMENT.read_text().partition("| say |")[2].partition("“Please”")[0]
    phrases: list[str] = []
    for row in table.splitlines()[2:]:
        if row.startswith("|"):
            _, say, does, _ = row.split("|")
            phrases.extend(re.findall(r"`([^`]+)`", say))
            phrases.extend(PHRASE.findall(does.partition("also ")[2].partition(";")[0]))
    return [p for p in phrases if p not in ("pay", "then")]


def filled(phrase: str) -> str:
    return phrase.replace("0x…", HASH if phrase.startswith(("transaction 0x", "tx")) else ADDRESS)


@pytest.mark.parametrize("phrase", documented())
def test_every_documented_command_is_understood(phrase: str) -> None:
    found = step(filled(phrase))
    if phrase in ANSWERED_WITHOUT_TOOLS:
        assert isinstance(found, str)
        assert "did not understand" not in found
    else:
        assert isinstance(found, Step), found


def test_the_document_was_read() -> None:
    assert len(documented()) > 25
