"""Lists runs that were given up, and tries them again: `list | show RUN_ID | requeue RUN_ID`.

The table and the queues must be in the environment; `make dead-letters` finds them. A run that failed has ended with
a notice; requeuing it accepts its input again as a new message at the end of the conversation, whose LLM history says
what was tried before. Requeuing twice changes nothing. A run that has not ended is only sent to the queue again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from forge.errors import ForgeError, NotFound, SessionUnreadable
from forge.models.counted_words import counted
from forge.models.message import Message
from forge.models.run import RunMessage, Submission
from forge.models.session import Session
from forge.models.work import Delivery
from forge.ports.clock import Clock
from forge.ports.queue import RunQueue
from forge.queue import open_queue
from forge.store import Store, open_store, system_clock
from worker.settings import WorkerSettings

HELP = "list | show RUN_ID | requeue RUN_ID: look at what was given up, or try it once more"
COMMAND_REMOVED = "A command is never repeated: nobody waits for its answer any more. The letter was removed."
_HOLD_SECONDS = 60
_BATCH = 10


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


class DeadLetters:
    """`dead`: the dead-letter queue; `queue`: the one that the workers receive from."""

    def __init__(self, store: Store, queue: RunQueue, dead: RunQueue, clock: Clock) -> None:
        self._store, self._queue, self._dead, self._clock = store, queue, dead, clock

    def everything(self) -> list[DeadLetter | DeadCommand]:
        """Reading hides the messages briefly; they are made visible again before this returns."""
        held = list(self._held())
        for letter in held:
            self._dead.extend(letter.delivery.receipt, 0)
        return held

    def all(self) -> list[DeadLetter]:
        return [letter for letter in self.everything() if isinstance(letter, DeadLetter)]

    def one(self, run_id: str) -> DeadLetter:
        """Raises `NotFound`."""
        for letter in self.all():
            if letter.message.run_id == run_id:
                return letter
        raise NotFound(f"There is no dead letter of run {run_id}.")

    def requeue(self, run_id: str) -> str:
        """Return what was done. The letter is deleted once that is stored. Raises `NotFound`, `SessionUnreadable` and
        the errors of `accept`.
        """
        held = list(self._held())
        try:
            letter = next((each for each in held if name_of(each) == run_id), None)
            if letter is None:
                raise NotFound(f"There is no dead letter of run {run_id}.")
            done = COMMAND_REMOVED if isinstance(letter, DeadCommand) else self._again(letter)
            self._dead.delete(letter.delivery.receipt)
            held.remove(letter)
            return done
        finally:
            for each in held:
                self._dead.extend(each.delivery.receipt, 0)

    def _again(self, letter: DeadLetter) -> str:
        message, question = letter.message, letter.question
        if not letter.is_readable:
            raise SessionUnreadable
        if letter.session is None:
            return "Its session has ended, so there is nobody to answer. The letter was removed."
        if letter.is_pending:
            self._queue.send(message, resend=True)
            return "The run had not ended: it was sent to the queue again."
        if question is None or question.sender == "agent":
            return "Its input is not in the conversation, so nothing can be accepted again. The letter was removed."
        again = Submission(
            run_id=hashlib.sha256(f"again {message.run_id}".encode()).hexdigest()[:32],
            sender=question.sender,
            content=question.content,
            created_at=self._clock(),
            payer=message.payer,
        )
        accepted = self._store.inbox.accept(message.key, again)
        self._queue.send(accepted.run_message(again.run_id, payer=again.payer))
        return f"Its input was accepted once more, as run {again.run_id}."

    def _held(self) -> Iterator[DeadLetter | DeadCommand]:
        seen: set[str] = set()
        while batch := self._dead.receive(_BATCH, 0):
            for delivery in batch:
                self._dead.extend(delivery.receipt, _HOLD_SECONDS)
                if delivery.receipt in seen:
                    continue
                seen.add(delivery.receipt)
                if isinstance(delivery.body, RunMessage):
                    yield self._read(delivery, delivery.body)
                else:
                    yield DeadCommand(delivery, delivery.body.command_id)

    def _read(self, delivery: Delivery, message: RunMessage) -> DeadLetter:
        try:
            session = self._store.sessions.get(message.key)
        except SessionUnreadable:
            return DeadLetter(delivery, message, None, None, is_readable=False)
        if session is None or session.generation != message.generation:
            return DeadLetter(delivery, message, None, None)
        log = self._store.sessions.messages(session)
        question = next((each for each in log if each.run_id == message.run_id), None)
        return DeadLetter(delivery, message, session, question)


def name_of(letter: DeadLetter | DeadCommand) -> str:
    """Return the id by which the operator names the letter."""
    return letter.command_id if isinstance(letter, DeadCommand) else letter.message.run_id


def line(letter: DeadLetter | DeadCommand) -> str:
    """Log ids and sizes only."""
    if isinstance(letter, DeadCommand):
        return f"{letter.command_id}  (a command)  failed"
    size = len(letter.question.content) if letter.question else 0
    message = letter.message
    return f"{message.run_id}  {message.session_id}  {letter.state}  {counted(size, 'character')}"


def details(letter: DeadLetter) -> str:
    question = letter.question.content if letter.question else "(not in the log)"
    fields = {**letter.message.model_dump(), "state": letter.state, "receives": letter.delivery.receives}
    return "\n".join([*(f"{name}: {value}" for name, value in fields.items()), "", question])


def main(arguments: list[str], environment: Mapping[str, str], say: Callable[[str], object]) -> int:
    settings = WorkerSettings.from_environment(environment)
    dead = settings.model_copy(update={"forge_queue_url": settings.forge_dead_letter_url})
    letters = DeadLetters(open_store(settings), open_queue(settings), open_queue(dead), system_clock)
    try:
        match arguments:
            case ["list"]:
                found = letters.everything()
                say("\n".join(map(line, found)) or "There are no dead letters.")
            case ["show", run_id]:
                say(details(letters.one(run_id)))
            case ["requeue", run_id]:
                say(letters.requeue(run_id))
            case _:
                say(HELP)
                return 2
    except ForgeError as error:
        say(error.detail)
        return 1
    return 0
