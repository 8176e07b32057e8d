"""Decides whether a transaction on the chain is the requested one, by comparing the call, not every byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from eth_abi.abi import encode

from forge.models.approval import Approval
from forge.models.counted_words import counted
from worker.agent.wallet.answer.smart_account_calls import carrier_of
from worker.agent.wallet.review.call_nodes import Node
from worker.agent.wallet.review.known_functions import known_functions
from worker.ethereum.chains import Chain
from worker.ethereum.lenient_decoding import Allotment, LenientReader, TooMuch
from worker.ethereum.node import Transaction
from worker.tool_outcomes import ToolRefused

MatchKind = Literal["same", "carried", "different", "unknown"]
_WORDS = 5_000


@dataclass(frozen=True, slots=True)
class Match:
    """The result of comparing a transaction on the chain with the request."""

    kind: MatchKind
    """`carried`: the requested call was made within another transaction. `unknown`: the node does not tell enough."""
    told: list[str] = field(default_factory=list[str])
    """Differences that do not matter, or (kind `different`) those that make it another transaction."""
    carrier: list[Node] = field(default_factory=list[Node])
    """The calls around the requested call, outermost first (kind `carried`)."""


async def matched(chain: Chain, approval: Approval, found: Transaction) -> Match:
    """Raises `ToolRefused` if the node cannot be asked for its chain's id."""
    wanted = approval.transaction
    if wanted.digest() != approval.digest:
        return Match("different", ["the request itself is not what it was when it was made"])
    chain_id = found.chain_id if found.chain_id is not None else await chain.chain_id(is_fresh=True)
    if chain_id != wanted.chain_id:
        return Match("different", [f"the chain is {chain_id}, not {wanted.chain_id}"])
    if found.block_number is not None and is_old(approval, found.block_number):
        return Match("different", ["it is older than the request"])
    unknown = [name for name, is_known in _needed(found) if not is_known]
    if unknown:
        return Match("unknown", [f"the node does not tell its {', its '.join(unknown)}"])
    different, told = await _compared(chain, approval, found)
    if different and (carrier := await carrier_of(approval, found)):
        # A user operation may create its account, so nothing is known of the code before it is in a block.
        accounts = dict.fromkeys(node.to for node in carrier if found.block_number is not None)
        void = [each for each in accounts if await _has_no_code(chain, each)]
        if void:
            return Match("different", [*different, f"{void[0]} has no code that makes the call within it"])
        return Match("carried", _beside(approval, found, carrier[0].to), carrier)
    return (
        Match("different", different)
        if different
        else Match("same", [*told, *_beside(approval, found, None)])
    )


def is_old(approval: Approval, block: int) -> bool:
    return approval.after_block is not None and block <= approval.after_block


def _needed(found: Transaction) -> list[tuple[str, bool]]:
    return [
        ("recipient", found.to_kind != "unknown"),
        ("value", found.value is not None),
        ("call data", found.input is not None),
    ]


async def _compared(chain: Chain, approval: Approval, found: Transaction) -> tuple[list[str], list[str]]:
    """Return the differences that make it another transaction, and those that do not."""
    wanted, data = approval.transaction, found.input or "0x"
    different: list[str] = []
    if (found.to or "").lower() != wanted.to.lower():
        different.append(f"the recipient is {found.to or 'none: it creates a contract'}, not {wanted.to}")
    if str(found.value) != wanted.value:
        different.append(f"the value in wei is {found.value}, not {wanted.value}")
    told = await _data_told(chain, wanted.to, wanted.data.lower(), data.lower())
    if told is None:
        different.append(f"the call data is {_short(data)}, not {_short(wanted.data)}")
    return different, [told] if told else []


async def _data_told(chain: Chain, to: str, wanted: str, actual: str) -> str | None:
    """Return an empty text for equal data, a note for the same call with different trailing bytes, None for
    another call.
    """
    if wanted == actual:
        return ""
    if actual.startswith(wanted) and (wanted != "0x" or await _has_no_code(chain, to)):
        return f"the wallet put {counted((len(actual) - len(wanted)) // 2, 'byte')} behind the call"
    if wanted.startswith(actual) and len(actual) >= _call_characters(wanted):
        return f"the wallet left out {counted((len(wanted) - len(actual)) // 2, 'byte')} behind the call"
    return None


def _call_characters(data: str) -> int:
    """Return the number of characters of 0x hex up to the end of the arguments; for an unknown call, all characters."""
    raw = bytes.fromhex(data[2:])
    meaning = known_functions().get(raw[:4])
    if meaning is None:
        return len(data)
    kinds = meaning.signature.inputs
    try:
        values = LenientReader(raw, 4, Allotment(_WORDS)).values(kinds)
    except TooMuch:
        return len(data)
    usual = encode([kind.canonical() for kind in kinds], values)
    return 2 + 2 * (4 + len(usual)) if raw[4:].startswith(usual) else len(data)


async def _has_no_code(chain: Chain, account: str) -> bool:
    try:
        return await chain.data("eth_getCode", account, "latest") == "0x"
    except ToolRefused:
        return False


def _beside(approval: Approval, found: Transaction, account: str | None) -> list[str]:
    """Return differences despite which the requested call has taken effect."""
    told: list[str] = []
    if found.authorization_list:
        count = len(found.authorization_list)
        told.append(f"it also hands {count} account{'s' * (count > 1)} over to other code (EIP-7702)")
    payer, paid_by = approval.payer, account or found.sender
    if payer and paid_by and payer.lower() != paid_by.lower():
        told.append(f"it came from {paid_by}, not from {payer}")
    return told


def _short(text: str) -> str:
    return text if len(text) <= 74 else f"{text[:74]}… ({counted(len(text), 'character')})"
