"""A run that waits for a transaction holds no place: any worker checks it again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from forge.api import conversations, dependencies
from forge.models.approval import Approval, WalletTransaction
from forge.models.approval_reply import ApprovalReply
from forge.models.ids import new_run_id
from forge.models.run import ChainWait, Ending, RunMessage, Submission
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store.keys import HOT, partition
from tests.mcp_servers.conftest import rpc
from tests.worker.machines import Watched
from tests.worker.stage import KEY, Stage, message_of
from tests.worker.wallet.conftest import Payer, last_notice, last_receipt
from tests.worker.wallet.talk import asking
from worker.agent.wallet.answer import verify_answer

UNKNOWN_HASH = "0x" + "ab" * 32
CROWD = 45
"""More than the places of two such workers as the stage's."""


@pytest.fixture
async def patient(payer: Payer) -> Payer:
    """Its worker waits for the chain for ten minutes."""
    wallet = payer.stage.wallet
    assert wallet is not None
    object.__setattr__(wallet.terms, "receipt_seconds", 600.0)
    return payer


class Looks:
    """`held`: how many runs are claimed now. `put_back`: those that were given back to wait for the chain."""

    def __init__(self, stage: Stage) -> None:
        self._runs, self._loop = stage.store.runs, asyncio.get_running_loop()
        self.held: set[SessionKey] = set()
        self.put_back: set[SessionKey] = set()
        self.changed = asyncio.Condition()
        self.runs: Any = Watched(
            self._runs, claim=self._claim, put_back=self._put_back, finish=self._finish, release=self._release
        )

    def _claim(self, message: Any, worker: str) -> Any:
        lease = self._runs.claim(message, worker)
        self._tell(lambda: self.held.add(lease.key))
        return lease

    def _put_back(self, lease: Any, wait: ChainWait | None = None) -> None:
        self._runs.put_back(lease, wait)
        self._tell(lambda: (self.held.discard(lease.key), self.put_back.add(lease.key)))

    def _finish(self, lease: Any, ending: Ending) -> Any:
        session = self._runs.finish(lease, ending)
        self._tell(lambda: self.held.discard(lease.key))
        return session

    def _release(self, lease: Any) -> None:
        self._runs.release(lease)
        self._tell(lambda: self.held.discard(lease.key))

    def _tell(self, note: Any) -> None:
        async def told() -> None:
            async with self.changed:
                note()
                self.changed.notify_all()

        asyncio.run_coroutine_threadsafe(told(), self._loop).result(10)

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(condition)


async def restarted(payer: Payer) -> Looks:
    await payer.stage.stop()
    looks = Looks(payer.stage)
    payer.stage.start(runs=looks.runs)
    return looks


async def reported(payer: Payer, tx_hash: str) -> tuple[str, Approval]:
    """The run of a wallet's answer, after its first look at the chain."""
    await payer.say(asking("Bob", "1"))
    (approval,) = await payer.approvals()
    looks = await restarted(payer)
    reply = ApprovalReply(approval_id=approval.approval_id, outcome="sent", transaction_hash=tx_hash)
    run_id = await payer.stage.say("Transaction sent", sender="system", approval=reply)
    await looks.until(lambda: payer.key in looks.put_back)
    return run_id, approval


def answer_of_nothing(stage: Stage, key: SessionKey) -> RunMessage:
    """A session whose wallet request is answered by a hash that no chain knows."""
    transaction = WalletTransaction.of_call(31337, "0x" + "11" * 20, value="0")
    approval = Approval(
        approval_id=new_run_id(),
        run_id=new_run_id(),
        call_id="c1",
        network="testnet",
        transaction=transaction,
        digest=transaction.digest(),
        description="nothing",
        created_at=stage.clock(),
        expires_at=stage.clock() + 900_000,
    )
    asked, answered = new_run_id(), new_run_id()
    stage.store.inbox.accept(key, Submission(run_id=asked, content="ask", created_at=stage.clock()))
    session = stage.store.sessions.get(key)
    assert session is not None
    lease = stage.store.runs.claim(message_of(session, asked), "w")
    stage.store.runs.finish(lease, Ending(outcome="waiting", approvals=[approval]))
    reply = ApprovalReply(approval_id=approval.approval_id, outcome="sent", transaction_hash=UNKNOWN_HASH)
    said = Submission(run_id=answered, content="sent", created_at=stage.clock(), approval=reply)
    return message_of(stage.store.inbox.accept(key, said), answered)


def crowd_of(stage: Stage, dynamodb: Any, table: str) -> list[SessionKey]:
    """One such session, and copies of it."""
    crowd = [SessionKey(ANONYMOUS, f"crowd{number}") for number in range(CROWD)]
    message = answer_of_nothing(stage, crowd[0])
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": partition(crowd[0])}, "sk": {"S": HOT}})[
        "Item"
    ]
    for key in crowd[1:]:
        dynamodb.put_item(TableName=table, Item={**item, "pk": {"S": partition(key)}})
    for key in crowd:
        stage.queue.send(message.model_copy(update={"session_id": key.session_id}), resend=True)
    return crowd


async def test_a_crowd_that_waits_for_the_chain_holds_no_place(
    patient: Payer, dynamodb: Any, table: str
) -> None:
    stage = patient.stage
    await stage.stop()
    crowd = await asyncio.to_thread(crowd_of, stage, dynamodb, table)
    looks = await restarted(patient)
    await looks.until(lambda: looks.put_back >= set(crowd))
    seen = await patient.say("hi")
    assert seen.messages[-1].content == "Heard: hi"
    await looks.until(lambda: not looks.held)  # all of them wait, and nobody holds anything
    for key in crowd[::5]:
        waiting = (await stage.session(key)).active
        assert waiting is not None
        assert waiting.attempt <= 1
        assert waiting.chain_wait is not None


async def test_the_transaction_is_found_by_another_worker_than_the_one_that_was_asked(patient: Payer) -> None:
    rpc(patient.url, "evm_setAutomine", False)
    try:
        await patient.say(asking("Bob", "3"))
        (approval,) = await patient.approvals()
        tx_hash = await patient.sign(approval)
        looks = await restarted(patient)
        reply = ApprovalReply(approval_id=approval.approval_id, outcome="sent", transaction_hash=tx_hash)
        run_id = await patient.stage.say("Transaction sent", sender="system", approval=reply)
        await looks.until(lambda: patient.key in looks.put_back)
        waiting = (await patient.stage.session()).active
        assert waiting is not None
        assert waiting.chain_wait is not None
        assert waiting.chain_wait.nonce is not None  # so that what takes its place is told
        await patient.stage.kill()
    finally:
        rpc(patient.url, "evm_setAutomine", True)
        rpc(patient.url, "evm_mine")
    await patient.stage.pass_the_lease()
    patient.stage.start()
    seen = await patient.page.ended(run_id)
    assert last_receipt(seen).outcome == "succeeded"
    assert (await patient.stage.session()).used_hashes == [tx_hash]
    assert await patient.approvals() == []


async def test_when_the_time_is_up_the_verdict_is_what_is_known(patient: Payer) -> None:
    run_id, approval = await reported(patient, UNKNOWN_HASH)
    patient.stage.clock.ahead += 601_000
    seen = await patient.page.ended(run_id)
    assert last_notice(seen).startswith("Outcome unknown: ")
    assert [each.approval_id for each in await patient.approvals()] == [approval.approval_id]


async def test_a_stop_ends_the_wait_at_once_although_nobody_holds_the_run(
    patient: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "store", lambda: patient.stage.store)
    monkeypatch.setattr(dependencies, "_catalog", None)
    nobody = Watched(object(), post=lambda *_: None)
    monkeypatch.setattr(dependencies, "connections", lambda: nobody)
    run_id, approval = await reported(patient, UNKNOWN_HASH)
    await patient.stage.stop()
    state = await asyncio.to_thread(conversations.interrupt, KEY, None)
    assert state.active_run is None
    session = await patient.stage.session()
    assert session.recent[run_id] == "interrupted"
    (left,) = session.approvals
    assert left.approval_id == approval.approval_id
    assert [each.transaction_hash for each in left.reported] == [UNKNOWN_HASH]  # it may have been sent


async def test_a_stop_that_comes_while_the_worker_looks_is_seen_before_the_run_is_laid_aside(
    patient: Payer,
) -> None:
    await patient.say(asking("Bob", "1"))
    (approval,) = await patient.approvals()
    await patient.stage.stop()
    runs, controls = patient.stage.store.runs, patient.stage.store.controls

    def put_back(lease: Any, wait: ChainWait | None = None) -> None:
        controls.request_interrupt(lease.key, lease.run_id)
        runs.put_back(lease, wait and wait.model_copy(update={"again_at": wait.again_at + 60_000}))

    patient.stage.start(runs=Watched(runs, put_back=put_back))
    reply = ApprovalReply(approval_id=approval.approval_id, outcome="sent", transaction_hash=UNKNOWN_HASH)
    run_id = await patient.stage.say("Transaction sent", sender="system", approval=reply)
    seen = await patient.page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "interrupted"


@pytest.mark.parametrize("seconds", [0.5, 5, 120, 900, 3_600, 86_400])
def test_a_wait_of_any_length_takes_a_number_of_looks_that_the_queue_allows(seconds: float) -> None:
    looks, now, end = 0, 0, round(seconds * 1_000)
    check: Any = Watched(object(), seconds=seconds, sender=None, nonce=None)
    while now < end:
        wait = verify_answer._Check.later(check, now, 0, end - now)
        assert now < wait.again_at <= end
        looks, now = looks + 1, wait.again_at
    assert looks < 60
    assert now == end
