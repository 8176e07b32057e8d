"""The English commands that the offline operator understands; `docs/offline-commands.md` describes them for people."""

from __future__ import annotations

import re
from collections.abc import Callable

from worker.agent.llm.offline import events, lookups, plans
from worker.agent.llm.offline.plans import Plan
from worker.agent.llm.offline.tool_calls import ToolCalls

WHO = r"[\w.\-]+"
"""A name or an address. A malformed one is passed to the tool, whose error says how to correct it."""
HEX = r"0x[0-9a-fA-F]+"
AMOUNT = r"(?P<amount>[\d.,]*\d)\s*(?P<unit>[A-Za-z]+)"
NETWORK = r"(?P<network>[\w\-]+(?: sepolia)?)"
MINE = r"(?:my|the user'?s) wallet"


def _rule(pattern: str, build: Callable[..., Plan]) -> tuple[re.Pattern[str], Callable[..., Plan]]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL), build


# The text after these words is the user's own, so it is never split into several commands.
FREE_TEXT = (
    _rule(
        r"call (?:the )?(?:tool )?`?(?P<name>[\w.\-]+)`?(?: with(?: arguments)?)? (?P<arguments>\{.*\})",
        lookups.any_tool,
    ),
    _rule(
        r"(?:search|look) (?:in )?(?:the )?(?:uniswap )?(?:docs|documents|documentation) for (?P<query>.+)",
        lookups.search_documents,
    ),
    _rule(r"search (?:the )?uniswap for (?P<query>.+)", lookups.search_documents),
    _rule(
        r"(?:search (?:the )?(?:web|internet) for|web search(?: for)?|google) (?P<query>.+)",
        lookups.search_web,
    ),
)

RULES = (
    _rule(
        rf"(?:send|transfer|pay) {AMOUNT} (?:from|with|by|via|using) {MINE} to (?P<recipient>{WHO})",
        plans.send_by_wallet,
    ),
    _rule(
        rf"(?:send|transfer|pay) {AMOUNT} to (?P<recipient>{WHO}) (?:from|with|by|via|using) {MINE}",
        plans.send_by_wallet,
    ),
    _rule(rf"(?:send|transfer|pay) {AMOUNT} from (?P<sender>{WHO}) to (?P<recipient>{WHO})", plans.send),
    _rule(rf"(?:send|transfer|pay) {AMOUNT} to (?P<recipient>{WHO}) from (?P<sender>{WHO})", plans.send),
    _rule(rf"(?:send|transfer|pay) (?P<recipient>{WHO}) {AMOUNT} from (?P<sender>{WHO})", plans.send),
    _rule(rf"(?P<sender>{WHO}) (?:sends|pays) {AMOUNT} to (?P<recipient>{WHO})", plans.send),
    _rule(rf"(?:send|transfer|pay) {AMOUNT} to (?P<recipient>{WHO})", plans.ask_sender),
    _rule(r"(?:all )?balances(?: of (?:all|everybody|everyone|all accounts))?", plans.all_balances),
    _rule(
        rf"(?:token |erc-?20 )?balance (?:of|for) (?P<who>{WHO}) (?:in|of|at|for) (?:the )?(?:token )?(?P<token>{HEX})",
        plans.balance,
    ),
    _rule(
        rf"(?:token |erc-?20 )?balance of (?:the )?token (?P<token>{HEX}) (?:of|for) (?P<who>{WHO})",
        plans.balance,
    ),
    _rule(
        rf"(?P<who>{WHO})'s (?:token )?balance (?:of|in) (?:the )?(?:token )?(?P<token>{HEX})", plans.balance
    ),
    _rule(
        rf"(?:eth(?:er)? )?balance (?:of |for )?(?P<who>{WHO})(?: (?:at|in) block (?P<block>\w+))?",
        plans.balance,
    ),
    _rule(rf"(?P<who>{WHO})'s (?:eth(?:er)? )?balance(?: (?:at|in) block (?P<block>\w+))?", plans.balance),
    _rule(rf"how much (?:eth(?:er)?|money) does (?P<who>{WHO}) (?:have|own|hold)", plans.balance),
    _rule(r"(?:latest|current) block(?: number)?|block number", lookups.block),
    _rule(
        r"block(?: (?:number )?#?(?P<number>latest|earliest|pending|safe|finalized|\d+|0x[0-9a-f]+))?",
        lookups.block,
    ),
    _rule(rf"(?:transaction|tx) (?P<tx_hash>{HEX})", lookups.transaction),
    _rule(rf"(?:byte)?code size (?:at|of) (?P<address>{WHO})", lookups.code_size),
    _rule(rf"(?:byte)?code (?:at|of) (?P<address>{WHO})", lookups.code),
    _rule(rf"(?:contract )?abi (?:of|for|at) (?P<address>{WHO})", lookups.contract_abi),
    _rule(rf"(?:account )?transactions (?:of|for) (?P<who>{WHO})", lookups.account_transactions),
    _rule(
        r"(?:list )?(?:the )?(?:all )?(?:available )?networks|which networks(?: are there)?", lookups.networks
    ),
    _rule(
        rf"(?:switch|change|go)(?: the)?(?: network)? to (?:the )?(?:network )?{NETWORK}(?: network)?",
        lookups.switch_network,
    ),
    _rule(rf"(?:use|set) (?:the )?network (?:to )?{NETWORK}", lookups.switch_network),
    _rule(r"(?:current )?time|what time is it(?: now)?", lookups.current_time),
    _rule(r"call (?:the )?tool `?(?P<name>[\w.\-]+)`?", lookups.any_tool),
    _rule(
        r"(?:list )?(?:the )?(?:available )?tools|which tools(?: (?:do you have|are there))?",
        plans.list_tools,
    ),
    *(_rule(pattern, build) for pattern, build in events.RULES),
)

_OPENING = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|now|then|and|please|agent)\b[\s,!.:]*"
    r"|(?:can|could|would|will) you\s+(?:please\s+)?|i(?:'d| would) like (?:you )?to\s+|i want (?:you )?to\s+"
    r"|(?:show|tell|give|get|fetch)(?: me)?\s+(?=\S)|what(?:'s| is| are)\s+|the\s+)+",
    re.IGNORECASE,
)
_ENDS = " ?.!;,"
_PLEASE = re.compile(r".*\bplease", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"[^\S\n]+")
_BETWEEN = re.compile(r"\s*;\s*|\s*\n+\s*|,?\s+(?:and\s+)?then\s+", re.IGNORECASE)
"""The text must have single blanks: in a long run of blanks the pattern would start again at each of them."""


def read(prompt: str, box: ToolCalls) -> Plan | None:
    """Return the plan for this prompt, which may hold several commands; `None` if any part of it is not understood."""
    plan = _command(prompt, box, (*FREE_TEXT, *RULES))
    if plan is not None:
        return plan
    pieces = [piece for piece in _BETWEEN.split(_BLANKS.sub(" ", prompt)) if piece.strip()]
    found = [_command(piece, box, (*FREE_TEXT, *RULES)) for piece in pieces]
    plans_in_order = [plan for plan in found if plan is not None]
    if len(plans_in_order) < 2 or len(plans_in_order) < len(pieces):
        return None
    return plans.one_after_another(plans_in_order)


def _command(
    prompt: str, box: ToolCalls, rules: tuple[tuple[re.Pattern[str], Callable[..., Plan]], ...]
) -> Plan | None:
    words = " ".join(prompt.split())
    polite = _without_closing(_OPENING.sub("", words, count=1) if _OPENING.match(words) else words)
    for pattern, build in rules:
        for text in dict.fromkeys((polite, words)):
            if match := pattern.fullmatch(text):
                return build(box, **match.groupdict())
    return None


def _without_closing(words: str) -> str:
    plain = words.rstrip(_ENDS)
    return plain[: -len("please")].rstrip(" ,") if _PLEASE.fullmatch(plain) else plain
