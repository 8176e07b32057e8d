"""A node's error in any form: an object, a text, a message alone, or nested where wallets and gateways put it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from forge.models.text_cleaning import one_line
from worker.ethereum.node.error_dialects import BY_CODE, BY_WORDS, POOL, REASONS, SAY_NOTHING, Meaning
from worker.ethereum.node.fields import hex_data, transaction_hash

LONGEST_REASON = 500
_DEEPEST = 6
_MESSAGES = ("message", "msg", "reason", "description", "detail", "details", "error_description", "title")
_HASHES = ("txhash", "transactionhash", "hash", "tx_hash", "transaction_hash")
_KNOWN_REVERTS = ("0x08c379a0", "0x4e487b71")
"""The selectors of `Error(string)` and `Panic(uint256)`."""
_DATA = frozenset({"data", "result", "return", "returndata", "return_data", "output"})
"""Fields in which nodes and wallets put revert data."""
_SELECTOR_ALONE = 10
"""Characters of 0x and a selector; the arguments after it fill whole words of 64."""
_ENVELOPE = frozenset({"jsonrpc", "id"})
_HEX_RUN = re.compile(r"0x[0-9a-fA-F]{8,}")
_NUMBER = re.compile(r"-?[0-9]{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NodeFault:
    """What a node's error says."""

    reason: str
    """The node's own words, in one line and cut; they are untrusted."""
    meaning: Meaning
    """What the error means to this program."""
    revert: bytes | None = None
    """The data with which a contract reverted; empty if it gave none, None if this is not a revert."""
    revert_words: str | None = None
    """The contract's reason in the node's words; None if there is none."""
    transaction: str | None = None
    """The hash of a transaction that was sent despite the error."""


def read_fault(error: Any) -> NodeFault:
    """Classify an error and never raise; an unknown error is `unclear`."""
    leaves = list(_leaves(error))
    texts = list(dict.fromkeys(one_line(text, LONGEST_REASON) for _, text in leaves if not hex_data(text)))
    texts = [text for text in texts if text]
    revert = _revert_bytes(leaves)
    meaning = "reverted" if revert else _meaning(_codes(error), texts)
    is_revert = meaning == "reverted"
    return NodeFault(
        reason=(texts[0] if texts else "no reason given").rstrip("."),
        meaning=meaning,
        revert=(revert or b"") if is_revert else None,
        revert_words=_revert_words(texts, leaves) if is_revert else None,
        transaction=_sent_hash(error),
    )


def _leaves(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every text with the name of its field; the message of each object comes first."""
    if isinstance(value, str):
        yield name.lower(), value
    elif depth < _DEEPEST and isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for key in sorted((key for key in fields if key not in _ENVELOPE), key=_rank):
            yield from _leaves(fields[key], key, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _leaves(item, name, depth + 1)


def _rank(name: str) -> int:
    """Fields of the same rank keep their order."""
    return _MESSAGES.index(name.lower()) if name.lower() in _MESSAGES else len(_MESSAGES)


def _codes(error: Any, depth: int = 0) -> Iterator[int]:
    """Yield the codes, also those written as text; a wallet's error contains the node's error."""
    if not isinstance(error, dict) or depth > _DEEPEST:
        return
    fields = cast("dict[str, Any]", error)
    code = fields.get("code")
    if isinstance(code, str) and _NUMBER.fullmatch(code.strip()):
        yield int(code)
    elif isinstance(code, int) and not isinstance(code, bool):
        yield code
    for item in fields.values():
        yield from _codes(item, depth + 1)


def _meaning(codes: Iterator[int], texts: list[str]) -> Meaning:
    by_code: list[Meaning] = [row.meaning for code in codes for row in BY_CODE if row.code == code]
    is_pools = any(row.pattern and row.pattern.search(text) for row in POOL for text in texts)
    if "reverted" in by_code and not is_pools:
        return "reverted"
    for row in BY_WORDS:
        if row.pattern and any(map(row.pattern.search, texts)):
            return row.meaning
    return by_code[0] if by_code else "unclear"


def _revert_bytes(leaves: list[tuple[str, str]]) -> bytes | None:
    """Bytes that begin with a known selector count anywhere; other bytes count only in a field that holds data."""
    candidates = [(name, run) for name, text in leaves for run in _HEX_RUN.findall(text)]
    known = (run for _, run in candidates if run.lower().startswith(_KNOWN_REVERTS))
    custom = (run for name, run in candidates if name in _DATA and len(run) % 64 == _SELECTOR_ALONE)
    found = next(known, None) or next(custom, None)
    return bytes.fromhex(found[2 : len(found) // 2 * 2]) if found else None


def _revert_words(texts: list[str], leaves: list[tuple[str, str]]) -> str | None:
    """Return the contract's reason, or else the node's text besides "reverted", such as the invalid instruction."""
    for row in REASONS:
        for text in texts:
            if row.pattern and (match := row.pattern.search(text)) and not _HEX_RUN.fullmatch(match["why"]):
                return match["why"].strip()
    said = (one_line(text, LONGEST_REASON) for name, text in leaves if name in _DATA | set(_MESSAGES))
    return next((text for text in said if text and not hex_data(text) and not _is_revert(text)), None)


def _is_revert(text: str) -> bool:
    """Return whether the text says no more than that something reverted or went wrong."""
    rows = (*(row for row in BY_WORDS if row.meaning == "reverted"), *SAY_NOTHING)
    return any(row.pattern and row.pattern.search(text) for row in rows)


def _sent_hash(error: Any, depth: int = 0) -> str | None:
    """Hardhat has the hash in a field, Ganache as a key: both mine a transaction that reverts, and return an error."""
    if not isinstance(error, dict) or depth > _DEEPEST:
        return None
    for name, value in cast("dict[str, Any]", error).items():
        if name.lower() in _HASHES and (found := transaction_hash(value)):
            return found
        if (found := transaction_hash(name)) or (found := _sent_hash(value, depth + 1)):
            return found
    return None
