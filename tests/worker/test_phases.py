"""Stops, and messages to a busy session, in each phase of a run: the API requests them, the worker follows, a page
sees them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from forge.api import conversations, dependencies
from forge.errors import SessionBusy
from forge.models.http import State
from forge.models.run import IfBusy, Outcome
from forge_client.conversation import Conversation
from tests.patience import PATIENCE_SECONDS
from tests.worker.gateway import Page
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script, call
from tests.worker.stage import KEY, Stage
from tests.worker.tools import Bank

PHASES = ["queued", "claiming", "claimed", "waiting for the LLM", "mid-text", "mid-tool", "finishing"]
TEXT = "I was about to "


class Gate:
    """A storage call that waits, before or after it takes effect, until it may go on."""

    def __init__(self, call: Callable[..., Any], *, after: bool = False) -> None:
        self._call, self._after = call, after
        self._loop, self.is_reached, self.may_go_on = (
            asyncio.get_running_loop(),
            asyncio.Event(),
            threading.Event(),
        )

    def __call__(self, *args: Any) -> Any:
        done = self._call(*args) if self._after else None
        self._loop.call_soon_threadsafe(self.is_reached.set)
        assert self.may_go_on.wait(PATIENCE_SECONDS)
        return done if self._after else self._call(*args)


@dataclass
class Desk:
    """The functions' half, over the stage's table, queue and pages."""

    stage: Stage
    page: Page
    bank: Bank = field(default_factory=Bank)
    gates: list[Gate] = field(default_factory=list[Gate])
    llm: list[asyncio.Event] = field(default_factory=list[asyncio.Event])

    async def submit(self, text: str, if_busy: IfBusy = "enqueue") -> str:
        accepted, _ = await asyncio.to_thread(conversations.post_chat, KEY, text, if_busy=if_busy)
        return accepted.run_id

    async def interrupt(self) -> State:
        return State.model_validate(dict(await asyncio.to_thread(conversations.interrupt, KEY, None)))

    async def bring_to(self, phase: str) -> str:
        """A run that stands still in `phase`."""
        stage = self.stage
        stage.servers, stage.llm = [self.bank.server()], self._script(phase).llm()
        first = await self.submit("first")
        match phase:
            case "queued":
                return first
            case "claiming" | "claimed":
                await self._hold("claim", after=phase == "claimed")
            case "finishing":
                await self._hold("finish")
            case "mid-text":
                stage.start()
                await self.page.says(TEXT)
            case "mid-tool":
                stage.start()
                await self.bank.has_begun.wait()
            case _:
                stage.start()
                await self._reached.wait()
        return first

    def move(self) -> None:
        """The storage answers, and a run that waits for a worker gets one; LLM and tool still take their time."""
        for gate in self.gates:
            gate.may_go_on.set()
        if not self.stage.workers:
            self.stage.start()

    def go_on(self) -> None:
        """Whatever stands still may end."""
        self.move()
        for event in self.llm:
            event.set()
        self.bank.may_end.set()

    async def _hold(self, method: str, *, after: bool = False) -> None:
        runs = self.stage.store.runs
        gate = Gate(getattr(runs, method), after=after)
        self.gates.append(gate)
        self.stage.start(runs=Watched(runs, **{method: gate}))
        await gate.is_reached.wait()

    def _script(self, phase: str) -> Script:
        waits = asyncio.Event()
        self.llm.append(waits)
        responses: dict[str, list[Any]] = {
            "claimed": [[waits, "The end."]],
            "waiting for the LLM": [[waits, "The end."]],
            "mid-text": [[TEXT, waits, "The end."]],
            "mid-tool": [[call("transfer", '{"to":"Bob","amount":999}', "c1")], ["The end."]],
        }
        script = Script(*responses.get(phase, [["The end."]]))
        self._reached = script.is_reached
        return script


class ToPages:
    """`@connections` of the functions, which block, to the pages of the stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._loop = stage, asyncio.get_running_loop()

    def post(self, connection_id: str, frame: str) -> None:
        taking = self._stage.gateway.page(connection_id).take(frame.encode())
        asyncio.run_coroutine_threadsafe(taking, self._loop).result(10)


@pytest.fixture
async def desk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    for need, made in (("store", stage.store), ("queue", stage.queue), ("connections", ToPages(stage))):
        monkeypatch.setattr(dependencies, need, lambda made=made: made)
    monkeypatch.setattr(dependencies, "_catalog", None)
    desk = Desk(stage, await stage.open_page())
    yield desk
    for gate in desk.gates:
        gate.may_go_on.set()


async def ended(desk: Desk, run_id: str) -> tuple[Outcome, Conversation]:
    """As the page sees it, and the store says the same."""
    seen = await desk.page.ended(run_id)
    session = await desk.stage.session()
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == session.recent[run_id]
    assert [(each.sender, each.content) for each in seen.messages] == await desk.stage.log()
    return session.recent[run_id], seen


@pytest.mark.parametrize("phase", PHASES)
async def test_a_stop_ends_the_run_in_every_phase(desk: Desk, phase: str) -> None:
    run_id = await desk.bring_to(phase)
    await desk.interrupt()
    desk.move()
    outcome, seen = await ended(desk, run_id)
    assert outcome == ("completed" if phase == "finishing" else "interrupted")
    assert seen.messages[0].content == "first"
    if outcome == "interrupted":
        assert seen.messages[-1].content == "Interrupted by user"
        assert seen.messages[-1].run_end == "interrupted"
    assert (phase == "mid-text") == any(each.content == TEXT for each in seen.messages)
    assert (phase == "mid-tool") == any(each.content.startswith("OUTCOME UNKNOWN") for each in seen.messages)
    assert (await desk.interrupt()).messages[-1].content == seen.messages[
        -1
    ].content  # once more changes nothing


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
async def test_a_message_to_a_busy_session_waits_for_its_turn(desk: Desk, phase: str) -> None:
    first = await desk.bring_to(phase)
    second = await desk.submit("second")
    assert [each.run_id for each in (await desk.stage.session()).inbox][-1] == second
    desk.go_on()
    assert (await ended(desk, second))[0] == "completed"
    assert (await desk.stage.session()).recent[first] == "completed"
    said = [content for sender, content in await desk.stage.log() if sender == "user"]
    assert said == ["first", "second"]


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
async def test_a_message_that_must_not_wait_is_refused_and_changes_nothing(desk: Desk, phase: str) -> None:
    first = await desk.bring_to(phase)
    with pytest.raises(SessionBusy):
        await desk.submit("second", "reject")
    desk.go_on()
    assert (await ended(desk, first))[0] == "completed"
    assert "second" not in [content for _, content in await desk.stage.log()]


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
async def test_a_message_that_interrupts_ends_the_active_run_and_comes_next(desk: Desk, phase: str) -> None:
    """It means everything before it: what is not active yet is withdrawn."""
    first = await desk.bring_to(phase)
    second = await desk.submit("second", "interrupt")
    desk.move()
    await desk.page.ended(first)
    desk.go_on()
    assert (await ended(desk, second))[0] == "completed"
    expected = "completed" if phase == "finishing" else "interrupted"
    assert (await desk.stage.session()).recent[first] == expected
