"""The server's half of one session, with the server's own models: its state, and the frames that it pushes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from forge.models import framing, public
from forge.models.approval import Approval
from forge.models.approval_reply import ApprovalReply
from forge.models.frame import Have, SessionExpiredFrame, StateFrame
from forge.models.http import State
from forge.models.ids import new_run_id
from forge.models.message import INTERRUPTED, AnswerEnd, Draft, Message
from forge.models.run import ActiveRun, Outcome, Submission
from forge.models.session import Catalog, Session
from forge.models.session_key import SessionKey
from forge.models.titles import automatic_title

LIFETIME_MS = 1_800_000
MOST_MESSAGES = 500


def now() -> int:
    return time.time_ns() // 1_000_000


class SimulatedSession:
    """Steps that a real server takes, each pushing what a real worker pushes. `text` is ahead of the flushed text."""

    def __init__(self, session_id: str = "simulated", push: Callable[[str], None] | None = None) -> None:
        self.key = SessionKey("anonymous", session_id)
        self.push: Callable[[str], None] = push or (lambda frame: None)
        self.log: list[Message] = []
        self.text = ""
        self.flushed = ""
        self.hot: Session | None = None
        self.generation = 0
        self.rev = 0
        self.catalog = Catalog(llm="simulated", published_at=now())
        self.most = MOST_MESSAGES
        """So many messages are in one answer; the real server's answers are limited to 1 MB too."""
        self.work: asyncio.Task[None] | None = None
        """What works on the active run; the run's end by another hand ends it."""

    def knows(self, run_id: str) -> bool:
        """The same key is the same message."""
        if self.hot is None:
            return False
        active = [self.hot.active.submission] if self.hot.active else []
        return run_id in {*self.hot.recent, *(each.run_id for each in [*self.hot.inbox, *active])}

    def accept(
        self, content: str, run_id: str | None = None, approval: ApprovalReply | None = None, **more: object
    ) -> str:
        fields = {"content": content, "created_at": now(), "approval": approval, **more}
        submission = Submission.model_validate({"run_id": run_id or new_run_id(), **fields})
        if self.hot is None:
            self._begin()
        if not self.knows(submission.run_id):
            title = self.now.title or (automatic_title(content) if submission.sender == "user" else None)
            self._change(inbox=[*self.now.inbox, submission], title=title, **_lifetime())
        return submission.run_id

    def claim(self) -> None:
        head, *rest = self.now.inbox
        at = now()
        run = ActiveRun(submission=head, attempt=1, fence=1, worker="w", lease_until=at, started_at=at)
        self._change(inbox=rest, active=run)
        opening = self.now.input_message()
        assert opening is not None
        self._push_state([opening])

    def write(self, text: str) -> None:
        attempt, offset = self.active.attempt, len(self.text)
        frames = framing.text_frames(
            self.key.session_id, self.generation, self.now.text_seq, attempt, offset, text
        )
        self.text += text
        for frame in frames:
            self.push(frame)

    def flush(self) -> None:
        self.flushed = self.text
        self._change()

    def end_message(self, *drafts: Draft, **fields: object) -> None:
        """The text so far ends, and `drafts` (a tool call, say) follow it into the log."""
        self._push_state(self._append(*drafts, **fields))

    def take_over(self) -> None:
        """The worker died; the next attempt starts the text that was streaming again."""
        self.text = self.flushed = ""
        active = self.active
        again = active.model_copy(update={"attempt": active.attempt + 1, "fence": active.fence + 1})
        self._change(active=again)
        self._push_state([])

    def finish(
        self,
        outcome: Outcome = "completed",
        notice: str | None = None,
        approvals: Iterable[Approval] = (),
        answer_end: AnswerEnd | None = None,
    ) -> None:
        run_end = outcome if outcome in {"failed", "interrupted"} else None
        ends = {"run_end": run_end, "answer_end": answer_end}
        ended = self._append(*([self.draft("system", notice, "notice", **ends)] if notice else []))
        recent = {**self.now.recent, self.active.run_id: outcome}
        self._change(active=None, recent=recent, approvals=[*self.now.approvals, *approvals])
        self._push_state(ended)

    def interrupt(self, run_id: str | None) -> None:
        """Without an id the active run is stopped, or else all queued runs are."""
        if self.hot is None:
            return
        if self.hot.active and run_id in {None, self.hot.active.run_id}:
            self._end_work()
            self.finish("interrupted", INTERRUPTED)
        else:
            self.change(inbox=[each for each in self.hot.inbox if run_id not in {None, each.run_id}])

    def change(self, **fields: object) -> None:
        """A change by a function, with no worker about: it pushes a state itself, and begins a session."""
        if self.hot is None:
            self._begin()
        self._change(**fields)
        self._push_state([])

    def publish(self, **fields: object) -> None:
        """A change of what the workers offer."""
        self.catalog = self.catalog.model_copy(update=fields)
        self.change()

    def add(self, *drafts: Draft) -> None:
        """Messages of earlier runs; a client gets them when it asks."""
        self.log += [draft.at(len(self.log) + index) for index, draft in enumerate(drafts)]
        self._change(logged=len(self.log))

    def expire(self) -> None:
        self._end_work()
        self.hot, self.log, self.text, self.flushed = None, [], "", ""
        ended = SessionExpiredFrame(session_id=self.key.session_id, generation=self.generation)
        self.push(ended.model_dump_json())

    def sync(self, have: Have, newest: int | None = None) -> list[str]:
        if self.hot is None:
            return [StateFrame(**dict(self.state())).model_dump_json()]
        missing = self.log[framing.sync_start(self.hot, have) :]
        missing = missing if newest is None else missing[-min(newest, self.most) :]
        return framing.sync_frames(self.hot, missing, self.flushed, have, self.catalog)

    def state(self) -> State:
        if self.hot is None:
            return public.empty_state(self.key.session_id, "testnet", self.catalog)
        return public.state(self.hot, self.log, self.flushed, self.catalog)

    def older(self, before: int, limit: int) -> State:
        if self.hot is None:
            return self.state()
        first = max(0, before - min(limit, self.most))
        return public.older_state(self.hot, self.log[first:before], self.catalog)

    def draft(self, sender: str, content: str, kind: str = "text", **more: object) -> Draft:
        fields = {"sender": sender, "content": content, "kind": kind, "created_at": now(), **more}
        run_id = self.now.active.run_id if self.now.active else None
        return Draft.model_validate({"run_id": run_id, **fields})

    @property
    def now(self) -> Session:
        assert self.hot is not None
        return self.hot

    @property
    def active(self) -> ActiveRun:
        assert self.now.active is not None
        return self.now.active

    def _begin(self) -> None:
        self.generation += 1
        began = {"key": self.key, "generation": self.generation, "rev": self.rev, "network": "testnet"}
        self.hot = Session.model_validate({**began, "created_at": now(), **_lifetime()})

    def _end_work(self) -> None:
        if self.work:
            self.work.cancel()

    def _append(self, *drafts: Draft, **fields: object) -> list[Message]:
        """The input first, if it is not in the log yet, then the text, then `drafts`. What is new to clients."""
        opening = self.now.input_message()
        if opening:
            self.log.append(opening)
        texts = [self.draft("agent", self.text)] if self.text else []
        ended = [draft.at(len(self.log) + index) for index, draft in enumerate([*texts, *drafts])]
        self.log += ended
        self.text = self.flushed = ""
        active = self.active.model_copy(update={"input_logged": True})
        self._change(active=active, logged=len(self.log), **fields)
        return ended

    def _change(self, **fields: object) -> None:
        self.rev += 1
        self.hot = self.now.model_copy(update={**fields, "rev": self.rev})

    def _push_state(self, messages: list[Message]) -> None:
        hot = public.hot(self.now, self.catalog)
        for frame in framing.state_frames(hot, [public.public_message(message) for message in messages]):
            self.push(frame)


def _lifetime() -> dict[str, int]:
    return {"last_activity_at": now(), "expires_at": (now() + LIFETIME_MS) // 1000}
