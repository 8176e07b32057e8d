"""One session of the fake server: log, inbox, active run and their frames."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.frontend.fake_approvals import Ask, FakeApprovals

Frame = dict[str, Any]


@dataclass(frozen=True)
class Say:
    """Agent text, streamed in pieces; `then_end` closes the message, so that a tool call can follow."""

    text: str
    piece: int = 6
    pause: float = 0.004


@dataclass(frozen=True)
class Tool:
    name: str
    arguments: dict[str, Any]
    result: str
    outcome: str = "success"


@dataclass(frozen=True)
class Wait:
    """Hold the run until the test sets the session's `gate`."""


@dataclass(frozen=True)
class TakeOver:
    """Another worker begins the text again."""


@dataclass(frozen=True)
class Fail:
    """The run ends here with this reason; with `answer_end` because of how its answer ended."""

    reason: str
    answer_end: str | None = None
    run_end: str | None = "failed"


Step = Say | Tool | Wait | TakeOver | Fail | Ask


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Submission:
    run_id: str
    sender: str
    content: str
    created_at: str = field(default_factory=now)
    reply: Frame | None = None


class FakeSession:
    def __init__(
        self, session_id: str, answer: Callable[[str], list[Step]], push: Callable[[Frame], None]
    ) -> None:
        self.session_id = session_id
        self.answer = answer
        self.push = push
        self.title: str | None = None
        self.network = "testnet"
        self.generation = time.time_ns() // 1_000_000
        self.rev = 0
        self.log: list[Frame] = []
        self.inbox: list[Submission] = []
        self.active: Submission | None = None
        self.text = ""
        self.attempt = 1
        self.flags: Frame = {}
        self.whole: Frame = {}
        """What HTTP tells otherwise than frames, which may be cut."""
        self.wallet = FakeApprovals()
        self.account: str | None = None
        self.minutes_left = 30
        self.notices: list[str] = []
        self.gate = asyncio.Event()
        self.stop = asyncio.Event()
        self.runs: asyncio.Task[None] | None = None
        self.accepted: dict[str, Submission] = {}

    def accept(self, key: str, sender: str, content: str, reply: Frame | None = None) -> None:
        """The same key is the same message."""
        if key in self.accepted:
            return
        submission = self.accepted[key] = Submission(uuid.uuid4().hex, sender, content, reply=reply)
        self.title = self.title or content[:60]
        self.inbox.append(submission)
        self._changed()
        if self.runs is None or self.runs.done():
            self.runs = asyncio.create_task(self._work(), name=f"runs of {self.session_id}")

    @property
    def approvals(self) -> list[Frame]:
        return self.wallet.waiting

    @approvals.setter
    def approvals(self, waiting: list[Frame]) -> None:
        self.wallet.waiting = waiting

    @property
    def is_begun(self) -> bool:
        """The server knows nothing of a session to which nobody has written: its State has generation 0."""
        return bool(self.accepted or self.log)

    def interrupt(self, run_id: str | None) -> None:
        queued = [submission for submission in self.inbox if submission.run_id == run_id]
        if queued or (self.active is None and run_id is None):
            self.inbox = [submission for submission in self.inbox if submission not in (queued or self.inbox)]
            self._changed()
        else:
            self.stop.set()

    async def _work(self) -> None:
        await asyncio.sleep(0.02)
        while self.inbox:
            self.active, self.attempt = self.inbox.pop(0), 1
            self.stop.clear()
            self._begin(self.active)
            await self._run(self.answer(self.active.content))

    def _begin(self, active: Submission) -> None:
        """The input, and what is found of a wallet's answer."""
        reply = active.reply
        asks = self.flags.get("asks", [])
        if reply is None or any(ask["approval_id"] == reply.get("approval_id") for ask in asks):
            left = [ask for ask in asks if reply is None or ask["approval_id"] != reply["approval_id"]]
            self.flags |= {"asks": left} if asks else {}
            self._log(active.sender, "text", active.content)
            return
        said = {"sent": "reported", "unknown": "unanswered"}.get(reply["outcome"], reply["outcome"])
        hash_ = reply.get("transaction_hash")
        receipt = {"approval_id": reply.get("approval_id"), "outcome": said, "transaction_hash": hash_}
        self._tell_receipt("text", active.content, receipt)
        self._tell_receipt("notice", "The wallet's verdict.", self.wallet.answer(reply))

    def _tell_receipt(self, kind: str, content: str, receipt: Frame) -> None:
        entry = self._entry("system", kind, content)
        entry["receipt"] = receipt
        self._changed([entry])

    async def _run(self, steps: list[Step]) -> None:
        run = asyncio.create_task(self._steps(steps))
        stop = asyncio.create_task(self.stop.wait())
        await asyncio.wait({run, stop}, return_when=asyncio.FIRST_COMPLETED)
        was_stopped = not run.done()
        for task in (run, stop):
            task.cancel()
        await asyncio.gather(run, stop, return_exceptions=True)
        ended = self._end_text()
        if was_stopped:
            ended.append(self._notice("Interrupted by user", "interrupted"))
        self.active = None
        self._changed(ended)

    async def _steps(self, steps: list[Step]) -> None:
        for step in steps:
            match step:
                case Say():
                    await self._say(step)
                case Tool():
                    self._changed(self._end_text())
                    call_id = uuid.uuid4().hex[:8]
                    tool = {"call_id": call_id, "name": step.name}
                    content = f"tool: {step.name} | args: {step.arguments}"
                    self._log("system", "tool_call", content, {**tool, "arguments": step.arguments})
                    await asyncio.sleep(0.03)
                    self._log("system", "tool_result", step.result, {**tool, "outcome": step.outcome})
                case Wait():
                    await self.gate.wait()
                case TakeOver():
                    self.text, self.attempt = "", self.attempt + 1
                    self._changed()
                case Fail():
                    self._changed(
                        [*self._end_text(), self._notice(step.reason, step.run_end, step.answer_end)]
                    )
                    return
                case Ask():
                    self._ask(step)

    async def _say(self, step: Say) -> None:
        for at in range(0, len(step.text), step.piece):
            piece = step.text[at : at + step.piece]
            self.push(self.text_frame(len(self.text), piece))
            self.text += piece
            await asyncio.sleep(step.pause)

    def _end_text(self) -> list[Frame]:
        text, self.text = self.text, ""
        return [self._entry("agent", "text", text)] if text else []

    def _entry(self, sender: str, kind: str, content: str, tool: Frame | None = None) -> Frame:
        created, run_id = now(), self.active.run_id if self.active else None
        message = {
            "seq": len(self.log),
            "sender": sender,
            "kind": kind,
            "content": content,
            "length": len(content),
        }
        message |= {"timestamp": "12:00:00 +00:00", "created_at": created, "run_id": run_id, "tool": tool}
        self.log.append(message)
        return message

    def _notice(self, content: str, run_end: str | None, answer_end: str | None = None) -> Frame:
        message = self._entry("system", "notice", content)
        message |= {"run_end": run_end, "answer_end": answer_end}
        return message

    def _log(self, sender: str, kind: str, content: str, tool: Frame | None = None) -> None:
        self._changed([self._entry(sender, kind, content, tool)])

    def _changed(self, messages: list[Frame] | None = None) -> None:
        self.rev += 1
        self.push({"type": "state", **self.hot(), "messages": messages or []})

    def changed(self) -> None:
        self._changed()

    def text_frame(self, offset: int, text: str) -> Frame:
        frame = {"type": "text", "session_id": self.session_id, "generation": self.generation}
        return {**frame, "seq": len(self.log), "attempt": self.attempt, "offset": offset, "text": text}

    def sync(self, have: Frame, newest: int) -> list[Frame]:
        start = have["messages"] if have["generation"] == self.generation else 0
        first = max(start, len(self.log) - newest)
        left_out = {"first_seq": first if first > start else 0}
        frames: list[Frame] = [{"type": "state", **self.hot(), **left_out, "messages": self.log[first:]}]
        if self.active and self.text:
            frames.append(self.text_frame(0, self.text))
        return frames

    def state(self) -> Frame:
        return {**self.hot(), **self.whole, "first_seq": 0, "messages": self.log}

    def page(self, before: int, limit: int) -> Frame:
        first = max(0, before - limit)
        return {**self.hot(), "first_seq": first, "messages": self.log[first:before]}

    def hot(self) -> Frame:
        active = self.active
        run = (
            {"run_id": active.run_id, "attempt": self.attempt, "started_at": now(), "seq": len(self.log)}
            if active
            else None
        )
        return {
            "session_id": self.session_id,
            "generation": self.generation if self.is_begun else 0,
            "rev": self.rev,
            "title": self.title,
            "network": self.network,
            "is_processing": active is not None or bool(self.inbox),
            "is_loading": False,
            "missing_api_key": False,
            "pending_wallet_tx": self._pending_wallet_tx(),
            "active_run": run,
            "queued": [_queued(submission) for submission in self.inbox],
            "approvals": [dict(approval) for approval in self.approvals],
            "message_count": len(self.log),
            "expires_at": (datetime.now(UTC) + timedelta(minutes=self.minutes_left)).isoformat(),
            "notices": self.notices,
            **self.flags,
        }

    def _pending_wallet_tx(self) -> str | None:
        if not self.approvals:
            return None
        names = ("to", "value", "data", "gas", "description")
        shown = {name: self.approvals[0][name] for name in names}
        return json.dumps({**shown, "timestamp": self.approvals[0]["created_at"]})

    def _ask(self, step: Ask) -> None:
        """The tool call, and the request that it made."""
        self._changed(self._end_text())
        tool = {"call_id": uuid.uuid4().hex[:8], "name": "send_transaction_to_wallet"}
        given = {"to": step.to, "value": step.value}
        self._log("system", "tool_call", "tool: send_transaction_to_wallet", {**tool, "arguments": given})
        self.wallet.ask(step, tool["call_id"])
        waits = "Waiting; nothing was sent so far."
        self._log("system", "tool_result", waits, {**tool, "outcome": "success"})


def _queued(submission: Submission) -> Frame:
    return {name: value for name, value in vars(submission).items() if name != "reply"}
