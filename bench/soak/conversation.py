"""One session's part in a test of the guarantees: its messages, and everything that is known of the answers."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.soak.events import EVERYTHING, Event
from bench.soak.losses import losses
from bench.soak.rig import Rig
from forge_client import ForgeClient
from forge_client.errors import ForgeClientError, ProblemError, SessionExpired, Unreachable
from forge_client.frames import Message, Outcome, State

MESSAGES_PER_SESSION = 10
"""After this many messages another session begins, so that one check of a soak is small."""
END_SECONDS = 60.0
"""Longer than three attempts take. A run whose worker was lost meanwhile has as long again, from then on."""
LONGEST_SECONDS = 300.0
"""The limit, however often a run's worker is lost."""


@dataclass(frozen=True, slots=True)
class Script:
    """What the LLM answers to one message."""

    ref: str
    """The reference of the message, which its prompt repeats."""
    steps: tuple[tuple[str, str], ...]
    """`(text, tool)` for each response; `tool` is empty in the last."""
    waits: tuple[float, ...] = ()
    """The seconds before each response; 0 for those that are not listed."""
    pause: float = 0
    """The seconds after each word."""

    @property
    def says(self) -> list[str]:
        return [says for says, _ in self.steps]

    @property
    def has_tools(self) -> bool:
        return any(tool for _, tool in self.steps)

    def prompt(self) -> str:
        waits = [*self.waits, *[0.0] * len(self.steps)]
        steps = [
            {"say": says, "tool": tool, "wait": wait, "pause": self.pause}
            for (says, tool), wait in zip(self.steps, waits, strict=False)
        ]
        return json.dumps({"ref": self.ref, "steps": steps})


def short(ref: str) -> Script:
    return Script(ref, (("A short answer to this.", ""),))


def lasting(ref: str) -> Script:
    """Longer than a stopped worker continues with the run, while the LLM is slow."""
    steps = (
        ("First I look. ", "look"),
        ("Then again. ", "look"),
        ("Once more. ", "look"),
        ("That is it.", ""),
    )
    return Script(ref, steps, waits=(4.0,) * len(steps))


def paying(ref: str, waits: tuple[float, ...] = ()) -> Script:
    """The payment comes first, because after the result of a third-party tool (text from strangers) the person
    would be asked.
    """
    steps = (("Now I pay it. ", "pay"), ("Let me look then. ", "look"), ("All of it is done.", ""))
    return Script(ref, steps, waits)


@dataclass
class Said:
    """One accepted message."""

    script: Script
    """What the LLM answers to it."""
    run_id: str
    """The run's id."""
    accepted_at: float
    """The time of acceptance, in seconds of the monotonic clock."""
    outcome: Outcome | None = None
    """How the run ended; None: its end never became visible."""
    ended_at: float = 0
    """The time at which the client saw the end; 0: it never did."""
    stopped_at: float = 0
    """The time at which a stop was sent; 0: none was."""
    is_withdrawn: bool = False
    """True if it was withdrawn while it waited behind another run, so it is not part of the conversation."""


@dataclass
class Talk:
    """A session's whole record, for the checker."""

    ref: str
    """The session's reference."""
    said: list[Said] = field(default_factory=list[Said])
    """The accepted messages, in order."""
    refused: int = 0
    """The number of messages that were refused and sent again."""
    shown: list[Message] = field(default_factory=list[Message])
    """The messages that the client saw live."""
    state: State | None = None
    """What the server has at the end; None if it could not be read."""
    events: list[Event] = field(default_factory=list[Event])
    """What happened at the session's crossings."""
    paid: dict[str, int] = field(default_factory=dict[str, int])
    """How often the payment of each reference was made."""
    looked: dict[str, int] = field(default_factory=dict[str, int])
    """How often the read-only tool worked for each reference."""


def new_ref() -> str:
    return f"ref-s{uuid.uuid4().hex[:10]}-end"


def message_ref(session: str, number: int) -> str:
    return session.removesuffix("-end") + f"-m{number}-end"


def patience_left(events: Sequence[Event], began: float, now: float, seconds: float) -> float:
    """Return how many seconds to wait for the end of a run that only a storm of faults may delay."""
    last = max((loss.at for loss in losses(events)), default=began)
    return min(max(last, began) + seconds, began + LONGEST_SECONDS) - now


class Talker:
    """Sends scripts in one session over one gateway, and keeps the record."""

    def __init__(self, rig: Rig, gateway: int = 0, ref: str | None = None) -> None:
        self.rig = rig
        self.talk = Talk(ref or new_ref())
        self.client = ForgeClient(rig.urls[gateway % len(rig.urls)], session_id=self.talk.ref)

    def next_ref(self) -> str:
        return message_ref(self.talk.ref, len(self.talk.said) + self.talk.refused)

    async def say(self, script: Script, **fields: Any) -> Said:
        """Repeat until the message is accepted, after the pause that a refusal names."""
        key = uuid.uuid4().hex
        while True:
            try:
                accepted = await self.client.send(script.prompt(), idempotency_key=key, **fields)
            except (ProblemError, Unreachable) as error:
                self.talk.refused += 1
                await asyncio.sleep(getattr(error, "retry_after", None) or 1)
                continue
            said = Said(script, accepted.run_id, asyncio.get_running_loop().time())
            self.talk.said.append(said)
            return said

    async def ended(self, said: Said, seconds: float = END_SECONDS) -> Said:
        began, left = time.monotonic(), seconds
        while left > 0:
            try:
                ended = await self.client.ended(said.run_id, left)
            except TimeoutError:
                left = patience_left(self._events(), began, time.monotonic(), seconds)
            except (SessionExpired, ForgeClientError):
                break
            else:
                said.outcome, said.ended_at = ended.outcome, asyncio.get_running_loop().time()
                break
        return said

    def _events(self) -> list[Event]:
        history, ref = self.rig.proxy.history, self.talk.ref
        return [event for event in history if ref in event.refs or event.crossing == EVERYTHING]

    async def stop(self, said: Said) -> None:
        """Send a stop; a run that cannot be stopped now is left alone."""
        said.stopped_at = asyncio.get_running_loop().time()
        try:
            await self.client.interrupt(said.run_id)
        except (ProblemError, Unreachable):
            said.stopped_at = 0

    async def close(self) -> Talk:
        """Complete the record with the server's own state and the counts of the outside world."""
        talk, world = self.talk, self.rig.world
        async with self.client:
            talk.state = await self.client.state()
            talk.shown = [m for m in self.client.conversation.messages if m.seq is not None]
        talk.events = self._events()
        refs = [said.script.ref for said in talk.said]
        talk.paid = {ref: world.paid[ref] for ref in refs}
        talk.looked = {ref: world.looked[ref] for ref in refs}
        return talk
