"""Replies to messages that the page or the wallet sent for the user. A tool verifies them where one can."""

from __future__ import annotations

from worker.agent.llm.offline import lookups
from worker.agent.llm.offline.plans import Plan, Step, only
from worker.agent.llm.offline.reading import problem
from worker.agent.llm.offline.tool_calls import ToolCalls

_MARK = r"(?:\[?system(?: event| message)?\]?[:\s]*)?"


def sent(box: ToolCalls, tx_hash: str) -> Plan:
    """A wallet's message is not a proof, so the plan looks the transaction up on the chain."""
    if not box.has("tx"):
        return f"Your wallet reports transaction `{tx_hash}`. I have no tool to verify it here."
    (found,) = yield Step(
        f"Your wallet reports transaction `{tx_hash}`. Looking for it{box.where}…",
        (box.call("tx", {"tx_hash": tx_hash}),),
    )
    if reason := problem(found):
        return f"I could not find it yet, so I cannot confirm it: {reason}"
    return f"On the chain: {lookups.tell_transaction(found)}"


def rejected(box: ToolCalls, why: str | None = None) -> Plan:
    return only(f"Understood: you rejected the transaction{f' ({why})' if why else ''}. Nothing was sent.")


def checked(box: ToolCalls, what: str) -> Plan:
    """The worker has already found out what became of the wallet request, and has said it in words for the user."""
    return only(f"{what.rstrip('.')}.")


def noted(box: ToolCalls, what: str) -> Plan:
    return only(f"Noted: {what}")


RULES = (
    (r"\[wallet\] *(?P<what>.+)", checked),
    (rf"{_MARK}transaction sent: *(?P<tx_hash>0x[0-9a-f]{{64}})", sent),
    (rf"{_MARK}transaction rejected(?: by user)?(?: *: *(?P<why>.*))?", rejected),
    (
        rf"{_MARK}(?P<what>(?:user(?:'s)? )?(?:connected )?wallet .*|(?:detected )?wallet network.*|network changed.*)",
        noted,
    ),
    (r"\[?system(?: event| message)?\]?: *(?P<what>.+)", noted),
)
