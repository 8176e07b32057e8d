"""What the logs of a simulation say: movements, and rights that were given. Logs are statements of the contracts.

A log's words are its topics after the first, then the words of its data, because events put their indexed values
first. Sources: EIP-20, 721, 777, 1155, 6909; WETH9; Permit2; OpenZeppelin 5; EIP-1967; Safe 1.4; Aave V3; Morpho;
Balancer V2. Collected on 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from eth_hash.auto import keccak

from forge.models.wallet_review import AllowanceKind, AssetStandard
from worker.ethereum.addresses import ZERO_ADDRESS
from worker.ethereum.function_signatures import parse_types
from worker.ethereum.lenient_decoding import Allotment, LenientReader, TooMuch

NATIVE = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
"""The address under which eth_simulateV1 logs movements of the chain's native currency (execution-apis)."""
MOST_OF_A_BATCH = 200
_HEAD_OF_LISTS = 4
"""Words before the ids and the amounts: where each list begins, and how long it is."""
_LISTS = parse_types("(uint256[],uint256[])")


@dataclass(frozen=True, slots=True)
class Log:
    """A log of the simulation, with every value present."""

    address: str
    """The contract that wrote the log."""
    topics: Sequence[str]
    """The topics as 0x hex of 32 bytes each."""
    data: bytes
    """The data that is not indexed."""

    def words(self) -> list[int]:
        indexed = [int(topic, 16) for topic in self.topics[1:]]
        whole = self.data[: 32 * 16]
        return indexed + [
            int.from_bytes(whole[i : i + 32].ljust(32, b"\0")) for i in range(0, len(whole), 32)
        ]


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of an asset."""

    asset: str
    """The token contract's address; for the native currency `NATIVE` or the word `native`."""
    standard: AssetStandard
    """The kind of asset."""
    sender: str
    """The account that had the asset before; the zero address for newly made tokens."""
    to: str
    """The account that has the asset afterwards; the zero address for destroyed tokens."""
    amount: int
    """The amount in base units; for erc721 the token's id."""
    token_id: int | None = None
    """For erc1155: which of the contract's tokens moves. None for every other standard."""


def units_of(standard: AssetStandard, amount: int | str | None) -> int:
    """Return how much moves. The amount of a single token (ERC-721) is its id."""
    return 1 if standard == "erc721" else int(amount or 0)


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that a log says was given."""

    kind: AllowanceKind
    """What kind of right it is."""
    token: str
    """The contract that grants the right."""
    owner: str | None
    """The account whose tokens the right covers; None for a right over the contract itself."""
    spender: str
    """The account that gets the right; empty: nobody."""
    amount: int | None
    """The amount in base units; None for a right without a number."""
    event: str
    """The name of the event."""
    revokes: bool
    """True if the log says that the right was taken away."""
    single: bool
    """True if `amount` is the id of a single token."""


@dataclass(frozen=True, slots=True)
class _Moves:
    """Positions in the words; `sender` or `to` null: nobody. `batch`: the data are lists of ids and amounts."""

    standard: AssetStandard
    sender: int | None
    to: int | None
    amount: int
    token_id: int | None = None
    batch: bool = False


@dataclass(frozen=True, slots=True)
class _Gives:
    """Positions in the words. `switch` null: it is always given. `takes`: it is always taken away."""

    kind: AllowanceKind
    owner: int | None
    spender: int | None
    amount: int | None = None
    token: int | None = None
    switch: int | None = None
    takes: bool = False
    single: bool = False


_ANY = -1
_CONTROL = _Gives("control", None, 0)
_HANDED = _Gives("control", 0, 1)
_EVENTS: tuple[tuple[str, int, _Moves | _Gives], ...] = (
    ("Transfer(address,address,uint256)", 3, _Moves("erc721", 0, 1, 2)),
    ("Transfer(address,address,uint256)", _ANY, _Moves("erc20", 0, 1, 2)),
    ("Transfer(address,address,address,uint256,uint256)", 3, _Moves("erc1155", 0, 1, 4, 2)),
    ("TransferSingle(address,address,address,uint256,uint256)", _ANY, _Moves("erc1155", 1, 2, 4, 3)),
    ("TransferBatch(address,address,address,uint256[],uint256[])", 3, _Moves("erc1155", 1, 2, 0, batch=True)),
    ("Sent(address,address,address,uint256,bytes,bytes)", 3, _Moves("erc777", 1, 2, 3)),
    ("Minted(address,address,uint256,bytes,bytes)", 2, _Moves("erc777", None, 1, 2)),
    ("Burned(address,address,uint256,bytes,bytes)", 2, _Moves("erc777", 1, None, 2)),
    ("Deposit(address,uint256)", 1, _Moves("erc20", None, 0, 1)),
    ("Withdrawal(address,uint256)", 1, _Moves("erc20", 0, None, 1)),
    ("Approval(address,address,uint256)", 3, _Gives("erc721", 0, 1, 2, single=True)),
    ("Approval(address,address,uint256)", _ANY, _Gives("erc20", 0, 1, 2)),
    ("Approval(address,address,uint256,uint256)", _ANY, _Gives("erc20", 0, 1, 3)),
    ("Approval(address,address,address,uint160,uint48)", 3, _Gives("permit2", 0, 2, 3, token=1)),
    ("Permit(address,address,address,uint160,uint48,uint48)", 3, _Gives("permit2", 0, 2, 3, token=1)),
    ("ApprovalForAll(address,address,bool)", _ANY, _Gives("operator", 0, 1, switch=2)),
    ("OperatorSet(address,address,bool)", _ANY, _Gives("operator", 0, 1, switch=2)),
    ("AuthorizedOperator(address,address)", _ANY, _Gives("operator", 1, 0)),
    ("RevokedOperator(address,address)", _ANY, _Gives("operator", 1, 0, takes=True)),
    ("RelayerApprovalChanged(address,address,bool)", _ANY, _Gives("operator", 1, 0, switch=2)),
    ("SetAuthorization(address,address,address,bool)", _ANY, _Gives("operator", 1, 2, switch=3)),
    ("BorrowAllowanceDelegated(address,address,address,uint256)", _ANY, _Gives("erc20", 0, 1, 3)),
    ("OwnershipTransferred(address,address)", _ANY, _HANDED),
    ("OwnershipTransferStarted(address,address)", _ANY, _HANDED),
    ("AdminChanged(address,address)", _ANY, _HANDED),
    ("NewPendingAdmin(address,address)", _ANY, _HANDED),
    ("RoleGranted(bytes32,address,address)", _ANY, _Gives("control", 2, 1)),
    ("Upgraded(address)", _ANY, _CONTROL),
    ("BeaconUpgraded(address)", _ANY, _CONTROL),
    ("AddedOwner(address)", _ANY, _CONTROL),
    ("EnabledModule(address)", _ANY, _CONTROL),
    ("ChangedMasterCopy(address)", _ANY, _CONTROL),
    ("ChangedFallbackHandler(address)", _ANY, _CONTROL),
    ("DelegateChanged(address,address,address)", _ANY, _Gives("control", 0, 2)),
)


@cache
def _rows() -> dict[tuple[str, int], tuple[str, _Moves | _Gives]]:
    return {("0x" + keccak(text.encode()).hex(), topics): (text, row) for text, topics, row in _EVENTS}


def movements(logs: Sequence[Log]) -> tuple[list[Movement], bool]:
    """Return the movements, and whether they are complete: a log may hold more than can be read.

    ERC-777 tokens log a movement twice, as ERC-20 does and in their own form; it is returned once. A movement of an
    amount of zero is none: anybody may have any token log one from any account to any other, without an allowance.
    """
    found: list[Movement] = []
    is_whole = True
    for log in logs:
        try:
            found += _movements_of(log)
        except TooMuch:
            is_whole = False
    usual = {(m.asset, m.sender, m.to, m.amount) for m in found if m.standard == "erc20"}
    once = [m for m in found if m.standard != "erc777" or (m.asset, m.sender, m.to, m.amount) not in usual]
    return once, is_whole


def grants(logs: Sequence[Log]) -> list[Grant]:
    return [each for log in logs for each in _grants_of(log)]


def _row(log: Log) -> tuple[str, _Moves | _Gives | None]:
    topic = log.topics[0].lower() if log.topics else ""
    found = _rows().get((topic, len(log.topics) - 1)) or _rows().get((topic, _ANY))
    return found or ("", None)


def _movements_of(log: Log) -> Iterator[Movement]:
    (_, moves), words = _row(log), log.words()
    if not isinstance(moves, _Moves):
        return
    sender, to = _who(words, moves.sender), _who(words, moves.to)
    token_id = None if moves.token_id is None else _word(words, moves.token_id)
    moved = _batch(log) if moves.batch else [(token_id, _word(words, moves.amount))]
    standard: AssetStandard = "native" if log.address.lower() == NATIVE else moves.standard
    for token_id, amount in moved:
        if amount or standard == "erc721":
            yield Movement(log.address, standard, sender, to, amount, token_id)


def _batch(log: Log) -> list[tuple[int | None, int]]:
    """Return the tokens' ids and amounts; None is the id of an amount for which the log has none."""
    ids, amounts = LenientReader(log.data, 0, Allotment(2 * MOST_OF_A_BATCH + _HEAD_OF_LISTS)).values(_LISTS)
    return [(ids[at] if at < len(ids) else None, amount) for at, amount in enumerate(amounts)]


def _grants_of(log: Log) -> Iterator[Grant]:
    (name, gives), words = _row(log), log.words()
    if not isinstance(gives, _Gives):
        return
    amount = None if gives.amount is None else _word(words, gives.amount)
    spender = "" if gives.spender is None else _who(words, gives.spender)
    is_off = gives.switch is not None and not _word(words, gives.switch)
    is_none = amount == 0 and not gives.single
    yield Grant(
        kind=gives.kind,
        token=log.address if gives.token is None else _who(words, gives.token),
        owner=None if gives.owner is None else _who(words, gives.owner),
        spender=spender,
        amount=amount,
        event=name.partition("(")[0],
        revokes=gives.takes or is_off or is_none or (gives.single and spender == ZERO_ADDRESS),
        single=gives.single,
    )


def _word(words: Sequence[int], position: int) -> int:
    return words[position] if position < len(words) else 0


def _who(words: Sequence[int], position: int | None) -> str:
    return ZERO_ADDRESS if position is None else f"0x{_word(words, position) % 2**160:040x}"
