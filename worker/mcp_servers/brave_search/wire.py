"""The answers of Brave Search as its documentation describes them, and what the tool makes of them."""

from __future__ import annotations

import html
import re
from typing import Any

from pydantic import BaseModel, ValidationError

from worker.mcp_servers.brave_search.results import WebResult, WebResults
from worker.mcp_servers.web.http_client import ApiFailed, parse

NAME = "Brave Search"
_TAG = re.compile(r"<[^>]{1,200}>")
_OF_THE_KEY = frozenset({"SUBSCRIPTION_TOKEN_INVALID"})
"""Codes of an error 422 that is about the API key (Brave's API reference, Web Search, read on 2026-11-27)."""


class _Row(BaseModel):
    title: str = ""
    url: str
    description: str = ""
    age: str | None = None
    page_age: str | None = None


class _Web(BaseModel):
    results: list[_Row] = []


class _Query(BaseModel):
    more_results_available: bool = False


class _Answer(BaseModel):
    web: _Web | None = None
    query: _Query = _Query()


class _Fault(BaseModel):
    code: str = ""
    detail: str = ""


class _Failure(BaseModel):
    error: _Fault


def results(query: str, answer: Any) -> WebResults:
    """Raises `ApiFailed` for an answer of another form than Brave documents."""
    parsed = parse(NAME, _Answer, answer)
    found = [
        WebResult(
            title=_plain(row.title),
            url=row.url,
            description=_plain(row.description),
            age=row.page_age or row.age,
        )
        for row in (parsed.web.results if parsed.web else [])
    ]
    return WebResults(query=query, results=found, more_results=parsed.query.more_results_available)


def _plain(text: str) -> str:
    """Remove the markup that descriptions have around the words that were found."""
    return html.unescape(_TAG.sub("", text))


def explain(error: ApiFailed, variable: str) -> str:
    """Return what the tool says of a failure."""
    try:
        fault = _Failure.model_validate(error.body).error
    except ValidationError:
        fault = _Fault()
    if error.status in {401, 403} or fault.code in _OF_THE_KEY:
        return f"{NAME} does not accept the API key; the operator checks {variable}."
    return f"{error} {fault.detail[:300]}".strip()
