"""Lists runs that were given up, and tries them again: `list | show RUN_ID | requeue RUN_ID`.

The table and the queues must be in the environment; `make dead-letters` finds them. A run that failed has ended with
a notice; requeuing it accepts its input again as a new message at the end of the conversation, whose LLM history says
what was tried before. Requeuing twice changes nothing. A run that has not ended is only sent to the queue again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from forge.errors import NotFound, SessionUnreadable
from forge.models.run import RunMessage, Submission
from forge.models.work import Delivery, UnreadableDelivery
from forge.ports.clock import Clock
from forge.ports.queue import DeadLetterQueue, RunQueue
from forge.queue import open_queue
from forge.store import Store, open_store, system_clock
from worker.operator_commands.letters import (
    DeadCommand,
    DeadLetter,
    Letter,
    details,
    line,
    name_of,
    receipt_of,
)
from worker.settings import WorkerSettings

HELP = "list | show RUN_ID | requeue RUN_ID: look at what was given up, or try it once more"
COMMAND_REMOVED = "A command is never repeated: nobody waits for its answer any more. The letter was removed."
UNREADABLE_REMOVED = (
    "This version cannot read the letter: another one wrote it. Its run, if it has not ended, is in the table, where "
    "RecoverRuns finds it. The letter was removed."
)
_HOLD_SECONDS = 60
_BATCH = 10


class DeadLetters:
    """`dead`: the dead-letter queue; `queue`: the one that the workers receive from."""

    def __init__(self, store: Store, queue: RunQueue, dead: DeadLetterQueue, clock: Clock) -> None:
        self._store, self._queue, self._dead, self._clock = store, queue, dead, clock

    def everything(self) -> list[Letter]:
        """Reading hides the messages briefly; they are made visible again before this returns."""
        held = list(self._held())
        for letter in held:
            self._dead.extend(receipt_of(letter), 0)
        return held

    def all(self) -> list[DeadLetter]:
        return [letter for letter in self.everything() if isinstance(letter, DeadLetter)]

    def one(self, name: str) -> Letter:
        """`name`: what `name_of` returns. Raises `NotFound`."""
        return _named(name, self.everything())

    def requeue(self, name: str) -> str:
        """Return what was done. The letter is deleted once that is stored. Raises `NotFound`, `SessionUnreadable` and
        the errors of `accept`.
        """
        held = list(self._held())
        try:
            letter = _named(name, held)
            done = self._handled(letter)
            self._dead.delete(receipt_of(letter))
            held.remove(letter)
            return done
        finally:
            for each in held:
                self._dead.extend(receipt_of(each), 0)

    def _handled(self, letter: Letter) -> str:
        match letter:
            case DeadLetter():
                return self._again(letter)
            case DeadCommand():
                return COMMAND_REMOVED
            case UnreadableDelivery():
                return UNREADABLE_REMOVED

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

    def _held(self) -> Iterator[Letter]:
        seen: set[str] = set()
        while batch := self._dead.receive_all(_BATCH, 0):
            for delivery in batch:
                self._dead.extend(delivery.receipt, _HOLD_SECONDS)
                if delivery.receipt in seen:
                    continue
                seen.add(delivery.receipt)
                if isinstance(delivery, UnreadableDelivery):
                    yield delivery
                elif isinstance(delivery.body, RunMessage):
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


def _named(name: str, letters: Sequence[Letter]) -> Letter:
    for letter in letters:
        if name_of(letter) == name:
            return letter
    raise NotFound(f"There is no dead letter {name}.")


def main(arguments: list[str], environment: Mapping[str, str], say: Callable[[str], object]) -> int:
    """Return the exit status. Raises `ForgeError` and the errors of botocore."""
    settings = WorkerSettings.from_environment(environment)
    dead = settings.model_copy(update={"forge_queue_url": settings.forge_dead_letter_url})
    letters = DeadLetters(open_store(settings), open_queue(settings), open_queue(dead), system_clock)
    match arguments:
        case ["list"]:
            found = letters.everything()
            say("\n".join(map(line, found)) or "There are no dead letters.")
        case ["show", name]:
            say(details(letters.one(name)))
        case ["requeue", name]:
            say(letters.requeue(name))
        case _:
            say(HELP)
            return 2
    return 0
