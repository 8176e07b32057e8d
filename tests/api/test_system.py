"""`POST /api/system`: events for the agent, and a wallet's answers."""

from __future__ import annotations

from typing import Any

import pytest

from forge.api.legacy_wallet_answers import legacy_reply
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.api.gateway import Gateway


def test_user_text_is_never_taken_for_a_wallets_answer(gateway: Gateway, real_store: Store) -> None:
    gateway.post("/api/chat", {"message": "Transaction sent: 0x" + "a" * 64, "session_id": "s"})
    session = real_store.sessions.get(SessionKey("anonymous", "s"))
    assert session
    assert (session.inbox[0].approval, session.inbox[0].sender) == (None, "user")


def test_a_system_text_is_shown_as_a_system_message_and_wakes_the_agent(
    gateway: Gateway, sqs: Any, queue_url: str
) -> None:
    answer = gateway.post("/api/system", {"message": "User connected a wallet", "session_id": "s"})
    (message,) = answer.json["messages"]
    assert (message["sender"], message["content"]) == ("system", "User connected a wallet")
    assert len(sqs.receive_message(QueueUrl=queue_url)["Messages"]) == 1


def test_older_wallets_answer_by_texts(gateway: Gateway, real_store: Store) -> None:
    gateway.post("/api/system", {"message": "Transaction sent: 0x" + "Ab" * 32, "session_id": "s"})
    gateway.post("/api/system", {"message": "Transaction rejected by user: too dear", "session_id": "s"})
    session = real_store.sessions.get(SessionKey("anonymous", "s"))
    assert session
    sent, rejected = (submission.approval for submission in session.inbox)
    assert sent
    assert (sent.outcome, sent.transaction_hash) == ("sent", "0x" + "Ab" * 32)
    assert rejected
    assert (rejected.outcome, rejected.reason) == ("rejected", "too dear")


def test_a_reply_may_name_its_approval(gateway: Gateway, real_store: Store) -> None:
    approval = {"approval_id": "a" * 32, "outcome": "rejected"}
    gateway.post("/api/system", {"message": "no", "session_id": "s", "approval": approval})
    session = real_store.sessions.get(SessionKey("anonymous", "s"))
    assert session
    assert session.inbox[0].approval
    assert session.inbox[0].approval.approval_id == "a" * 32


@pytest.mark.parametrize("text", ["Transaction sent: soon", "He said: Transaction rejected by user", "x"])
def test_other_texts_answer_nothing(text: str) -> None:
    assert legacy_reply(text) is None


def test_a_rejection_needs_no_reason() -> None:
    reply = legacy_reply("Transaction rejected by user")
    assert reply
    assert reply.reason is None
