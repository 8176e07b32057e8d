"""What a simulation on a real chain shows: rights and movements of every standard, false answers, nothing at all."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.bytecode import RETURN, STOP, push, words
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.giving_calls import THIEF, UNKNOWN, called
from tests.worker.wallet.reviews import CONTRACT, SECOND, Reviews, number
from worker.agent.wallet.request_in_words import change_in_words
from worker.ethereum.simulated_logs import Log, movements

MOVED_BATCH = "TransferBatch(address,address,address,uint256[],uint256[])"


def topic(event: str) -> bytes:
    return push(int.from_bytes(keccak(event.encode())), 32)


def who(address: str) -> bytes:
    return push(int(address, 16), 20)


def log(event: str, *topics: bytes, data: bytes = b"") -> bytes:
    """Writes the event; `topics` put each on the stack, in order."""
    stored = b"".join(
        push(int.from_bytes(data[i : i + 32].ljust(32, b"\0")), 32) + push(i, 2) + b"\x52"
        for i in range(0, len(data), 32)
    )
    pushed = b"".join(reversed(topics)) + topic(event)
    return stored + pushed + push(len(data), 2) + push(0, 1) + bytes([0xA1 + len(topics)])


SENDER, THE_THIEF, NOBODY = b"\x33", who(THIEF), push(0, 1)
TRUE = words(number(1), RETURN)

RIGHTS = [
    ("operator", log("ApprovalForAll(address,address,bool)", SENDER, THE_THIEF, data=number(1))),
    ("operator", log("AuthorizedOperator(address,address)", THE_THIEF, SENDER)),
    ("operator", log("OperatorSet(address,address,bool)", SENDER, THE_THIEF, data=number(1))),
    ("erc20", log("Approval(address,address,uint256)", SENDER, THE_THIEF, data=number(2**200))),
    ("erc721", log("Approval(address,address,uint256)", SENDER, THE_THIEF, push(7, 1))),
    ("control", log("OwnershipTransferred(address,address)", SENDER, THE_THIEF)),
    ("control", log("RoleGranted(bytes32,address,address)", NOBODY, THE_THIEF, SENDER)),
    ("control", log("Upgraded(address)", THE_THIEF)),
    ("permit2", log("Permit(address,address,address,uint160,uint48,uint48)", SENDER, who(SECOND), THE_THIEF,
                    data=number(2**160 - 1) + number(1) + number(1))),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "code"), RIGHTS, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(RIGHTS)])
async def test_a_right_that_an_unknown_call_gives_is_found_in_its_logs(
    reviews: Reviews, kind: str, code: bytes
) -> None:
    reviews.code(code + STOP)
    review = await reviews.review(UNKNOWN)
    (given,) = [each for each in review.allowances if each.kind == kind]
    assert (given.source, given.revokes, given.spender.lower()) == ("simulation", False, THIEF)
    assert {"not_understood"} < {each.code for each in review.warnings if each.severity == "danger"}


TO_ONESELF = [
    ("delegate(address)", log("DelegateChanged(address,address,address)", SENDER, NOBODY, SENDER)),
    ("transferOwnership(address)", log("OwnershipTransferred(address,address)", SENDER, SENDER)),
    ("approve(address,uint256)", log("Approval(address,address,uint256)", SENDER, SENDER, data=number(2**200))),
    ("setApprovalForAll(address,bool)", log("ApprovalForAll(address,address,bool)", SENDER, SENDER, data=number(1))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), TO_ONESELF, ids=[text for text, _ in TO_ONESELF])
async def test_what_the_signer_gives_to_itself_needs_no_warning(
    reviews: Reviews, text: str, code: bytes
) -> None:
    reviews.code(code + TRUE)
    rest = [] if text.endswith("(address)") else [2**200 if "uint" in text else True]
    review = await reviews.review(called(text, reviews.sender, *rest))
    assert (review.allowances, review.warnings) == ([], [])
    assert (await reviews.review(called(text, THIEF, *rest))).warnings != []


async def test_a_right_of_somebody_else_is_none_of_the_senders(reviews: Reviews) -> None:
    reviews.code(log("ApprovalForAll(address,address,bool)", who(SECOND), THE_THIEF, data=number(1)) + STOP)
    assert (await reviews.review(UNKNOWN)).allowances == []


MOVES = [
    ("erc20", log("Transfer(address,address,uint256)", SENDER, THE_THIEF, data=number(5))),
    ("erc721", log("Transfer(address,address,uint256)", SENDER, THE_THIEF, push(5, 1))),
    ("erc1155", log("TransferSingle(address,address,address,uint256,uint256)", SENDER, SENDER, THE_THIEF,
                    data=number(9) + number(5))),
    ("erc1155", log("TransferBatch(address,address,address,uint256[],uint256[])", SENDER, SENDER, THE_THIEF,
                    data=encode(["uint256[]", "uint256[]"], [[9], [5]]))),
    ("erc777", log("Sent(address,address,address,uint256,bytes,bytes)", SENDER, SENDER, THE_THIEF,
                   data=encode(["uint256", "bytes", "bytes"], [5, b"", b""]))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("standard", "code"), MOVES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(MOVES)]
)
async def test_a_movement_of_any_standard_is_shown(reviews: Reviews, standard: str, code: bytes) -> None:
    reviews.code(code + STOP)
    review = await reviews.review(called("transfer(address,uint256)", THIEF, 5))
    (change,) = review.changes
    assert (review.outcome, change.direction, change.standard, change.amount) == (
        "moves",
        "out",
        standard,
        "5",
    )
    assert change.to.lower() == THIEF


@examples(60)
@given(
    st.lists(st.tuples(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1)), min_size=1, max_size=4),
    st.integers(0, 2),
)
def test_of_a_contract_with_many_tokens_the_id_of_what_moves_is_told(
    moved: list[tuple[int, int]], form: int
) -> None:
    tried("movements of a token among many", (moved, form))
    sender, to = number(7), number(8)
    ids, amounts = [each for each, _ in moved], [each for _, each in moved]
    one = number(ids[0]) + number(amounts[0])
    text, indexed, data = [
        ("TransferSingle(address,address,address,uint256,uint256)", [sender, sender, to], one),
        (
            "Transfer(address,address,address,uint256,uint256)",
            [sender, to, number(ids[0])],
            sender + number(amounts[0]),
        ),
        (MOVED_BATCH, [sender, sender, to], encode(["uint256[]", "uint256[]"], [ids, amounts])),
    ][form]
    topics = ["0x" + each.hex() for each in (keccak(text.encode()), *indexed)]
    found, is_whole = movements([Log(CONTRACT, topics, data)])
    told = [(each.standard, each.token_id, each.amount) for each in found]
    assert is_whole
    assert told == [("erc1155", *each) for each in (moved if form == 2 else moved[:1]) if each[1]]


async def test_the_card_names_the_token_of_which_something_moves(reviews: Reviews) -> None:
    reviews.code(MOVES[2][1] + STOP)
    (change,) = (await reviews.review(called("transfer(address,uint256)", THIEF, 5))).changes
    assert (change.token_id, change.amount) == ("9", "5")
    assert change_in_words(change) == f"5 units of the token 9 of {change.asset}"
    many = change.model_copy(update={"token_id": None, "amount": "1000000"})
    assert change_in_words(many) == f"1,000,000 base units of the token {change.asset}"


async def test_a_movement_that_a_token_logs_twice_is_one(reviews: Reviews) -> None:
    reviews.code(MOVES[0][1] + MOVES[4][1] + STOP)
    assert len((await reviews.review(UNKNOWN)).changes) == 1


async def test_a_transfer_that_answers_false_is_a_danger_and_moves_nothing(reviews: Reviews) -> None:
    reviews.code(words(number(0), RETURN))
    review = await reviews.review(called("transfer(address,uint256)", THIEF, 5))
    assert review.outcome == "nothing"
    assert ("returns_false", "danger") in [(each.code, each.severity) for each in review.warnings]


@pytest.mark.parametrize("knows_sender", [True, False])
async def test_a_false_answer_is_told_whoever_signs_and_a_true_one_is_not(
    reviews: Reviews, knows_sender: bool
) -> None:
    data = called("transfer(address,uint256)", THIEF, 5)
    reviews.code(words(number(0), RETURN))
    false = await reviews.review(data, knows_sender=knows_sender)
    reviews.code(TRUE)
    true = await reviews.review(data, knows_sender=knows_sender)
    assert ["returns_false" in {each.code for each in review.warnings} for review in (false, true)] == [
        True,
        False,
    ]


async def test_without_a_sender_nothing_is_known_of_what_moves(reviews: Reviews) -> None:
    review = await reviews.review(b"", value=5, knows_sender=False, to=SECOND)
    assert (review.outcome, review.changes) == ("unknown", [])
    assert "sender_unknown" in {each.code for each in review.warnings}


async def test_a_payment_moves_the_coin(reviews: Reviews) -> None:
    review = await reviews.review(b"", value=10**18, to=SECOND)
    (change,) = review.changes
    assert (change.standard, change.formatted, change.asset, change.symbol) == ("native", "1", None, "ETH")
    assert review.warnings == []
    assert review.fee is not None


async def test_an_unknown_call_that_logs_nothing_is_unknown_and_not_nothing(reviews: Reviews) -> None:
    reviews.code(STOP)
    review = await reviews.review(UNKNOWN)
    assert review.outcome == "unknown"
    assert {"not_understood", "not_simulated"} <= {each.code for each in review.warnings}


async def test_a_call_where_there_is_no_contract_is_told(reviews: Reviews) -> None:
    review = await reviews.review(called("deposit()"), to=SECOND)
    assert "no_contract" in {each.code for each in review.warnings}


async def test_a_payment_with_a_call_where_there_is_no_contract_is_a_danger(reviews: Reviews) -> None:
    """A swap or a deposit on the wrong network: the coin goes there, and nothing comes of it."""
    review = await reviews.review(called("transfer(address,uint256)", THIEF, 5), value=10**18, to=SECOND)
    assert [each.code for each in review.warnings] == ["lost_to_nobody"]
    (warning,) = review.warnings
    assert warning.severity == "danger"
    assert warning.text.endswith("would keep the 1 ETH.")
    assert review.recipient is not None
    assert review.recipient.lower() == SECOND
    assert [change.to.lower() for change in review.changes] == [SECOND]


async def test_so_is_one_that_an_account_makes(reviews: Reviews) -> None:
    reviews.code(STOP)
    pays = "execute(address,uint256,bytes)"
    for value, is_lost in ((10**18, True), (0, False)):
        review = await reviews.review(called(pays, SECOND, value, called("deposit()")))
        lost = [each.text for each in review.warnings if each.code == "lost_to_nobody"]
        assert [each.endswith("would keep the 1 ETH.") for each in lost] == [True] * is_lost
    plain = await reviews.review(called(pays, SECOND, 10**18, b""))
    assert "lost_to_nobody" not in {each.code for each in plain.warnings}


@pytest.mark.parametrize("count", [1, 2])
async def test_tokens_that_are_sent_to_the_contract_itself_are_lost(reviews: Reviews, count: int) -> None:
    reviews.code(STOP)
    batch = "transferFrom((address,address,uint160,address)[])"
    review = await reviews.review(called(batch, [(THIEF, CONTRACT, 5, SECOND)] * count))
    assert "lost_to_nobody" in {each.code for each in review.warnings}


async def test_an_account_that_delegates_carries_its_call_out(reviews: Reviews) -> None:
    account = "0x000000000000000000000000000000000000ac07"
    reviews.code(STOP)
    reviews.code(b"\xef\x01\x00" + bytes.fromhex(CONTRACT[2:]), account)
    review = await reviews.review(called("deposit()"), value=1, to=account)
    assert not {"no_contract", "lost_to_nobody"} & {each.code for each in review.warnings}


@pytest.mark.parametrize("last", ["0000", "0001", "0100", "dead", "0fff"])
async def test_what_goes_to_an_address_without_a_key_is_lost(reviews: Reviews, last: str) -> None:
    review = await reviews.review(b"", value=10**18, to=f"0x{last:0>40}")
    assert [each.code for each in review.warnings] == ["lost_to_nobody"]


async def test_a_program_of_the_chain_at_a_low_address_is_somebody(reviews: Reviews) -> None:
    low = f"0x{'64':0>40}"
    reviews.code(STOP, low)
    review = await reviews.review(b"", value=10**18, to=low)
    assert review.warnings == []
