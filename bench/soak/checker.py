"""The guarantees, one by one, checked on the record of one session."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from bench.figures import percentile
from bench.soak.conversation import Said, Talk
from bench.soak.deploys import RETIRE_SECONDS
from bench.soak.events import Event
from bench.soak.handovers import handovers
from bench.soak.losses import losses
from forge.models.timing import TAKEOVER_P50_SECONDS, TAKEOVER_P99_SECONDS, TAKEOVER_SECONDS
from forge_client.frames import Message
from worker.runs.lost_worker_limit import LOST_WORKERS_LIMIT

HAND_OVER_SECONDS = RETIRE_SECONDS + TAKEOVER_SECONDS
ENOUGH = 100
"""Number of takeovers from which the 99th percentile is meaningful."""
CLAUSES = {
    "terminal": "Every accepted message reaches a terminal, visible outcome.",
    "once": "A tool with side effects runs at most once.",
    "told": "What became of a side effect is said, an unknown outcome as such.",
    "journal": "LLM responses and tool results already obtained are not bought or executed again.",
    "texts": "Every text is there, whole and once; a client's text is the server's.",
    "takeover": f"A killed or frozen worker's run goes on elsewhere within {TAKEOVER_SECONDS:g} s.",
    "deployed": "A deployment ends, hands runs over in bounded time, and spends none of their attempts.",
    "stuck": "Nothing goes on or waits for ever.",
    "own": "A damaged item costs its own session only, which can be stopped, deleted and begun anew.",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A guarantee that was not kept."""

    clause: str
    """The name of the guarantee in `CLAUSES`."""
    ref: str
    """The reference of the session or message."""
    detail: str
    """What was found, in words."""

    def __str__(self) -> str:
        return f"{self.clause}: {self.detail} ({self.ref})"


def check(talk: Talk, *, may_fail: bool = False) -> list[Violation]:
    """`may_fail`: the LLM provider itself failed, so a run may end as failed, which must be reported."""
    found = [*_session(talk), *_journal(talk.events)]
    found += [problem for said in talk.said for problem in _message(talk, said, may_fail=may_fail)]
    found += [("takeover", f"took {taken:.1f} s") for taken in takeovers(talk) if taken > TAKEOVER_SECONDS]
    found += [("deployed", problem) for problem in _deployed(talk)]
    return [Violation(clause, talk.ref, detail) for clause, detail in found]


def takeovers(talk: Talk) -> list[float]:
    """Return seconds from each loss of the run's worker until another attempt was claimed."""
    return [loss.seconds for loss in losses(talk.events) if loss.seconds is not None]


def _deployed(talk: Talk) -> Generator[str]:
    for each in handovers(talk.events):
        if each.is_spent:
            yield "an attempt was counted against a run whose worker was told to stop"
        if each.seconds > HAND_OVER_SECONDS:
            yield f"handing over took {each.seconds:.1f} s"


def missed_aims(seconds: Sequence[float]) -> list[str]:
    """Return the goals that all takeovers of a soak together miss; under its faults these goals are no guarantee."""
    if len(seconds) < ENOUGH:
        return []
    aims = {50: TAKEOVER_P50_SECONDS, 99: TAKEOVER_P99_SECONDS}
    taken = {share: percentile(seconds, share) for share in aims}
    return [
        f"{share} in 100 took up to {taken[share]:.1f} s, and {aims[share]:g} s are aimed at"
        for share in aims
        if taken[share] > aims[share]
    ]


def _session(talk: Talk) -> Generator[tuple[str, str]]:
    state = talk.state
    if state is None:
        yield "terminal", "the server has no state"
        return
    if state.active_run or state.queued or state.is_processing:
        yield "stuck", f"{len(state.queued)} queued, active: {state.active_run is not None}"
    if [m.seq for m in state.messages] != list(range(state.message_count)):
        yield "texts", "the log has a gap"
    here = [(m.seq, m.content) for m in state.messages]
    seen = [(m.seq, m.content) for m in talk.shown]
    if seen != here:
        yield "texts", f"the client shows {len(seen)} messages, the server {len(here)}, or other ones"


def _message(talk: Talk, said: Said, *, may_fail: bool) -> Generator[tuple[str, str]]:
    messages = [m for m in (talk.state.messages if talk.state else []) if m.run_id == said.run_id]
    if said.outcome is None:
        yield "terminal", f"run {said.run_id} has no visible end"
        return
    texts = [m.content for m in messages if m.sender == "agent"]
    inputs = [m for m in messages if m.sender == "user"]
    if len(inputs) != (0 if said.is_withdrawn else 1):
        yield "texts", f"the message is there {len(inputs)} times"
    if said.outcome == "completed" and texts != said.script.says:
        yield "texts", f"said {texts}, expected {said.script.says}"
    if said.outcome == "failed":
        if not any(m.kind == "notice" for m in messages):
            yield "terminal", "failed without a word"
        given_up = len(list(losses(talk.events))) >= LOST_WORKERS_LIMIT and any(
            m.run_end == "failed" for m in messages
        )
        if not may_fail and not given_up:
            yield "terminal", f"failed: {messages[-1].content}"
    yield from _effects(talk, said, messages)


def _effects(talk: Talk, said: Said, messages: list[Message]) -> Generator[tuple[str, str]]:
    ref = said.script.ref
    paid, results = talk.paid[ref], [m for m in messages if m.kind == "tool_result" and m.tool]
    pays = [m for m in results if m.tool and m.tool.name.endswith("pay")]
    if paid > 1:
        yield "once", f"paid {paid} times"
    if len(pays) > 1:
        yield "texts", "the payment's result is there twice"
    says_paid = any(m.tool and m.tool.outcome == "success" for m in pays)
    says_unknown = any(m.tool and m.tool.outcome == "unknown" for m in pays)
    if paid and not says_paid and not says_unknown:
        yield "told", f"paid, but it says {[m.content for m in pays]}"
    if says_paid and not paid:
        yield "told", "says it has paid, and has not"


def _journal(events: list[Event]) -> Generator[tuple[str, str]]:
    """A response counts as obtained once the journal has it."""
    stored, entries = 0, "0"
    done: set[str] = set()
    for event in events:
        if event.crossing == "llm.request" and event.what == "asked" and int(event.detail) < stored:
            yield "journal", f"response {event.detail} was bought again"
        if event.what != "applied":
            continue
        if event.crossing == "runs.append" and event.detail != entries:
            stored, entries = stored + 1, event.detail
        if event.crossing == "runs.finish":
            stored, entries = 0, event.detail or entries
            done.clear()
        if event.crossing == "journal.finish_call":
            done.add(event.detail)
        if event.crossing == "journal.begin_call" and event.detail in done:
            yield "journal", f"call {event.detail} was begun again"
