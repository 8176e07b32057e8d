"""Plans that only read: they make one tool call and put its result into words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from forge.models.counted_words import counted
from worker.agent.llm.local_model_input import Call, Result
from worker.agent.llm.offline.amounts import ether
from worker.agent.llm.offline.plans import Plan, Step
from worker.agent.llm.offline.reading import field, number, problem, rows, status_of, text, words
from worker.agent.llm.offline.refusal import Refusal
from worker.agent.llm.offline.tool_calls import ToolCalls
from worker.json_text import read_json
from worker.untrusted_text import code_block, in_chat, in_code

LIST_LIMIT = 20
HITS_SHOWN = 5
SNIPPET_LIMIT = 300
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00:00|Z)")


def look_up(said: str, call: Call, tell: Callable[[Result], str]) -> Plan:
    """Say what is done, call the tool, and give its result or its error."""
    (found,) = yield Step(said, (call,))
    if reason := problem(found):
        return f"`{call.name}` reported an error: {reason}"
    return tell(found)


def block(box: ToolCalls, number: str | None = None) -> Plan:
    which = number or "latest"
    said = f"the {which} block" if which.isalpha() else f"block {which}"
    return look_up(f"Looking up {said}{box.where}…", box.call("block", {"block": which}), _tell_block)


def _tell_block(found: Result) -> str:
    height = number(found, "number")
    if height is None:
        return words(found)
    about = [f"Block {height}"]
    if (when := field(found, "time")) is not None:
        about.append(f"time {_moment(when)}")
    if (block_hash := field(found, "hash")) is not None:
        about.append(f"hash `{block_hash}`")
    if (count := field(found, "transaction_count")) is not None:
        about.append(counted(count, "transaction"))
    return ", ".join(about) + "."


def transaction(box: ToolCalls, tx_hash: str) -> Plan:
    return look_up(
        f"Looking up transaction {tx_hash}{box.where}…",
        box.call("tx", {"tx_hash": tx_hash}),
        tell_transaction,
    )


def tell_transaction(found: Result) -> str:
    value = number(found, "value_wei")
    if value is None:
        return words(found)
    sender = field(found, "from_account", "from")
    recipient = field(found, "to_account", "to") or "a new contract"
    mined = field(found, "block_number")
    state = {True: f"succeeded in block {mined}", False: f"reverted in block {mined}", None: "not mined yet"}
    return (
        f"{ether(value, field(found, 'currency'))} from {sender} to {recipient}: {state[status_of(found)]}."
    )


def code(box: ToolCalls, address: str) -> Plan:
    return look_up(
        f"Reading the code at {address}{box.where}…", box.call("code", {"address": address}), _tell_code
    )


def _tell_code(found: Result) -> str:
    size = number(found, "size_bytes")
    if size is None:
        return words(found)
    if size == 0:
        return "There is no code at this address: it is an ordinary account or unused."
    whole: str = field(found, "code")
    start = f", starting `{whole[:42]}…`" if whole else ""
    return f"There is a contract with {counted(f'{size:,}', 'byte')} of code{start}."


def code_size(box: ToolCalls, address: str) -> Plan:
    return look_up(
        f"Measuring the code at {address}{box.where}…", box.call("code_size", {"address": address}), words
    )


def contract_abi(box: ToolCalls, address: str) -> Plan:
    call = box.call("get_contract_abi", {"address": address})
    return look_up(f"Fetching the ABI of {address}{box.where}…", call, _tell_abi)


def _tell_abi(found: Result) -> str:
    functions: list[str] = field(found, "functions") or []
    if not functions:
        return words(found)
    shown = "\n".join(f"- {in_code(each)}" for each in functions[:LIST_LIMIT])
    more = f"\n… and {len(functions) - LIST_LIMIT} more" if len(functions) > LIST_LIMIT else ""
    return f"The contract has {len(functions)} functions:\n{shown}{more}"


def account_transactions(box: ToolCalls, who: str) -> Plan:
    call = box.call("get_account_transactions", {"address": who})
    return look_up(f"Fetching the transactions of {who}{box.where}…", call, words)


def networks(box: ToolCalls) -> Plan:
    return look_up("Listing the networks…", box.call("list_networks"), _tell_networks)


def _tell_networks(found: Result) -> str:
    lines = map(_network_line, rows(found, "networks"))
    return "\n".join(["These networks are configured:", *lines])


def _network_line(network: dict[str, Any]) -> str:
    chain = f" (chain id {network['chain_id']})"
    trouble = f": {in_chat(network['problem'])}" if network.get("problem") else ""
    return f"- {network['name']}{chain}{trouble}"


def switch_network(box: ToolCalls, network: str) -> Plan:
    name = network.lower().replace(" ", "-")
    return look_up(
        f"Switching to {name}…",
        box.call("set_network", {"network": name}),
        lambda found: f"Done: {words(found)}",
    )


def search_documents(box: ToolCalls, query: str) -> Plan:
    call = box.call("search_uniswap_docs", {"query": query})
    return look_up(f"Searching the Uniswap documents for “{query}”…", call, _tell_search)


def search_web(box: ToolCalls, query: str) -> Plan:
    return look_up(f"Searching the web for “{query}”…", box.call("brave_search", {"q": query}), _tell_search)


def _tell_search(found: Result) -> str:
    hits = rows(found, "results")
    return "I found:\n" + "\n".join(map(_hit_line, hits[:HITS_SHOWN])) if hits else words(found)


def _hit_line(hit: dict[str, Any]) -> str:
    title = ": ".join(str(hit[name]) for name in ("title", "heading") if hit.get(name)) or "untitled"
    where = hit.get("url") or hit.get("page")
    about = " ".join(str(hit.get("description") or hit.get("text") or "").split())
    shown = f" ({in_chat(where)})" if where else ""
    return f"- {in_chat(title)}{shown}{f': {in_chat(beginning(about))}' if about else ''}"


def beginning(about: str) -> str:
    """Return whole words."""
    return about if len(about) <= SNIPPET_LIMIT else f"{about[:SNIPPET_LIMIT].rpartition(' ')[0]}…"


def current_time(box: ToolCalls) -> Plan:
    return look_up("Looking at the clock…", box.call("get_current_time"), tell_time)


def tell_time(found: Result) -> str:
    utc = field(found, "utc")
    return f"It is {words(found, 200) if utc is None else _moment(utc)}."


def _moment(time: object) -> str:
    """Return an RFC 3339 time of UTC in a form for people, and anything else as it is."""
    parts = _TIME.fullmatch(str(time))
    return f"{parts[1]} {parts[2]} UTC" if parts else in_chat(time)


def any_tool(box: ToolCalls, name: str, arguments: str | None = None) -> Plan:
    try:
        given = read_json(arguments or "{}")
    except ValueError as error:
        raise Refusal(f"The arguments are not valid JSON: {error}") from None
    if not isinstance(given, dict):
        raise Refusal('The arguments must be a JSON object, like {"who": "Alice"}.')
    call = box.raw(name, cast("dict[str, Any]", given))
    return look_up(
        f"Calling `{name}`…", call, lambda found: f"`{name}` returned:\n\n{code_block(text(found))}"
    )
