"""An item that cannot be read affects its own session only, which can be stopped, deleted and begun anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler

from forge.models.message import Draft, ToolDisplay
from forge.models.run import Ending, Progress
from forge.models.session import Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from forge.settings import Settings
from forge.store import Store, open_store
from functions.recover_runs.handler import handler as recover_runs
from tests.api.gateway import Context, Gateway
from tests.clock import Clock
from tests.properties import examples, paired, sampled
from tests.store.damages import OTHERS, Damage, damages, dropped, replaced, wrapped
from tests.store.scenes import about, approval, next_of, submission
from tests.unlisted import tried

NEIGHBOUR, OWN = SessionKey(ANONYMOUS, "neighbour"), SessionKey(ANONYMOUS, "own")

Scene = Callable[[Store], None]


def talked(store: Store, key: SessionKey) -> Lease:
    """A conversation with a log, an LLM history and an approval, whose next run has begun and stored something."""
    session = store.inbox.accept(key, submission("hello"))
    lease = store.runs.claim(next_of(session), "w")
    shown = Draft(
        sender="agent",
        kind="tool_call",
        content="",
        created_at=1,
        tool=ToolDisplay(call_id="c", name="balance", arguments={}),
    )
    lease = store.runs.append(lease, Progress(drafts=[shown], entries=[b'{"kind": "request"}'], tokens=3))
    asked = approval("a" * 32, lease.run_id).model_copy(update={"expires_at": 9_999_999_999_999})
    store.runs.finish(
        lease, Ending(outcome="waiting", drafts=[shown], entries=[b"{}"], approvals=[asked], tokens=2)
    )
    session = store.inbox.accept(key, submission("and now?"))
    lease = store.runs.claim(next_of(session), "w")
    return store.runs.append(lease, Progress(drafts=[shown], entries=[b"{}"]))


def idle(store: Store) -> None:
    store.runs.finish(talked(store, OWN), Ending(outcome="completed"))


def active(store: Store) -> None:
    store.runs.flush(talked(store, OWN), "some text")


def queued(store: Store) -> None:
    talked(store, OWN)
    store.inbox.accept(OWN, submission("and then?"))
    store.controls.watch(OWN, 1)
    store.controls.request_interrupt(OWN, "f" * 32)


SCENES: tuple[Scene, ...] = (idle, active, queued)


@pytest.fixture
def scene_clock() -> Clock:
    return Clock()


class Table:
    """The scenes' store, and the items behind it."""

    def __init__(self, dynamodb: Any, table: str, store: Store) -> None:
        self.dynamodb, self.table, self.store = dynamodb, table, store

    def empty(self) -> None:
        for item in self.dynamodb.scan(TableName=self.table)["Items"]:
            self.dynamodb.delete_item(TableName=self.table, Key={name: item[name] for name in ("pk", "sk")})

    def items(self, kind: str) -> list[dict[str, Any]]:
        found = self.dynamodb.scan(TableName=self.table)["Items"]
        return [
            item
            for item in found
            if item["sk"]["S"].partition("#")[0] == kind and "neighbour" not in item["pk"]["S"]
        ]

    def damage(self, kind: str, damage: Damage) -> None:
        for item in self.items(kind):
            self.dynamodb.put_item(TableName=self.table, Item=damage(item))


@pytest.fixture(autouse=True)
def _strict_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto stumbles over operands of different kinds, where DynamoDB refuses the request."""
    update_item = DynamoHandler.update_item

    def refusing(self: DynamoHandler) -> Any:
        try:
            return update_item(self)
        except (TypeError, ValueError, AttributeError) as error:
            raise MockValidationException("An operand has an incorrect type.") from error

    monkeypatch.setattr(DynamoHandler, "update_item", refusing)


@pytest.fixture
def stored(gateway: Gateway, dynamodb: Any, table: str, real_store: Store) -> Table:
    return Table(dynamodb, table, real_store)


def check(gateway: Gateway, stored: Table) -> None:
    """Everything of the neighbour's works; the own session ends in a clear state."""
    _check_neighbour(gateway)
    _check_own(gateway, stored)


def _check_neighbour(gateway: Gateway) -> None:
    state = gateway.get("/api/state", session_id="neighbour")
    assert state.status == 200
    assert state.json["messages"][0]["content"] == "hello"
    listed = gateway.get("/api/sessions", ids="own,neighbour")
    assert listed.status == 200
    assert "neighbour" in [each["session_id"] for each in listed.json["sessions"]]
    assert recover_runs({}, Context("RecoverRuns"))["recovered"] >= 0
    assert gateway.post("/api/chat", {"message": "hi", "session_id": "neighbour"}).status == 200


def _check_own(gateway: Gateway, stored: Table) -> None:
    for answer in (
        gateway.get("/api/state", session_id="own"),
        gateway.post("/api/mcp-command", {"command": "list_networks", "session_id": "own"}),
        gateway.post("/api/chat", {"message": "hi", "session_id": "own"}),
        gateway.patch("/api/sessions/own", {"title": "t"}),
        gateway.post("/api/interrupt", {"session_id": "own"}),
        gateway.get("/api/state", session_id="own"),
    ):
        assert answer.status in {200, 404, 409, 429}, answer.json
        assert answer.status != 409 or "begins it anew" in answer.json["detail"]
    assert gateway.delete("/api/sessions/own").status in {200, 404}
    answer = gateway.post("/api/chat", {"message": "anew", "session_id": "own"})
    assert answer.status == 200
    assert [each["content"] for each in answer.json["messages"]] == ["anew"]
    session = stored.store.sessions.get(OWN)
    assert isinstance(session, Session)
    lease = stored.store.runs.claim(about(session, answer.headers["x-run-id"]), "w")
    done = Draft(sender="agent", content="done", created_at=1)
    stored.store.runs.finish(lease, Ending(outcome="completed", drafts=[done]))


def play(gateway: Gateway, stored: Table, scene: Scene, kind: str, damage: Damage) -> None:
    stored.empty()
    talked(stored.store, NEIGHBOUR)
    scene(stored.store)
    stored.damage(kind, damage)
    check(gateway, stored)


HOT_ATTRIBUTES = [
    "recent_order",
    "recent",
    "tokens",
    "history_count",
    "approvals",
    "inbox_order",
    "network",
    "generation",
    "rev",
    "logged",
    "expires_at",
    "created_at",
    "last_activity_at",
    "fence",
    "tat",
    "inbox",
    "lease_until",
    "active",
]
FORMS: dict[str, Callable[[str], Damage]] = {
    "missing": dropped,
    "a text": lambda name: replaced(name, OTHERS["a text"]),
    "a fraction": lambda name: replaced(name, OTHERS["a fraction"]),
}
ROWS = [
    *((f"{name} {form}", FORMS[form](name)) for name, form in paired(HOT_ATTRIBUTES, [*FORMS], 3)),
    *((f"{name} in a list", wrapped(name)) for name in ("title", "spent", "approvals", "logged")),
    ("an unknown fraction", replaced("from_the_future", OTHERS["a fraction"])),
    ("an unknown set of numbers", replaced("from_the_future", OTHERS["numbers"])),
]


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("name", "damage"), ROWS, ids=[name for name, _ in ROWS])
def test_a_damaged_session_costs_nobody_else_anything(
    gateway: Gateway, stored: Table, name: str, damage: Damage
) -> None:
    play(gateway, stored, queued, "session", damage)


CHILDREN = [
    ("message", dropped("content")),
    ("message", dropped("kind")),
    ("message", replaced("tool", OTHERS["a map"])),
    ("message", replaced("tool", {"S": '{"name": 5}'})),
    ("message", replaced("created_at", OTHERS["a fraction"])),
    ("entry", replaced("body", {"B": b"not zlib"})),
    ("entry", dropped("chunks")),
    ("entry", dropped("entry_index")),
    ("control", dropped("expires_at")),
    ("control", replaced("watched_until", OTHERS["a fraction"])),
    ("control", replaced("connections", OTHERS["a text"])),
    ("control", replaced("deleted", OTHERS["a text"])),
]


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("kind", "damage"), sampled(CHILDREN, 2))
def test_a_damaged_child_item_costs_nobody_else_anything(
    gateway: Gateway, stored: Table, kind: str, damage: Damage
) -> None:
    play(gateway, stored, queued, kind, damage)


RUN_NAMES = (
    "title spent used_hashes doubts active_id attempt claim worker streamed text_base text_parts shown_results "
    "input_logged started_at strikes mark history_base put_back_at taken_from"
)
NAMES = [*HOT_ATTRIBUTES, *RUN_NAMES.split()]
CHILD_NAMES = {
    "session": NAMES,
    "message": ["sender", "kind", "created_at", "run_id", "tool", "content", "parts", "expires_at"],
    "entry": ["body", "chunks", "entry_index", "expires_at"],
    "control": ["connections", "interrupt", "watched_until", "deleted", "expires_at"],
}
KINDS = st.sampled_from(["session", *CHILD_NAMES])
ANY_DAMAGE = KINDS.flatmap(lambda kind: st.tuples(st.just(kind), damages(CHILD_NAMES[kind])))


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.timeout(600)
def test_no_form_of_an_item_costs_another_session_anything(gateway: Gateway, stored: Table) -> None:
    @examples(25)
    @given(scene=st.sampled_from(SCENES), kind_and_damage=ANY_DAMAGE)
    def any_damage(scene: Scene, kind_and_damage: tuple[str, tuple[str, Damage]]) -> None:
        kind, (name, damage) = kind_and_damage
        tried("stored items of another form", (scene.__name__, kind, name))
        play(gateway, stored, scene, kind, damage)

    any_damage()


CATALOGS = [
    {"B": b"not zlib"},
    {"S": "a text"},
    {"B": json.dumps({"llm": "x"}).encode()},
]


@pytest.mark.parametrize("body", CATALOGS)
def test_a_catalog_that_cannot_be_read_is_as_good_as_none(gateway: Gateway, stored: Table, body: Any) -> None:
    key = {"pk": {"S": "catalog#current"}, "sk": {"S": "catalog"}}
    stored.dynamodb.put_item(TableName=stored.table, Item={**key, "body": body})
    talked(stored.store, NEIGHBOUR)
    state = gateway.get("/api/state", session_id="neighbour")
    assert (state.status, state.json["is_loading"]) == (200, True)
    assert gateway.post("/api/mcp-command", {"command": "list_tools"}).json["success"] is False


def test_a_lost_run_is_found_although_another_session_with_work_cannot_be_read(
    settings: Settings, dynamodb: Any, table: str, scene_clock: Clock
) -> None:
    store = open_store(settings, scene_clock, dynamodb)
    stored = Table(dynamodb, table, store)
    for key in (OWN, NEIGHBOUR):
        lost = store.inbox.accept(key, submission("lost"))
    stored.damage("session", replaced("logged", OTHERS["a text"]))
    scene_clock.advance(20_000)
    assert store.recovery.stranded() == [next_of(lost)]
