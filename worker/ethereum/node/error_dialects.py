"""The different words of nodes and gateways for the same errors. An error that matches no row keeps its own words.

Rows with an issue's number come from reports. The others, and the years in them, were written from memory and not
looked up.

`code` is JSON-RPC's; `words` is a pattern that is searched for in the error's texts, ignoring case. A row with words
counts before a row with a code only, except for the codes of a revert, whose words are the contract's unless a row of
`POOL` says that they are the node's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Meaning = Literal[
    "reverted",
    "fails",
    "rate limit",
    "nonce taken",
    "no funds",
    "no signer",
    "perhaps sent",
    "no method",
    "bad request",
    "refused",
    "unclear",
]


@dataclass(frozen=True, slots=True)
class Row:
    """How some node or gateway says one thing."""

    meaning: Meaning
    """What the error means to this program."""
    source: str
    """The programs that write so, or the issue that reports it."""
    code: int | None = None
    """The JSON-RPC error code; None if the code does not matter."""
    words: str | None = None
    """A regular expression for the error's texts; None if the code decides alone."""
    pattern: re.Pattern[str] | None = field(init=False)
    """`words`, compiled."""

    def __post_init__(self) -> None:
        compiled = re.compile(self.words, re.IGNORECASE) if self.words else None
        object.__setattr__(self, "pattern", compiled)


BY_WORDS = (
    # A contract's own reason may contain the words of the other rows, so the rows of reverts come first.
    Row("reverted", "execution-apis; geth, Erigon, Arbitrum, Fantom", words=r"\brevert(?:ed)?\b"),
    Row("reverted", "OpenEthereum, Nethermind", words=r"VM execution error"),
    Row("reverted", "Ganache", words=r"VM Exception while processing transaction"),
    Row(
        "fails",
        "geth core/vm errors.go",
        words=r"invalid opcode|out of gas|invalid jump|stack (?:under|over)flow",
    ),
    Row(
        "fails",
        "geth core/vm errors.go",
        words=r"max (?:init)?code size|write protection|nonce uint64 overflow",
    ),
    Row(
        "fails",
        "geth core, internal/ethapi",
        words=r"intrinsic gas|gas required exceeds|(?:max )?fee (?:per gas|cap) less than|gas uint64 overflow",
    ),
    Row("fails", "OpenEthereum, Nethermind", words=r"bad (?:instruction|jump)|stack ?(?:under|over)flow"),
    Row("nonce taken", "Ganache", words=r"correct nonce|nonce\b.{0,40}\b(?:already|used|expired|too old)"),
    Row("fails", "anvil, revm", words=r"EVM error|InvalidFEOpcode|OutOfGas"),
    Row("perhaps sent", "geth core/txpool ErrAlreadyKnown (2020)", words=r"\balready known\b"),
    Row("perhaps sent", "geth before 1.9.14, Erigon", words=r"known transaction"),
    Row("perhaps sent", "Nethermind AcceptTxResult", words=r"\bAlreadyKnown\b|already exists"),
    Row("perhaps sent", "OpenEthereum; Substrate's Frontier (Moonbeam)", words=r"already ?imported"),
    Row(
        "perhaps sent",
        "Erigon, Ganache, Evmos: whatever speaks of one that is there already",
        words=r"\balready\b|\bduplicate\b|existing tx|same hash",
    ),
    Row("perhaps sent", "geth rpc timeout (-32002)", words=r"timed? ?out|deadline exceeded"),
    Row(
        "perhaps sent",
        "Go net, context and io errors, from which an upstream request may have arrived",
        words=r"context cancell?ed|connection reset|broken pipe|\b(?:unexpected )?EOF\b",
    ),
    Row("nonce taken", "geth core/txpool ErrNonceTooLow", words=r"nonce too low"),
    Row(
        "nonce taken", "geth core/txpool ErrReplaceUnderpriced", words=r"replacement transaction underpriced"
    ),
    Row("nonce taken", "Nethermind AcceptTxResult.OldNonce", words=r"\bOldNonce\b"),
    Row("no funds", "geth ErrInsufficientFunds, anvil", words=r"insufficient (?:funds|balance|\w+ for gas)"),
    Row("no funds", "gateways", words=r"balance (?:is )?too low|not enough (?:funds|balance|ether|gas)"),
    Row(
        "no funds",
        "Nethermind AcceptTxResult, Hedera, Tron, Rootstock, Frontier (Moonbeam)",
        words=r"insufficient_?(?:\w+_)?(?:funds|balance)|balance is (?:not sufficient|insufficient)"
        r"|above sender's balance|InvalidTransaction::Payment",
    ),
    Row(
        "nonce taken",
        "Cosmos chains with an EVM (Evmos, Sei), Frontier (Moonbeam)",
        words=r"invalid nonce; got|InvalidTransaction::Stale|TooLowPriority",
    ),
    Row("no funds", "Hardhat (2021)", words=r"doesn't have enough funds"),
    Row("no funds", "Besu UPFRONT_COST_EXCEEDS_BALANCE", words=r"upfront cost exceeds"),
    Row("no signer", "anvil", words=r"no signer"),
    Row("no signer", "geth accounts.ErrUnknownAccount", words=r"unknown account"),
    Row("rate limit", "Alchemy, Ankr, BNB Chain", words=r"rate.?limit"),
    Row("rate limit", "QuickNode, dRPC, RFC 6585", words=r"too many requests|\b429\b"),
    Row("rate limit", "Alchemy (2023)", words=r"compute units|exceeded.{0,40}(?:capacity|throughput)"),
    Row(
        "rate limit",
        "gateways",
        words=r"slow down|too (?:fast|many connections)|(?:requests?|calls?) (?:per|a) (?:second|minute|hour|day)",
    ),
    Row(
        "rate limit",
        "gateways",
        words=r"(?:throughput|quota|\bCUs?\b|credits?)\b.{0,40}\b(?:limit|exhausted|exceeded|reached|used up)",
    ),
    Row(
        "unclear",
        "load balancers over nodes of different height",
        words=r"header not found|missing trie node",
    ),
    Row(
        "rate limit",
        "Infura (2022)",
        words=r"(?:daily|project|request).{0,20}(?:quota|count|limit).{0,20}exceeded",
    ),
    Row(
        "rate limit",
        "QuickNode (-32003), 1RPC (-32001), LlamaRPC (-32000): under a code of another meaning",
        words=r"\b(?:requests?|usage|daily|hourly|monthly|RPS) limit\b|out of credits",
    ),
    Row("nonce taken", "Besu (2023)", words=r"NONCE_TOO_LOW|nonce.{1,20}too low"),
)

BY_CODE = (
    Row("reverted", "execution-apis (EIP-140 reverts)", code=3),
    Row("reverted", "OpenEthereum, Nethermind VM execution error", code=-32015),
    Row("rate limit", "EIP-1474 limit exceeded", code=-32005),
    Row("rate limit", "reown AppKit issue 1102 (2024)", code=-32029),
    Row("rate limit", "base/node issue 368 (2025)", code=-32016),
    Row("rate limit", "latticexyz/mud issue 1522 (2023)", code=-32011),
    Row("rate limit", "QuickNode", code=-32007),
    Row("rate limit", "EspressoSystems issue 4838 (2026)", code=-32090),
    Row("rate limit", "EspressoSystems issue 4838 (2026)", code=-33000),
    Row("rate limit", "RFC 6585, as a JSON-RPC code", code=429),
    Row("no method", "JSON-RPC 2.0 method not found", code=-32601),
    Row("no method", "EIP-1474 method not supported", code=-32004),
    Row("bad request", "JSON-RPC 2.0 parse error", code=-32700),
    Row("bad request", "JSON-RPC 2.0 invalid request", code=-32600),
    Row("bad request", "JSON-RPC 2.0 invalid params", code=-32602),
    Row("refused", "EIP-1474 invalid input; geth's code for whatever its pool refuses", code=-32000),
    Row("refused", "EIP-1474 resource not found", code=-32001),
    Row("refused", "EIP-1474 transaction rejected", code=-32003),
    Row("refused", "OpenEthereum transaction error", code=-32010),
    Row("refused", "Besu GAS_PRICE_TOO_LOW", code=-32009),
    Row("refused", "EIP-1193 user rejected request", code=4001),
    Row("refused", "EIP-1193 unauthorized", code=4100),
)

POOL = (
    Row(
        "refused",
        "zkSync's API has code 3 for what its mempool refuses, too",
        words=r"^failed to (?:submit|validate the) transaction\b|^known transaction\b",
    ),
)
"""Words that only a node's mempool has, whatever the code beside them."""

REASONS = (
    # The pattern's group is the contract's own reason; the first pattern that matches counts.
    Row("reverted", "Hardhat (2021)", words=r"reverted with reason string '(?P<why>.*)'"),
    Row("reverted", "Hardhat (2021)", words=r"reverted with (?P<why>(?:custom error|panic code).*)"),
    Row(
        "reverted",
        "Ganache 7",
        words=r"VM Exception while processing transaction: revert(?:ed)?:?\s+(?P<why>.+)",
    ),
    Row("reverted", "Besu", words=r"execution reverted \((?P<why>.+)\)"),
    Row(
        "reverted",
        "geth, Infura, BSC, Arbitrum, Fantom; opengsn issue 636",
        words=r"reverted[:,]\s*(?P<why>.+)",
    ),
    Row("reverted", "Nethermind", words=r"\brevert(?:ed)?:?\s+(?P<why>(?!at\b|opcode\b)[^\s].*)"),
)

SAY_NOTHING = (
    Row(
        "unclear",
        "JSON-RPC 2.0, as wallets and gateways wrap a node's error",
        words=r"^internal (?:json-rpc )?error\.?$",
    ),
    Row("unclear", "JSON-RPC 2.0", words=r"^server error\.?$"),
)
