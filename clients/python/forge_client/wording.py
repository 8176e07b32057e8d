"""The words for a person at a terminal. Text from the network is made harmless first."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import datetime

from forge_client.amounts import coin_of, counted, grouped, is_wei, readable_amount
from forge_client.frames import Message
from forge_client.wallet_requests import Approval, Ask
from forge_client.wallet_words import calls, doubts, effects

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""Characters that control a terminal, change the direction of text or are invisible. The page shows the same ones."""
_MARKS = 8
"""More marks on one letter, which no writing needs, reach over the lines above and below. The page allows as many."""
_MARKED = re.compile(f"[^\x00-\u02ff]{{{_MARKS + 1},}}")
"""The first mark of Unicode is U+0300."""
_DATA_SHOWN = 200
_LINES = re.compile("[\n\t\u2028\u2029]")
_HEX = re.compile(r"0x[0-9a-fA-F]{40,}")


def visible(text: str) -> str:
    """Return `text` without anything that could control the terminal, or hide or reorder what a person reads.

    Control characters become visible symbols (ESC: ␛).
    """
    return _CONTROL.sub(_picture, _MARKED.sub(_unstacked, text.replace("\r\n", "\n")))


def one_line(text: str) -> str:
    """Return `visible` text on one line, because a fact with line ends must not look like several facts."""
    return _LINES.sub(_picture, visible(text))


def json_line(value: object) -> str:
    """Return `value` as JSON on one line, with what could control a terminal as escapes, which mean the same."""
    return _CONTROL.sub(_escape, json.dumps(value, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _unstacked(found: re.Match[str]) -> str:
    shown: list[str] = []
    marks = 0
    for sign in found[0]:
        marks = marks + 1 if unicodedata.category(sign).startswith("M") else 0
        shown.append(sign if marks <= _MARKS else "\ufffd")
    return "".join(shown)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "�"


def short(text: str) -> str:
    """Abbreviate addresses and hashes: `0x1234…abcd`."""
    return _HEX.sub(lambda found: f"{found[0][:6]}…{found[0][-4:]}", text)


def tool_line(message: Message) -> str:
    """Return a tool call in one line: `balance(who: Alice)`."""
    if message.tool is None:
        return visible(message.content)
    arguments = message.tool.arguments or {}
    coin = "ETH" if message.tool.name == "send" else "ether"
    parts = (f"{name}: {_plain(name, value, coin)}" for name, value in arguments.items())
    return visible(f"{message.tool.name}({', '.join(parts)})")


def result_line(message: Message) -> str:
    """Return the most important part of a tool's result if it is JSON of a known form; else an empty text."""
    try:
        result = json.loads(message.content)
    except (ValueError, RecursionError):
        return ""
    match result:
        case {"wei": str(wei), "currency": str(currency)} if is_wei(wei):
            words = readable_amount(wei, currency)
        case {"ether": str(ether), "currency": str(currency)}:
            words = f"{grouped(ether)} {currency}"
        case {"formatted": str(amount), "symbol": str(symbol)}:
            words = f"{grouped(amount)} {symbol}"
        case {"status": "success", "block_number": int(number)}:
            words = f"in block {number:,}"
        case {"number": int(number)}:
            words = f"block {number:,}"
        case {"status": str(words)} | {"error": str(words)}:
            pass
        case _:
            return ""
    return _cut(visible(words.replace("\n", " ")))


def _plain(name: str, value: object, coin: str) -> str:
    if name == "value" and isinstance(value, str) and is_wei(value):
        return readable_amount(value, coin)
    return _cut(short(_written(value).replace("\n", " ")))


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def ask_words(ask: Ask) -> str:
    """Return why the person is asked, and the whole call."""
    why = f"Texts of strangers (from {', '.join(ask.strangers)}) may have talked the agent into this."
    given = ask.arguments
    facts = (
        ["Not all of it fits here: use the page."]
        if given is None
        else [f"{name}: {_written(value)}" for name, value in given.items()]
    )
    return "\n".join(map(one_line, [why, f"{ask.tool} on {ask.network}", *facts]))


def approval_words(approval: Approval) -> str:
    """Return what will be signed, one fact in each line, with complete addresses, because a person checks them."""
    review = approval.review
    to = review.recipient or approval.to
    by_way_of = approval.to if to.lower() != approval.to.lower() else None
    fee = f"about {readable_amount(review.fee.wei, review.fee.currency)}" if review.fee else None
    facts = [
        *(("", effect) for effect in effects(approval)),
        ("To", to),
        ("By way of", by_way_of),
        ("Amount", readable_amount(approval.value, coin_of(approval)) if approval.value != "0" else None),
        ("Fee", fee),
        ("Network", f"{approval.network} (chain {approval.chain_id})"),
        ("From", approval.sender),
        *(("Call", call) for call in (calls(approval) if approval.data != "0x" else ())),
        ("Call", None if review.calls else (approval.decoded or _call(approval.data))),
        ("Valid until", _local(approval.expires_at)),
        ("The agent says", approval.description),
        *(("NOTE", doubt) for doubt in doubts(approval)),
    ]
    return "\n".join(one_line(f"{name}: {fact}" if name else fact) for name, fact in facts if fact)


def data_words(approval: Approval) -> str:
    """Return the call data, or its beginning and how long it is."""
    data = approval.data
    if len(data) <= _DATA_SHOWN:
        return f"Data: {data}"
    return f"Data (the first {_DATA_SHOWN // 2 - 1} of {counted(len(data) // 2 - 1, 'byte')}): {data[:_DATA_SHOWN]}…"


def _local(time: str) -> str:
    """Return an RFC 3339 time in the local time zone."""
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M %Z}"


def _call(data: str) -> str:
    if data in ("", "0x"):
        return "none, a plain transfer"
    return f"undecoded data of {counted(len(data) // 2 - 1, 'byte')}, {data[:10]}…"
