"""Reading tool results. They are data from outside: quoted in answers, never acted upon."""

from __future__ import annotations

import json
from typing import Any, cast

from worker.agent.llm.offline.amounts import ether, whole_number
from worker.agent.llm.run_so_far import Result
from worker.foreign_text import in_chat
from worker.json_text import read_json

QUOTE_LIMIT = 1_500
"""Characters of a result shown in an answer; the tool result itself is displayed beside it."""


def data(result: Result) -> Any:
    """The result's value; text that is JSON is parsed."""
    if isinstance(result.value, str) and result.value.lstrip().startswith(("{", "[")):
        try:
            return read_json(result.value)
        except ValueError:
            return result.value
    return result.value


def field(result: Result, *names: str) -> Any:
    """The first of these fields that is there and not null."""
    value = data(result)
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def number(result: Result, *names: str) -> int | None:
    return whole_number(field(result, *names))


def rows(result: Result, *names: str) -> list[Any]:
    """The result if it is a list, else the first of these fields that is one."""
    value = data(result)
    if not isinstance(value, list):
        value = field(result, *names)
    return cast("list[Any]", value) if isinstance(value, list) else []


def text(result: Result, limit: int = QUOTE_LIMIT) -> str:
    """The whole result as text, cut on a character."""
    value = result.value
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return whole if len(whole) <= limit else f"{whole[:limit]}… (cut; {len(whole):,} characters)"


def words(result: Result, limit: int = QUOTE_LIMIT) -> str:
    """The whole result within a sentence of ours: a stranger's text has no meaning in Markdown there."""
    return in_chat(text(result, limit))


def problem(result: Result) -> str | None:
    """What went wrong, in words for a person, or `None` for a call that succeeded."""
    if result.kind == "ok":
        return None
    said = words(result) if result.shown is None else in_chat(result.shown[:QUOTE_LIMIT])
    return said.strip() or "no reason given"


def unknown_outcome(result: Result) -> bool:
    """The call may or may not have taken effect: it must be verified, not repeated."""
    return result.kind == "unknown"


def balance_line(result: Result, who: str) -> str:
    """`Alice has 9999 ETH.`, from a `balance` result; the error, when it has none."""
    if reason := problem(result):
        return f"I could not read {who}'s balance: {reason}"
    wei = number(result, "wei", "balance")
    return f"{who}: {words(result)}" if wei is None else f"{who} has {ether(wei, field(result, 'currency'))}."


def status_of(result: Result) -> bool | None:
    """Whether a transaction's receipt says success; `None` when there is no word of it yet."""
    return {"success": True, "reverted": False, "1": True, "0": False}.get(
        str(field(result, "status")).lower()
    )
