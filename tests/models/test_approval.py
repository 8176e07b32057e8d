"""What a wallet request is bound to, how a request of the previous release is read, and what a frame may cut."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.models import public
from forge.models.approval import Approval, Call, WalletTransaction
from forge.models.approval_reply import REASON_LIMIT, ApprovalReply
from forge.models.frame import FRAME_BYTES_LIMIT
from forge.models.framing import state_frames
from forge.models.ids import new_run_id
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.models.wallet_review import NOT_HERE, Review, ReviewWarning
from tests.properties import examples
from tests.unlisted import tried

NOW = 1_800_000_000_000
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
CALLS = st.builds(
    Call,
    to=ADDRESSES,
    value=st.integers(0, 2**256 - 1).map(str),
    data=st.binary(max_size=99).map(lambda raw: "0x" + raw.hex()),
)
TRANSACTIONS = st.builds(
    WalletTransaction,
    chain_id=st.integers(1, 2**53),
    sender=st.none() | ADDRESSES,
    gas=st.none() | st.integers(1, 10**9).map(str),
    calls=st.lists(CALLS, min_size=1, max_size=4),
)


def approval(transaction: WalletTransaction, **fields: Any) -> Approval:
    required = {"run_id": new_run_id(), "call_id": "c", "network": "mainnet", "description": "d"}
    times = {"created_at": NOW, "expires_at": NOW + 1}
    return Approval.model_validate(
        {
            "approval_id": new_run_id(),
            "transaction": transaction,
            "digest": transaction.digest(),
            **required,
            **times,
            **fields,
        }
    )


def bound(transaction: WalletTransaction) -> list[Any]:
    calls = [(call.to, call.value, call.data) for call in transaction.calls]
    return [transaction.chain_id, transaction.sender, calls]


@examples(200)
@given(TRANSACTIONS, TRANSACTIONS)
def test_two_digests_are_the_same_only_for_the_same_calls_of_the_same_sender_on_the_same_chain(
    one: WalletTransaction, other: WalletTransaction
) -> None:
    assert (one.digest() == other.digest()) == (bound(one) == bound(other))


@examples(60)
@given(TRANSACTIONS)
def test_a_digest_reads_addresses_and_data_in_any_case_and_knows_no_gas(
    transaction: WalletTransaction,
) -> None:
    loud = [
        Call(to=f"0x{c.to[2:].upper()}", value=c.value, data=f"0x{c.data[2:].upper()}")
        for c in transaction.calls
    ]
    assert transaction.model_copy(update={"calls": loud, "gas": "7"}).digest() == transaction.digest()


def test_each_part_that_is_signed_changes_the_digest() -> None:
    base = WalletTransaction.of_call(1, "0x" + "ab" * 20, value="1", data="0x00", sender="0x" + "11" * 20)
    call = base.calls[0]
    others = [
        base.model_copy(update=change)
        for change in (
            {"chain_id": 2},
            {"sender": None},
            {"sender": "0x" + "12" * 20},
            {"calls": [call, call]},
            *(
                {"calls": [call.model_copy(update=part)]}
                for part in ({"to": "0x" + "cd" * 20}, {"value": "2"}, {"data": "0x01"})
            ),
        )
    ]
    assert len({base.digest(), *(other.digest() for other in others)}) == 8


def older(**changes: Any) -> dict[str, Any]:
    """As the release before stored it."""
    flat = {"chain_id": 1, "to": "0x" + "Ab" * 20, "value": "5", "data": "0xFF", "gas": "9", "sender": None}
    digest = hashlib.sha256(f'[1,"0x{"ab" * 20}","5","0xff"]'.encode()).hexdigest()
    stored = json.loads(approval(WalletTransaction.of_call(1, "0x" + "11" * 20)).model_dump_json())
    for name in ("review", "claim", "reported", "after_nonce"):
        del stored[name]
    return stored | {"transaction": flat | changes, "digest": digest}


def test_a_request_that_the_release_before_stored_is_read_and_gets_todays_digest() -> None:
    read = Approval.model_validate_json(json.dumps(older()))
    assert (read.transaction.to, read.transaction.value, read.transaction.data) == (
        "0x" + "Ab" * 20,
        "5",
        "0xFF",
    )
    assert (read.transaction.gas, read.digest) == ("9", read.transaction.digest())
    assert read.review.outcome == "unknown"
    assert Approval.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("change", [{"value": "6"}, {"to": "0x" + "cd" * 20}, {"chain_id": 2}])
def test_an_older_request_that_does_not_fit_its_digest_keeps_a_digest_that_fits_nothing(
    change: dict[str, Any],
) -> None:
    read = Approval.model_validate(older(**change))
    assert read.digest != read.transaction.digest()


def shown(*approvals: Approval) -> list[dict[str, Any]]:
    session = Session(
        key=SessionKey("anonymous", "s"), generation=1, rev=1, network="mainnet", approvals=list(approvals),
        created_at=NOW, last_activity_at=NOW, expires_at=NOW // 1000,
    )  # fmt: skip
    (frame,) = state_frames(public.hot(session, None), [])
    assert len(frame.encode()) <= FRAME_BYTES_LIMIT
    return json.loads(frame)["approvals"]


def long_request(size: int, **fields: Any) -> Approval:
    data = "0x" + "ab" * size
    review = Review(warnings=[ReviewWarning(code="allowance", severity="danger", text="w" * 400)])
    return approval(WalletTransaction.of_call(1, "0x" + "11" * 20, data=data), review=review, **fields)


@pytest.mark.parametrize(
    "requests",
    [
        [long_request(2_789) for _ in range(5)],
        [long_request(20_000)],
        [long_request(10), long_request(9_000, decoded="\u0001" * 2_000, simulation="s" * 4_000)],
    ],
    ids=["five", "one", "beside"],
)
def test_a_request_is_in_a_frame_whole_or_marked_and_without_anything_that_could_pass_for_the_whole(
    requests: list[Approval],
) -> None:
    for whole, in_frame in zip(requests, shown(*requests), strict=True):
        if in_frame["truncated"]:
            assert in_frame["calls"] == []
            assert len(in_frame["data"]) == 10
            assert in_frame["review"] == NOT_HERE.model_dump()
        else:
            assert in_frame["data"] == whole.transaction.data
            assert in_frame["review"]["warnings"][0]["text"] == "w" * 400
    assert any(each["truncated"] for each in shown(*requests))


def test_a_small_request_beside_a_large_one_stays_whole() -> None:
    assert [each["truncated"] for each in shown(long_request(10), long_request(9_000))] == [False, True]


@given(st.text(st.characters(codec="utf-8"), max_size=700) | st.text(" \n\t\u202e\u200b\x00a", max_size=20))
def test_whatever_a_person_says_about_a_rejection_is_one_short_line_or_nothing(said: str) -> None:
    tried("reasons for a rejection", said)
    reason = ApprovalReply(outcome="rejected", reason=said).reason
    assert reason is None or (
        0 < len(reason) <= REASON_LIMIT and reason.isprintable() and reason == reason.strip()
    )
    if said.isascii() and said.isprintable() and len(said) <= REASON_LIMIT:
        assert (reason or "") == " ".join(said.split())
