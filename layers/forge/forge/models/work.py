"""What the store and the queue hand to a worker: the right to write a run, its tool calls' outcomes, its message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forge.models.ids import SessionKey
from forge.models.run import ActiveRun, CommandMessage, RunMessage
from forge.models.session import Session


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write a run. Every write is refused with `LeaseLost` once another attempt holds it.

    `until` (epoch milliseconds) is the end of the lease as last renewed. `session` is the hot item as this
    worker's last write left it, and `run` the active run in it.
    """

    key: SessionKey
    run_id: str
    attempt: int
    fence: int
    until: int
    session: Session
    run: ActiveRun


CallStatus = Literal["new", "started", "done"]


EndedKind = Literal["refused", "failed", "unknown"]
"""How a call ended that has no result. `refused`: nothing was done. `failed`: the tool said that it did not do it, or
it has no effects. `unknown`: it may have taken effect, so it must be verified before it is repeated."""

CallKind = Literal["ok", "retry", "refused", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A tool call's recorded outcome; `value` is the result as JSON text, or the error's message to the LLM.

    `shown` is what a person reads of an error; None for the message itself. Records of earlier versions know `ok`,
    `retry` and `failed` only.
    """

    kind: CallKind
    value: str
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received queue message; `receipt` is its handle, `receives` how often it was handed out."""

    body: RunMessage | CommandMessage
    receipt: str
    receives: int
