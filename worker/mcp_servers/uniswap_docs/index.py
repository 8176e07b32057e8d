"""A full-text index (SQLite FTS5, in memory) over the sections of Markdown pages."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from worker.tool_outcomes import ToolRefused

LONGEST_SECTION = 4_000
_WORD = re.compile(r"[^\W_]+")
_STOP_WORDS = frozenset(
    _WORD.findall(
        "a an and are as at be by can do does for from how i in is it of on or the to what when which why"
    )
)


class Section(BaseModel):
    """A section of a page. `score`: larger is better, comparable within one search only."""

    page: str
    """The file's name."""
    title: str
    """The page's title."""
    heading: str
    """The section's heading; the title for the text before the first heading."""
    text: str
    """The section as Markdown, cut to 4,000 characters."""
    score: float
    """How well the section matches the query (BM25); larger is better."""


class DocumentIndex:
    def __init__(self, sections: Iterator[tuple[str, str, str, str]]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE sections USING fts5"
            "(page UNINDEXED, title, heading, text, tokenize='porter unicode61')"
        )
        self._database.executemany("INSERT INTO sections VALUES (?, ?, ?, ?)", sections)

    def search(self, query: str, limit: int) -> list[Section]:
        """Return sections that contain any of the words; those with more and rarer words come first, and headings
        weigh most.
        """
        words = [word for word in _WORD.findall(query.lower()) if word not in _STOP_WORDS]
        if not words:
            raise ToolRefused(
                "The query has no word to look for; name the concept, such as 'concentrated liquidity'."
            )
        # A quoted word is only a word: FTS5's own operators in a query have no effect.
        match = " OR ".join(f'"{word}"' for word in words[:32])
        rows = self._database.execute(
            "SELECT page, title, heading, text, -bm25(sections, 0, 4.0, 6.0, 1.0) FROM sections "
            "WHERE sections MATCH ? ORDER BY 5 DESC LIMIT ?",
            (match, limit),
        )
        return [
            Section(page=page, title=title, heading=heading, text=text, score=round(score, 3))
            for page, title, heading, text, score in rows
        ]


def build_index(folder: Path) -> DocumentIndex:
    pages = sorted(folder.glob("**/*.md"))
    if not pages:
        raise ToolRefused(
            "There are no documents: UNISWAP_DOCS_FOLDER names a folder without Markdown pages."
        )
    return DocumentIndex(section for page in pages for section in _sections(page))


def _sections(page: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield one section for each `##` heading; the text before the first heading belongs to the page's title."""
    title, heading, lines = page.stem, "", list[str]()
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            title = heading = line[2:].strip()
        elif line.startswith("## "):
            yield from _section(page, title, heading, lines)
            heading, lines = line[3:].strip(), []
        else:
            lines.append(line)
    yield from _section(page, title, heading, lines)


def _section(page: Path, title: str, heading: str, lines: list[str]) -> Iterator[tuple[str, str, str, str]]:
    text = "\n".join(lines).strip()
    if text:
        yield page.name, title, heading or title, text[:LONGEST_SECTION]
