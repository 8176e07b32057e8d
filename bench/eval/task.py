"""The definition of a task, and the words of its script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bench.eval.world import Check
from worker.agent.operator_limits import Policy

Answer = Literal["signs", "rejects", "signs another", "reports a made-up hash"]
Word = Literal["allows", "refuses"]


@dataclass(frozen=True)
class Task:
    """One task of the evaluation."""

    name: str
    """The task's name in the table."""
    prompt: str
    """The user's message."""
    script: tuple[dict[str, Any], ...]
    """The tool calls in order, one in each response."""
    checks: tuple[Check, ...]
    """What must be true of the chain afterwards."""
    answer: Answer | None = None
    """What the user does with the wallet's request; None if the task makes none."""
    word: Word | None = None
    """What the user decides about each call that waits for them; None if none does."""
    page: str = ""
    """What `read_page` and the third-party server return."""
    symbol: str = "GOLD"
    """The symbol of Alice's token."""
    policy: Policy = Policy()  # noqa: RUF009 -- immutable
    """The limits of what the agent may do."""


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    if "sender" in arguments:
        arguments["from"] = arguments.pop("sender")
    return {"call": {"name": tool, "arguments": arguments}}


def say(text: str) -> dict[str, Any]:
    return {"say": text}


def send(sender: str, to: str, value: str, data: str = "0x") -> dict[str, Any]:
    return call("send", sender=sender, to=to, value=value, input=data)


def encode(signature: str, *arguments: str) -> dict[str, Any]:
    return call("encode_function_call", signature=signature, arguments=list(arguments))


def ask_wallet(to: str, value: str, data: str = "0x") -> dict[str, Any]:
    return call("send_transaction_to_wallet", to=to, value=value, data=data, description="What you asked for")


def look_at_token(who: str) -> dict[str, Any]:
    return call("erc20_balance", who=who, token="{token}")  # noqa: S106 -- an ERC-20
