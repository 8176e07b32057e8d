"""Words for the store's tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

from forge.aws.json_client import JsonClient
from forge.models.approval import Approval, WalletTransaction
from forge.models.ids import new_run_id
from forge.models.message import Draft
from forge.models.run import Ending, RunMessage, Submission
from forge.models.session import Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from forge.store import Store
from tests.clock import T0

KEY = SessionKey(ANONYMOUS, "s1")


def submission(content: str = "hello", run_id: str | None = None, **values: Any) -> Submission:
    return Submission(run_id=run_id or new_run_id(), content=content, created_at=T0, **values)


def told(store: Store, content: str = "hello", key: SessionKey = KEY) -> Session:
    """A session after one more accepted message."""
    return store.inbox.accept(key, submission(content))


def about(session: Session, run_id: str) -> RunMessage:
    """The queue message of a run."""
    return RunMessage(
        owner=session.key.owner,
        session_id=session.key.session_id,
        generation=session.generation,
        run_id=run_id,
    )


def next_of(session: Session) -> RunMessage:
    return about(session, session.active.run_id if session.active else session.inbox[0].run_id)


def started(store: Store, content: str = "hello", worker: str = "a", key: SessionKey = KEY) -> Lease:
    """The claimed run of a message that has just been accepted."""
    return store.runs.claim(next_of(told(store, content, key)), worker)


def spoken(content: str = "answer") -> Draft:
    return Draft(sender="agent", content=content, created_at=T0)


def completed(*drafts: Draft, **values: Any) -> Ending:
    return Ending(outcome="completed", drafts=list(drafts), **values)


def log(store: Store, key: SessionKey = KEY) -> list[str]:
    session = store.sessions.get(key)
    assert session is not None
    messages = store.sessions.messages(session)
    assert [message.seq for message in messages] == list(range(session.logged))
    return [message.content for message in messages]


def approval(approval_id: str, run_id: str, data: str = "0x") -> Approval:
    transaction = WalletTransaction.of_call(1, "0x" + "1" * 40, value="1", data=data)
    return Approval(
        approval_id=approval_id,
        run_id=run_id,
        call_id="c1",
        network="mainnet",
        transaction=transaction,
        digest=transaction.digest(),
        description="a payment",
        created_at=T0,
        expires_at=T0 + 600_000,
    )


@contextmanager
def counted(client: Any):
    """The names of the calls that reach the service. `client`: our own, or botocore's."""
    calls: list[str] = []
    if isinstance(client, JsonClient):
        call = client.call

        def noted(operation: str, parameters: dict[str, Any]) -> Any:
            calls.append(operation)
            return call(operation, parameters)

        client.call = noted
        try:
            yield calls
        finally:
            del client.call
        return

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    client.meta.events.register("before-call.dynamodb", note)
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-call.dynamodb", note)
