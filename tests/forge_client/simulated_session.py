"""The server's half of one session, with the server's own models: its state, and the frames that it pushes."""

from __future__ import annotations

from collections.abc import Callable

from forge.models import framing, public
from forge.models.approval import Approval
from forge.models.frame import Have, SessionExpiredFrame, StateFrame
from forge.models.http import State
from forge.models.ids import new_run_id
from forge.models.message import AnswerEnd, Draft, Message
from forge.models.run import ActiveRun, Outcome, Submission
from forge.models.session import Catalog, Session
from forge.models.session_key import SessionKey

NOW = 1_800_000_000_000
CATALOG = Catalog(llm="simulated", published_at=NOW)


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

    def accept(self, content: str, run_id: str | None = None) -> str:
        if self.hot is None:
            self._begin()
        submission = Submission(run_id=run_id or new_run_id(), content=content, created_at=NOW)
        if any(waiting.run_id == run_id for waiting in self.now.inbox):
            return submission.run_id
        self._change(inbox=[*self.now.inbox, submission])
        return submission.run_id

    def claim(self) -> None:
        head, *rest = self.now.inbox
        run = ActiveRun(submission=head, attempt=1, fence=1, worker="w", lease_until=NOW, started_at=NOW)
        self._change(inbox=rest, active=run)
        opening = self.now.input_message()
        assert opening is not None
        self._push_state([opening])

    def write(self, text: str) -> None:
        frames = framing.text_frames(
            self.key.session_id,
            self.generation,
            self.now.text_seq,
            self.active.attempt,
            len(self.text),
            text,
        )
        self.text += text
        for frame in frames:
            self.push(frame)

    def flush(self) -> None:
        self.flushed = self.text
        self._change()

    def end_message(self, *drafts: Draft) -> None:
        """The text so far ends, and `drafts` (a tool call, say) follow it into the log."""
        self._push_state(self._append(*drafts))

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
        approvals: list[Approval] | None = None,
        answer_end: AnswerEnd | None = None,
    ) -> None:
        drafts = [self.draft("system", notice, "notice", answer_end=answer_end)] if notice else []
        ended = self._append(*drafts)
        recent = {**self.now.recent, self.active.run_id: outcome}
        self._change(active=None, recent=recent, approvals=[*self.now.approvals, *(approvals or [])])
        self._push_state(ended)

    def change(self, **fields: object) -> None:
        """A change by a function, with no worker about: it pushes a state itself."""
        self._change(**fields)
        self._push_state([])

    def expire(self) -> None:
        self.hot, self.log, self.text, self.flushed = None, [], "", ""
        self.push(
            SessionExpiredFrame(session_id=self.key.session_id, generation=self.generation).model_dump_json()
        )

    def sync(self, have: Have) -> list[str]:
        if self.hot is None:
            return [StateFrame(**dict(self.state())).model_dump_json()]
        missing = self.log[framing.sync_start(self.hot, have) :]
        return framing.sync_frames(self.hot, missing, self.flushed, have, CATALOG)

    def state(self) -> State:
        if self.hot is None:
            return public.empty_state(self.key.session_id, "testnet", CATALOG)
        return public.state(self.hot, self.log, self.flushed, CATALOG)

    def draft(self, sender: str, content: str, kind: str = "text", **more: object) -> Draft:
        fields = {"sender": sender, "content": content, "kind": kind, "created_at": NOW, **more}
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
        self.hot = Session(
            key=self.key,
            generation=self.generation,
            rev=self.rev,
            network="testnet",
            created_at=NOW,
            last_activity_at=NOW,
            expires_at=NOW // 1000 + 1800,
        )

    def _append(self, *drafts: Draft) -> list[Message]:
        """The input first, if it is not in the log yet, then the text, then `drafts`. What is new to clients."""
        opening = self.now.input_message()
        if opening:
            self.log.append(opening)
        texts = [self.draft("agent", self.text)] if self.text else []
        ended = [draft.at(len(self.log) + index) for index, draft in enumerate([*texts, *drafts])]
        self.log += ended
        self.text = self.flushed = ""
        active = self.active.model_copy(update={"input_logged": True})
        self._change(active=active, logged=len(self.log))
        return ended

    def _change(self, **fields: object) -> None:
        self.rev += 1
        self.hot = self.now.model_copy(update={**fields, "rev": self.rev})

    def _push_state(self, messages: list[Message]) -> None:
        hot = public.hot(self.now, CATALOG)
        for frame in framing.state_frames(hot, [public.public_message(message) for message in messages]):
            self.push(frame)
