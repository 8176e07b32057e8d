"""The letters of the dead-letter queue as the operator's command shows them."""

from __future__ import annotations

from dataclasses import dataclass

from forge.models.counted_words import counted
from forge.models.message import Message
from forge.models.run import RunMessage
from forge.models.session import Session
from forge.models.work import Delivery, UnreadableDelivery


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A run that was given up."""

    delivery: Delivery
    """The message of the dead-letter queue, with its receipt handle."""
    message: RunMessage
    """The run that the message names."""
    session: Session | None
    """The run's session; None: it has expired or was deleted."""
    question: Message | None
    """The run's input; None if it is not in the message log."""
    is_readable: bool = True
    """Whether the session can be read; if not, `session` is None although it may not have ended."""

    @property
    def state(self) -> str:
        if not self.is_readable:
            return "session cannot be read"
        if self.session is None:
            return "session has ended"
        return self.session.recent.get(self.message.run_id, "unfinished" if self.is_pending else "ended")

    @property
    def is_pending(self) -> bool:
        """Whether the run is in progress or queued. Its input may be in the log already."""
        session, run_id = self.session, self.message.run_id
        if session is None:
            return False
        is_active = session.active is not None and session.active.run_id == run_id
        return is_active or any(each.run_id == run_id for each in session.inbox)


@dataclass(frozen=True, slots=True)
class DeadCommand:
    """A command whose handling failed too often. It is never repeated, because nobody waits for its answer any more."""

    delivery: Delivery
    """The message of the dead-letter queue, with its receipt handle."""
    command_id: str
    """The command's id."""


Letter = DeadLetter | DeadCommand | UnreadableDelivery


def name_of(letter: Letter) -> str:
    """Return the id by which the operator names the letter."""
    match letter:
        case DeadLetter():
            return letter.message.run_id
        case DeadCommand():
            return letter.command_id
        case UnreadableDelivery():
            return letter.message_id


def receipt_of(letter: Letter) -> str:
    return letter.receipt if isinstance(letter, UnreadableDelivery) else letter.delivery.receipt


def line(letter: Letter) -> str:
    """Log ids and sizes only."""
    if isinstance(letter, DeadCommand):
        return f"{letter.command_id}  (a command)  failed"
    if isinstance(letter, UnreadableDelivery):
        return (
            f"{letter.message_id}  (of another version)  cannot be read  {counted(letter.size, 'character')}"
        )
    size = len(letter.question.content) if letter.question else 0
    message = letter.message
    return f"{message.run_id}  {message.session_id}  {letter.state}  {counted(size, 'character')}"


def details(letter: Letter) -> str:
    """Return the line, or for a run the fields and the text of its message."""
    if not isinstance(letter, DeadLetter):
        return line(letter)
    question = letter.question.content if letter.question else "(not in the log)"
    fields = {**letter.message.model_dump(), "state": letter.state, "receives": letter.delivery.receives}
    return "\n".join([*(f"{name}: {value}" for name, value in fields.items()), "", question])
