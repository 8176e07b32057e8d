"""Reading tool results. They are data from outside, which answers quote but never follow as instructions."""

from __future__ import annotations

import json
from typing import Any, cast

from forge.models.counted_words import counted
from worker.agent.llm.local_model_input import Result
from worker.agent.llm.offline.amounts import ether
from worker.untrusted_text import in_chat

QUOTE_LIMIT = 1_500
"""Maximum characters of a result in an answer; the page shows the tool result itself next to it."""


def field(result: Result, *names: str) -> Any:
    """Return the first of these fields that exists and is not null."""
    value = result.value
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def number(result: Result, name: str) -> int | None:
    """Return a whole number, which our tools return as one or as its decimal digits."""
    value = field(result, name)
    return None if value is None else int(value)


def rows(result: Result, name: str) -> list[dict[str, Any]]:
    return field(result, name) or []


def text(result: Result, limit: int = QUOTE_LIMIT) -> str:
    """Return the whole result as text, cut between characters."""
    value = result.value
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return (
        whole if len(whole) <= limit else f"{whole[:limit]}… (cut; {counted(f'{len(whole):,}', 'character')})"
    )


def words(result: Result, limit: int = QUOTE_LIMIT) -> str:
    """Return the whole result for use in a sentence of ours, with any Markdown in it made inactive."""
    return in_chat(text(result, limit))


def problem(result: Result) -> str | None:
    """Return what went wrong, in words for a person, or `None` for a call that succeeded."""
    if result.kind == "ok":
        return None
    said = words(result) if result.shown is None else in_chat(result.shown[:QUOTE_LIMIT])
    return said.strip() or "no reason given"


def unknown_outcome(result: Result) -> bool:
    """Return whether the call may have taken effect, so that it must be verified and not repeated."""
    return result.kind == "unknown"


def balance_line(result: Result, who: str) -> str:
    """Return `Alice has 9999 ETH.` from a `balance` result, or the error if there is no result."""
    if reason := problem(result):
        return f"I could not read {who}'s balance: {reason}"
    wei = number(result, "wei")
    return f"{who}: {words(result)}" if wei is None else f"{who} has {ether(wei, field(result, 'currency'))}."


def status_of(result: Result) -> bool | None:
    """Return whether a transaction's receipt reports success; `None` while it reports nothing yet."""
    return {"success": True, "reverted": False}.get(field(result, "status"))
