"""The expected answers of the store about a session, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from forge.errors import ClaimRefused, LeaseHeld, RunGone
from forge.models.run import ActiveRun, RunMessage
from forge.models.session import Session
from forge.models.work import Lease
from forge.store import Store

MINUTE = 60_000
NOTICE = "Interrupted by user"


@dataclass
class Model:
    """One generation as it ought to be. `holder` is the fence that may write."""

    generation: int
    end: int
    inbox: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    active: str | None = None
    holder: int = 0
    lease_until: int = 0
    input_logged: bool = False
    text: str = ""
    withdrawn: list[str] = field(default_factory=list[str])

    def opening(self) -> list[str]:
        return [] if self.input_logged else [f"say {self.active}"]

    def close(self, outcome: str) -> None:
        assert self.active is not None
        if self.withdrawn:
            self.log += [*(f"say {run_id}" for run_id in self.withdrawn), NOTICE]
            self.withdrawn = []
        self.outcomes[self.active] = outcome
        self.active, self.text = None, ""


def check_refusal(model: Model | None, run: RunMessage, refused: ClaimRefused, now: int) -> None:
    """A claim is refused for a living lease, or because its run has ended."""
    if model and run.generation == model.generation and run.run_id in [*model.inbox, model.active]:
        assert isinstance(refused, LeaseHeld)
        assert model.lease_until >= now
    else:
        assert isinstance(refused, RunGone)


def check_session(store: Store, session: Session, model: Model) -> None:
    assert session.generation == model.generation
    assert [each.run_id for each in session.inbox] == model.inbox
    assert (session.active and session.active.run_id) == model.active
    assert session.recent == dict(list(model.outcomes.items())[-20:])
    messages = store.sessions.messages(session)
    assert [message.seq for message in messages] == list(range(session.logged))
    assert [message.content for message in messages] == model.log
    assert store.sessions.streaming_text(session) == model.text
    reader = Lease(session.key, "", 0, 0, 0, session, cast(ActiveRun, session.active))  # reads only
    assert store.journal.history(reader) == model.entries
