from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.conftest import answer_of
from worker.mcp_servers import uniswap_docs
from worker.mcp_servers.uniswap_docs import OWN_DOCUMENTS
from worker.mcp_servers.uniswap_docs.index import LONGEST_SECTION, build_index
from worker.tool_outcomes import ToolRefused

INDEX = build_index(OWN_DOCUMENTS)


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("what is impermanent loss", "impermanent-loss.md"),
        ("How do hooks work in v4?", "v4-hooks.md"),
        ("tick spacing of fee tiers", "v3-concentrated-liquidity.md"),
        ("time weighted average price oracle", "oracles.md"),
        ("universal router commands", "v3-swapping.md"),
        ("PoolManager flash accounting", "v4-architecture.md"),
        ("constant product formula", "automated-market-makers.md"),
        ("permit2 signature expiry", "approvals-and-permit2.md"),
        ("sandwich attack", "safe-swapping.md"),
        ("collect fees from a position NFT", "v3-positions.md"),
        ("swapExactTokensForTokens path", "v2-pairs.md"),
        ("protocol fee governance", "fees.md"),
    ],
)
def test_a_question_finds_its_page_first(question: str, page: str) -> None:
    assert INDEX.search(question, 3)[0].page == page


def test_every_page_that_ships_has_a_title_and_short_sections() -> None:
    pages = sorted(OWN_DOCUMENTS.glob("*.md"))
    assert len(pages) >= 8
    for page in pages:
        text = page.read_text()
        assert text.startswith("# ")
        assert all(len(section) < LONGEST_SECTION for section in text.split("\n## "))


async def test_the_tool_answers_with_whole_sections_best_first() -> None:
    async with Client(uniswap_docs.build({})) as tools:
        result = await answer_of(tools, "search_uniswap_docs", {"query": "hooks", "limit": 2})
    assert len(result["results"]) == 2
    first, second = result["results"]
    assert first["score"] >= second["score"] > 0
    assert "hook" in first["text"]


async def test_another_folder_of_documents_can_be_named(tmp_path: Path) -> None:
    nested = tmp_path / "guides"
    nested.mkdir()
    (nested / "own.md").write_text(
        "Before any heading.\n\n# Our pools\n\nThe wombat pool.\n## Wombats\nThey burrow.\n"
    )
    async with Client(uniswap_docs.build({"UNISWAP_DOCS_FOLDER": str(tmp_path)})) as tools:
        result = await answer_of(tools, "search_uniswap_docs", {"query": "wombat"})
    headings = [(s["title"], s["heading"]) for s in result["results"]]
    assert headings == [("Our pools", "Wombats"), ("Our pools", "Our pools")]


async def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    async with Client(uniswap_docs.build({"UNISWAP_DOCS_FOLDER": str(tmp_path)})) as tools:
        with pytest.raises(ToolError, match="UNISWAP_DOCS_FOLDER"):
            await tools.call_tool("search_uniswap_docs", {"query": "x"})


@given(st.text(max_size=80))
def test_no_query_is_taken_for_search_syntax(query: Any) -> None:
    try:
        found = INDEX.search(query, 5)
    except ToolRefused:
        found = []
    assert len(found) <= 5


@pytest.mark.parametrize(
    "query", ['hooks NOT v4"', "title:hooks", "hooks*", "NEAR(hooks fee)", "hooks; DROP TABLE sections"]
)
def test_operators_of_the_search_engine_are_only_words(query: str) -> None:
    assert any("hook" in section.text for section in INDEX.search(query, 5))


def test_a_query_without_a_word_is_refused() -> None:
    with pytest.raises(ToolRefused, match="no word"):
        INDEX.search('"?! the', 5)
