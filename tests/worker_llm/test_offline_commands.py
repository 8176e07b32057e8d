"""`docs/offline-commands.md` lists no command that is not understood."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.worker_llm.test_grammar import ADDRESS, HASH, step
from worker.agent.llm.offline.plans import Step
from worker.agent.tools.session_network import own_tools
from worker.agent.wallet.ask_wallet import wallet_tools
from worker.mcp_servers.own_servers import mount

DOCUMENT = Path(__file__).parents[2] / "docs" / "offline-commands.md"
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


async def parameters() -> dict[str, dict[str, Any]]:
    """The parameters' schema of each of our tools by its name."""
    served = [tool for _, server in mount({}) for tool in await server.list_tools()]
    nothing: Any = None  # the wallet is needed for a call only
    ours = [*own_tools().tools.values(), *wallet_tools(nothing).tools.values()]
    return {tool.name: tool.parameters for tool in served} | {
        tool.name: tool.function_schema.json_schema for tool in ours
    }


@pytest.mark.slow
async def test_every_documented_command_gives_its_tool_the_parameters_that_it_has() -> None:
    known, called = await parameters(), set[str]()
    for found in map(step, map(filled, documented())):
        for call in found.calls if isinstance(found, Step) else ():
            schema, given = known[call.name], call.arguments.keys()
            assert set(schema.get("required", ())) <= given <= schema["properties"].keys(), call
            called.add(call.name)
    assert len(called) > 12


def test_the_document_was_read() -> None:
    assert len(documented()) > 25
