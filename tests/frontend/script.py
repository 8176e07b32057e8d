"""The agent behind the page's fake server: what it does with a message, as a list of steps."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forge.models.message import AnswerEnd, RunEnd, ToolOutcome
from tests.fake_server.session import SimulatedSession
from tests.frontend.wallet_requests import Ask, WalletRequests

BEFORE_A_RUN = 0.02
OF_A_CALL = 0.03


@dataclass(frozen=True)
class Say:
    """Agent text, streamed in pieces."""

    text: str
    piece: int = 6
    pause: float = 0.004


@dataclass(frozen=True)
class Tool:
    name: str
    arguments: dict[str, Any]
    result: str
    outcome: ToolOutcome = "success"


@dataclass(frozen=True)
class Wait:
    """Hold the run until the test sets the script's `gate`."""


@dataclass(frozen=True)
class TakeOver:
    """Another worker begins the text again."""


@dataclass(frozen=True)
class Fail:
    """The run ends here with this reason; with `answer_end` because of how its answer ended."""

    reason: str
    answer_end: AnswerEnd | None = None
    run_end: RunEnd | None = "failed"


Step = Say | Tool | Wait | TakeOver | Fail | Ask


class Script:
    """`replies` by message; any other message is repeated. Each session's runs follow one another."""

    def __init__(self, wallet: WalletRequests) -> None:
        self.replies: dict[str, list[Step]] = {}
        self.gate = asyncio.Event()
        self._wallet = wallet
        self._working: dict[SimulatedSession, asyncio.Task[None]] = {}

    def __call__(self, session: SimulatedSession, _message: str) -> None:
        if session not in self._working:
            self._working[session] = asyncio.create_task(self._work(session))

    async def _work(self, session: SimulatedSession) -> None:
        await asyncio.sleep(BEFORE_A_RUN)
        while session.hot and session.hot.inbox:
            session.claim()
            self._settle(session)
            content = session.active.submission.content
            steps = self.replies.get(content) or [Say(f"You said: {content}")]
            session.work = asyncio.create_task(self._run(session, steps))
            await asyncio.wait([session.work])
            if not session.work.cancelled():
                session.work.result()
        del self._working[session]

    def _settle(self, session: SimulatedSession) -> None:
        """What is found of a wallet's answer; a call that waited for the person's word waits no longer."""
        reply = session.active.submission.approval
        left = [ask for ask in session.now.asks if reply and ask.approval_id != reply.approval_id]
        if reply and len(left) < len(session.now.asks):
            session.change(asks=left)
        elif reply:
            self._wallet.settle(session, reply)

    async def _run(self, session: SimulatedSession, steps: Sequence[Step]) -> None:
        for step in steps:
            match step:
                case Say():
                    await _say(session, step)
                case Tool():
                    await _call(session, step)
                case Wait():
                    await self.gate.wait()
                case TakeOver():
                    session.take_over()
                case Fail():
                    session.finish(step.run_end or "completed", step.reason, answer_end=step.answer_end)
                    return
                case Ask():
                    self._ask(session, step)
        session.finish("waiting" if isinstance(steps[-1], Ask) else "completed")

    def _ask(self, session: SimulatedSession, step: Ask) -> None:
        """The tool call, and the request that it made."""
        tool = {"call_id": uuid.uuid4().hex[:8], "name": "send_transaction_to_wallet"}
        _call_begins(session, tool, {"to": step.to, "value": step.value})
        self._wallet.ask(session, step, call_id=tool["call_id"])
        _call_ends(session, tool, "Waiting; nothing was sent so far.", "success")


async def _say(session: SimulatedSession, step: Say) -> None:
    for at in range(0, len(step.text), step.piece):
        session.write(step.text[at : at + step.piece])
        session.flush()
        await asyncio.sleep(step.pause)


async def _call(session: SimulatedSession, step: Tool) -> None:
    tool = {"call_id": uuid.uuid4().hex[:8], "name": step.name}
    _call_begins(session, tool, step.arguments)
    await asyncio.sleep(OF_A_CALL)
    _call_ends(session, tool, step.result, step.outcome)


def _call_begins(session: SimulatedSession, tool: dict[str, str], arguments: dict[str, Any]) -> None:
    shown = f"tool: {tool['name']} | args: {arguments}"
    session.end_message(session.draft("system", shown, "tool_call", tool={**tool, "arguments": arguments}))


def _call_ends(session: SimulatedSession, tool: dict[str, str], result: str, outcome: ToolOutcome) -> None:
    session.end_message(session.draft("system", result, "tool_result", tool={**tool, "outcome": outcome}))
