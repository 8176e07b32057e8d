"""What the store and the queue give to a worker: the lease of a run, the records of its tool calls, its queue
message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from forge.models.message import Message
from forge.models.run import ActiveRun, CommandMessage, RunMessage
from forge.models.session import Session
from forge.models.session_key import SessionKey


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write a run. Every write raises `LeaseLost` once another attempt holds the run."""

    key: SessionKey
    """The session's owner and id."""
    run_id: str
    """The run's id."""
    attempt: int
    """The number of the attempt that holds the lease."""
    fence: int
    """The fencing token of that attempt."""
    until: int
    """The end of the lease after its last renewal, in epoch milliseconds."""
    session: Session
    """The hot item after this worker's last write."""
    run: ActiveRun
    """The active run of `session`."""
    logged: Sequence[Message] = ()
    """The messages that the write which returned this lease has put into the log, as the store has numbered them."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A run's last write."""

    session: Session
    """The hot item after it."""
    logged: Sequence[Message]
    """The messages that it has put into the log, as the store has numbered them."""


CallStatus = Literal["new", "started", "done"]


EndedKind = Literal["refused", "failed", "unknown"]
"""How a call without a result ended. `refused`: nothing was done. `failed`: the tool reported that it did nothing, or
it has no effects. `unknown`: the call may have taken effect, so this must be verified before the call is repeated.
"""

CallKind = Literal["ok", "retry", "refused", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A tool call's recorded outcome."""

    kind: CallKind
    """How the call ended. Records of earlier versions use `ok`, `retry` and `failed` only."""
    value: str
    """The result as JSON text, or the error's message for the LLM."""
    shown: str | None = None
    """The error's text for a person; None means `value` itself."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received queue message."""

    body: RunMessage | CommandMessage
    """The parsed body."""
    receipt: str
    """The receipt handle, with which the message is extended or deleted."""
    receives: int
    """The number of times that the message was delivered."""
    message_id: str
    """The id that SQS has given to the message."""


@dataclass(frozen=True, slots=True)
class UnreadableDelivery:
    """A received queue message in a form that this version does not know."""

    message_id: str
    """The id that SQS has given to the message."""
    receipt: str
    """The receipt handle, with which the message is extended or deleted."""
    size: int
    """The length of the body in characters."""
