"""The plan of each command: it says something, asks for tool calls, gets their results, and ends with an answer.

A plan is a generator over steps that is replayed from the message history at every request (`next_step`), so it must
depend only on its arguments and the results.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from worker.agent.llm.local_model_input import Call, Result
from worker.agent.llm.offline.amounts import ether, to_wei
from worker.agent.llm.offline.reading import balance_line, field, problem, status_of, unknown_outcome, words
from worker.agent.llm.offline.refusal import Refusal
from worker.agent.llm.offline.tool_calls import ToolCalls
from worker.ethereum.amounts import grouped
from worker.ethereum.named_accounts import ACCOUNT_NAMES
from worker.untrusted_text import in_chat, in_code


@dataclass(frozen=True, slots=True)
class Step:
    """Text, then tool calls that run at the same time."""

    text: str
    """What is said before the calls; may be empty."""
    calls: tuple[Call, ...]
    """The tool calls; their results are sent to the plan."""


Plan = Generator[Step, list[Result], str]


def next_step(plan: Plan, exchanges: Sequence[list[Result]]) -> Step | str:
    """Return the plan's next step after these exchanges, or its answer."""
    try:
        step = next(plan)
        for results in exchanges:
            step = plan.send(results)
    except StopIteration as end:
        return str(end.value)
    return step


def only(answer: str) -> Plan:
    """Return a plan without steps."""
    yield from ()  # pyrefly: ignore[invalid-yield]  nothing is yielded
    return answer


def one_after_another(plans: Sequence[Plan]) -> Plan:
    """The answer of one plan comes before the first words of the next plan."""
    said = ""
    for plan in plans:
        try:
            step = next(plan)
            while True:
                results = yield Step(said + step.text, step.calls)
                said = ""
                step = plan.send(results)
        except StopIteration as end:
            said += f"{end.value}\n\n"
    return said.strip()


def send(box: ToolCalls, amount: str, unit: str, sender: str, recipient: str) -> Plan:
    wei = to_wei(amount, unit)
    transfer = f"{ether(wei)} from {sender} to {recipient}"
    (sent,) = yield Step(
        f"Sending {transfer}{box.where}…",
        (box.call("send", {"from": sender, "to": recipient, "value": str(wei)}),),
    )
    if unknown_outcome(sent):
        return (yield from _verify_unknown(box, transfer, sender, recipient))
    if reason := problem(sent):
        return f"The transfer of {transfer} did not succeed: {reason}"
    transaction = field(sent, "hash")
    if status_of(sent) is False:
        why = field(sent, "revert_reason")
        reason = f" Reason: {in_chat(why)}" if why else ""
        return f"Transaction `{transaction}` was reverted: {transfer} did not happen.{reason}"
    block = field(sent, "block_number")
    where = "" if block is None else f" in block {block}"
    balances: list[Result] = []
    if checks := _both(box, sender, recipient):
        balances = yield Step(f"Transaction `{transaction}`{where}. Checking both balances…", checks)
    done = f"Sent {transfer}." if status_of(sent) else f"Submitted {transfer}; not confirmed yet."
    return "\n".join((done, f"- Transaction `{transaction}`{where}", *_lines(balances, (sender, recipient))))


def _verify_unknown(box: ToolCalls, transfer: str, sender: str, recipient: str) -> Plan:
    unsure = f"I do not know whether {transfer} went through."
    checks = _both(box, sender, recipient)
    if not checks:
        return f"{unsure} Check the balances before you ask for it again."
    balances = yield Step(
        "The outcome of this transfer is unknown: it may or may not have happened. "
        "I will not repeat it; checking both balances…",
        checks,
    )
    lines = _lines(balances, (sender, recipient))
    return "\n".join((f"{unsure} The balances now are:", *lines, "Compare them before you ask for it again."))


def _both(box: ToolCalls, *whos: str) -> tuple[Call, ...]:
    """Return a balance call for each account, once. Without the tool there are none, so that a transfer is still
    reported.
    """
    if not box.has("balance"):
        return ()
    return tuple(box.call("balance", {"who": who}) for who in dict.fromkeys(whos))


def _lines(results: Sequence[Result], whos: Sequence[str]) -> list[str]:
    return [
        f"- {balance_line(result, who)}" for result, who in zip(results, dict.fromkeys(whos), strict=False)
    ]


def send_by_wallet(box: ToolCalls, amount: str, unit: str, recipient: str) -> Plan:
    wei = to_wei(amount, unit)
    transfer = f"{ether(wei)} to {recipient}"
    asked = {"to": recipient, "value": str(wei), "data": "0x", "description": f"Send {transfer}"}
    (answer,) = yield Step(
        f"Asking your wallet to send {transfer}{box.where}…",
        (box.call("send_transaction_to_wallet", asked),),
    )
    if unknown_outcome(answer):
        return f"I do not know whether your wallet sent {transfer}: look at your wallet before you ask for it again."
    if reason := problem(answer):
        return f"The transfer of {transfer} by your wallet did not succeed: {reason}"
    return f"The wallet request to send {transfer} has ended. The answer was: {words(answer)}"


def ask_sender(box: ToolCalls, amount: str, unit: str, recipient: str) -> Plan:
    # What was asked for before is done first.
    yield from ()  # pyrefly: ignore[invalid-yield]  nothing is yielded
    to_wei(amount, unit)
    raise Refusal(
        f"From whom? Write `send {amount} {unit} from Alice to {recipient}`, "
        f"or `send {amount} {unit} to {recipient} with my wallet`."
    )


def _first_paragraph(description: str) -> str:
    """Return it on one line; a docstring breaks its lines within sentences."""
    return " ".join(map(str.strip, takewhile(str.strip, description.strip().splitlines())))


def list_tools(box: ToolCalls) -> Plan:
    lines = (
        f"- {in_code(tool.name)}: {in_chat(_first_paragraph(tool.description or ''))}" for tool in box.tools
    )
    return only("\n".join(("These tools are connected:", *lines)) if box.tools else "No tools are connected.")


def balance(box: ToolCalls, who: str, token: str | None = None, block: str | None = None) -> Plan:
    if token:
        return (yield from token_balance(box, who, token))
    asked = {"who": who} | ({"block": block} if block else {})
    then = f" at block {block}" if block else ""
    (found,) = yield Step(f"Looking up {who}'s balance{then}{box.where}…", (box.call("balance", asked),))
    return balance_line(found, who)


def token_balance(box: ToolCalls, who: str, token: str) -> Plan:
    (found,) = yield Step(
        f"Looking up {who}'s balance of the token {token}{box.where}…",
        (box.call("erc20_balance", {"token": token, "who": who}),),
    )
    if reason := problem(found):
        return f"I could not read {who}'s token balance: {reason}"
    amount = field(found, "formatted", "balance")
    symbol = field(found, "symbol")
    return (
        f"{who} has {grouped(str(amount))} {in_chat(symbol or '')}".rstrip() + f" (token {token})."
        if amount is not None
        else words(found)
    )


def all_balances(box: ToolCalls) -> Plan:
    calls = tuple(box.call("balance", {"who": who}) for who in ACCOUNT_NAMES)
    found = yield Step(f"Looking up the named accounts{box.where}…", calls)
    return "\n".join(_lines(found, ACCOUNT_NAMES))
