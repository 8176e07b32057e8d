"""What the tool of Brave Search returns."""

from __future__ import annotations

from pydantic import BaseModel


class WebResult(BaseModel):
    """One page that was found; its texts were written by others."""

    title: str
    """The page's title, without markup."""
    url: str
    """The page's address."""
    description: str
    """The part of the page that matches, without markup."""
    age: str | None
    """The page's date or age as the search engine puts it; null if it is not known."""


class WebResults(BaseModel):
    query: str
    """The words that were searched for."""
    results: list[WebResult]
    """The pages, the best match first."""
    more_results: bool
    """True if `offset` + 1 would return further results."""
