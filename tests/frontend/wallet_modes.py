"""How wallets misbehave, as rows, and how unreported behaviours are composed from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.properties import examples

Step = dict[str, Any]
Steps = dict[str, list[Step]]

PAYER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
RIGHT: Step = {"does": "right"}
HANG: Step = {"does": "hang"}
SIGNATURE = "0x" + "5a" * 65
TO_BASE: Step = {**RIGHT, "then": {"chain": 8453}}
TO_OTHER: Step = {**RIGHT, "then": {"account": OTHER}}
LOCKED: Step = {**RIGHT, "then": {"account": ""}}
NESTED_4001 = {"code": -32603, "data": {"originalError": {"code": 4001}}}
OF_ETHERS = {"$error": {"code": "ACTION_REJECTED", "info": {"error": {"code": 4001}}}}
REVERT = {"code": 3, "message": "reverted", "data": "0x" + "ab" * 32}
FIRST_HASH = "0x" + "0" * 62 + "a1"
"""The hash of the first transaction that the wallet sends."""
SUCCESS = {"code": 0, "message": "ok", "data": FIRST_HASH}
NAMES_HASH = {"$error": {"transactionHash": FIRST_HASH}}
OPERATION_RECEIPT = {
    "userOpHash": "0x" + "aa" * 32,
    "success": True,
    "receipt": {"transactionHash": FIRST_HASH},
}
NESTED_4902 = {
    "code": -32603,
    "message": "Internal",
    "data": {"originalError": {"code": 4902, "message": "?"}},
}


def throws(error: Any, **more: Any) -> Step:
    return {"does": "throw", "error": error, **more}


def answers(value: Any, **more: Any) -> Step:
    return {"does": "answer", "value": value, **more}


@dataclass(frozen=True)
class Mode:
    """`ends`: how the attempt ends. `moved`: transactions that the wallet sent."""

    name: str
    ends: str
    moved: int = 0
    steps: Steps = field(default_factory=dict[str, list[Step]])
    chain: int = 1
    known: tuple[int, ...] = (1, 8453)


def on_send(name: str, ends: str, step: Step, moved: int = 0) -> Mode:
    return Mode(name, ends, moved, {"eth_sendTransaction": [step]})


def on_switch(name: str, ends: str, *steps: Step, moved: int = 0, known: tuple[int, ...] = (1, 8453)) -> Mode:
    return Mode(name, ends, moved, {"wallet_switchEthereumChain": list(steps)}, chain=8453, known=known)


MODES = [
    Mode("behaves", "sent", 1),
    on_switch("switches", "sent", RIGHT, moved=1),
    # D1 and its kind: the chain or the account is another one than was said
    on_switch("says that it switched, and did not", "not_sent", answers(None)),
    on_switch("switches to a third chain", "not_sent", answers(None, then={"chain": 137})),
    Mode("goes to another chain in between", "not_sent", 0, {"eth_chainId": [RIGHT, TO_BASE]}),
    Mode("goes to another chain at the last moment", "not_sent", 0, {"eth_sendTransaction": [TO_BASE]}),
    Mode("shows another account in between", "not_sent", 0, {"eth_accounts": [RIGHT, TO_OTHER]}),
    Mode("shows another account at the last moment", "not_sent", 0, {"eth_sendTransaction": [TO_OTHER]}),
    Mode("is locked in between", "not_sent", 0, {"eth_accounts": [RIGHT, LOCKED]}),
    Mode("names no chain", "not_sent", 0, {"eth_chainId": [answers(None)]}),
    Mode("names its chain as a number", "sent", 1, {"eth_chainId": [answers(1)]}),
    Mode("names its chain as decimal text", "sent", 1, {"eth_chainId": [answers("1")]}),
    Mode("names its chain by CAIP-2", "sent", 1, {"eth_chainId": [answers("eip155:1")]}),
    Mode("names its account by CAIP-10", "sent", 1, {"eth_accounts": [answers([f"eip155:1:{PAYER}"])]}),
    Mode("names its account as an object", "sent", 1, {"eth_accounts": [answers([{"address": PAYER}])]}),
    Mode("names another account by CAIP-10", "not_sent", 0, {"eth_accounts": [answers([f"eip155:1:{OTHER}"])]}),
    Mode("names its chain padded", "sent", 1, {"eth_chainId": [answers("0x0001")]}),
    Mode("names its chain as words", "not_sent", 0, {"eth_chainId": [answers("mainnet")]}),
    # D6 – D8: an answer of another form; the money has moved
    on_send("answers a signature", "unknown", answers(SIGNATURE, moves=True), 1),
    on_send("answers null", "unknown", answers(None, moves=True), 1),
    on_send("answers true", "unknown", answers(True, moves=True), 1),
    on_send("answers a number", "unknown", answers(7, moves=True), 1),
    on_send("answers an empty list", "unknown", answers([], moves=True), 1),
    on_send("answers an empty object", "unknown", answers({}, moves=True), 1),
    on_send("answers a text", "unknown", answers("ok", moves=True), 1),
    on_send("answers {hash}", "sent", answers(None, wraps="hash", moves=True), 1),
    on_send("answers {result}", "sent", answers(None, wraps="result", moves=True), 1),
    on_send("answers {transactionHash}", "sent", answers(None, wraps="transactionHash", moves=True), 1),
    on_send("answers {userOpHash}", "sent", answers(None, wraps="userOpHash", moves=True), 1),
    on_send("answers a user operation's receipt", "sent", answers(OPERATION_RECEIPT, moves=True), 1),
    # errors that are answered, not thrown; what `data` holds is then no hash
    on_send("answers that it was declined", "declined", answers({"code": 4001, "message": "no"})),
    on_send("answers {error: declined}", "declined", answers({"id": 1, "error": {"code": "4001"}})),
    on_send("answers a revert with 32 bytes", "unknown", answers(REVERT)),
    on_send("answers success beside the hash", "sent", answers(SUCCESS, moves=True), 1),
    on_send("answers an unknown code for success", "unknown",
            answers({"code": 201, "message": "Created", "data": FIRST_HASH}, moves=True), 1),
    # refusals in their dialects
    on_send("declined", "declined", throws({"code": 4001, "message": "no"})),
    on_send("declined, as text", "declined", throws({"code": "4001"})),
    on_send("declined, as an Error", "declined", throws({"$error": {"code": 4001}})),
    on_send("declined inside an internal error", "declined", throws(NESTED_4001)),
    on_send("declined as one of several errors", "declined", throws({"$error": {"errors": [{"code": 4001}]}})),
    on_send("declined as WalletConnect", "declined", throws({"code": 5000})),
    on_send("declined as ethers", "declined", throws(OF_ETHERS)),
    on_send("unauthorized", "not_sent", throws({"code": 4100})),
    on_send("unsupported", "not_sent", throws({"code": 4200})),
    # The open request may be an earlier one for the same transaction, and nodes have the code for a timeout.
    on_send("busy with another request", "unknown", throws({"code": -32002})),
    on_send("timed out after sending", "unknown", throws({"code": -32002}, moves=True), 1),
    on_send("declined on a Ledger", "declined", throws({"$error": {"statusCode": 27013}})),
    on_send("declined on a Trezor", "declined", throws({"code": "Failure_ActionCancelled"})),
    on_send("internal error after sending", "unknown", throws({"code": -32603, "message": "timeout"}, moves=True), 1),
    on_send("throws a text", "unknown", throws("User closed modal")),
    on_send("throws undefined", "unknown", throws("$undefined")),
    on_send("throws null", "unknown", throws(None)),
    on_send("throws with the hash", "sent", throws(NAMES_HASH, moves=True), 1),
    # D16: chains that the wallet does not know
    on_switch("does not know the chain", "sent", RIGHT, moved=1, known=(8453,)),
    on_switch("hides that it does not know the chain", "sent", throws(NESTED_4902), RIGHT, moved=1, known=(8453,)),
    on_switch("says only that something went wrong", "sent", throws({"code": -32603}), RIGHT, moved=1, known=(8453,)),
    on_switch("declined to switch", "declined", throws({"code": 4001})),
    on_switch("cannot switch", "not_sent", throws({"code": 4200})),
    on_switch("busy while switching", "not_sent", throws({"code": -32002})),
]  # fmt: skip

HANGS = [
    Mode("never names its chain", "stopped", 0, {"eth_chainId": [HANG]}),
    Mode("never names its account", "stopped", 0, {"eth_accounts": [HANG]}),
    on_switch("never switches", "stopped", HANG),
    on_send("never answers", "unknown", HANG),
]

DEFINITE = [4001, "4001", 4100, 4200, 4901, 4902, 5000, 27013, "Method_Cancel", "ACTION_REJECTED"]
VAGUE = [4900, -32002, -32000, -32003, -32603, "SERVER_ERROR", None]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 99_999), st.text(max_size=12), st.just(SIGNATURE)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["hash", "result", "status", "id", "data"]), inner, max_size=2)
    ),
    max_leaves=4,
)
PLACES = st.sampled_from(["data", "error", "cause", "originalError", "details"])


def _errors(codes: list[Any]) -> st.SearchStrategy[Any]:
    code = st.sampled_from(codes)
    plain = st.one_of(SCALARS, st.builds(lambda code: {"code": code, "message": "no"}, code))

    def wrapped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(lambda code, place, error: {"code": code, place: error}, code, PLACES, inner)

    return st.recursive(plain, wrapped, max_leaves=3)


CHANGES = [
    {"chain": 8453},
    {"chain": 1},
    {"chain": 137},
    {"account": OTHER},
    {"account": ""},
    {"account": PAYER},
]
THEN = st.sampled_from([{}, {}, {}, *CHANGES])


def _step(*, may_move: bool) -> st.SearchStrategy[Step]:
    kinds = [
        st.just({"does": "right"}),
        st.builds(answers, VALUES),
        st.builds(throws, _errors([*DEFINITE, *VAGUE])),
        st.just({"does": "hang"}),
    ]
    if may_move:
        kinds.append(st.builds(lambda value: answers(value, moves=True), VALUES))
        # A wallet that says “declined” and sends all the same is beyond anybody's help.
        kinds.append(st.builds(lambda error: throws(error, moves=True), _errors(VAGUE)))
    return st.builds(lambda step, then: {**step, **({"then": then} if then else {})}, st.one_of(kinds), THEN)


def _steps(may_move: bool = False) -> st.SearchStrategy[list[Step]]:
    """Right at first more often than not, or no attempt would come far."""
    right = st.lists(st.just(RIGHT), max_size=4)
    return st.builds(
        lambda first, rest: [*first, *rest], right, st.lists(_step(may_move=may_move), max_size=3)
    )


UNLISTED = st.builds(
    lambda chain, known, **steps: Mode("composed", "?", 0, steps, chain, known),
    chain=st.sampled_from([1, 1, 8453, 137]),
    known=st.sampled_from([(1, 8453), (8453,), ()]),
    eth_chainId=_steps(),
    eth_accounts=_steps(),
    wallet_switchEthereumChain=_steps(),
    wallet_addEthereumChain=_steps(),
    eth_sendTransaction=_steps(may_move=True),
)


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """As many examples as `examples` has, for tests that are too slow, or too asynchronous, for `given`."""
    found: list[Any] = []

    @settings(examples(count, 16 * count), database=None, phases=[Phase.generate])
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    run: Callable[[], None] = collect
    run()
    return found
