"""Lists runs that were given up, and tries them again: `list | show RUN_ID | requeue RUN_ID | requeue all`.

The table and the queues must be in the environment; `make dead-letters` finds them. A run that failed has ended with
a notice; requeuing it accepts its input again as a new message at the end of the conversation, whose LLM history says
what was tried before. Requeuing twice changes nothing. A run that has not ended is only sent to the queue again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from forge.errors import ForgeError, NotFound, SessionUnreadable
from forge.models.counted_words import counted
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

USAGE = "list | show RUN_ID | requeue RUN_ID | requeue all"
HELP = f"{USAGE}: look at what was given up, or try it once more"
NOTHING = "There are no dead letters."
COMMAND_REMOVED = "A command is never repeated: nobody waits for its answer any more. The letter was removed."
UNREADABLE_REMOVED = (
    "This version cannot read the letter: another one wrote it. Its run, if it has not ended, is in the table, where "
    "RecoverRuns finds it. The letter was removed."
)
_HOLD_SECONDS = 300
"""How long other commands cannot see the letters of one that was killed. Hundreds are read in that time."""
_BATCH = 10


class Requeued(NamedTuple):
    """The outcome for one letter."""

    name: str
    """The id by which the operator names the letter."""
    outcome: str | ForgeError
    """What was done; an error: nothing, and the letter stays."""


class Seen(NamedTuple):
    """What a look at the queue has shown."""

    letters: list[Letter]
    """The letters that can be received now."""
    more: int
    """Further letters, by the queue's count. A FIFO queue gives ten of one session at a time, and none that another
    command holds.
    """


class DeadLetters:
    """`dead`: the dead-letter queue; `queue`: the one that the workers receive from."""

    def __init__(self, store: Store, queue: RunQueue, dead: DeadLetterQueue, clock: Clock) -> None:
        self._store, self._queue, self._dead, self._clock = store, queue, dead, clock

    def look(self) -> Seen:
        """Reading hides the messages briefly; they are made visible again before this returns."""
        with self._holding() as held:
            letters = list(self._received(held))
            return Seen(letters, max(0, self._dead.count() - len(held)))

    def everything(self) -> list[Letter]:
        return self.look().letters

    def all(self) -> list[DeadLetter]:
        return [letter for letter in self.everything() if isinstance(letter, DeadLetter)]

    def one(self, name: str) -> Letter:
        """`name`: what `name_of` returns. Raises `NotFound`."""
        with self._holding() as held:
            return self._named(name, held)

    def requeue(self, name: str) -> str:
        """Return what was done. The letter is deleted once that is stored. Raises `NotFound`, `SessionUnreadable` and
        the errors of `accept`.
        """
        with self._holding() as held:
            return self._done(self._named(name, held), held)

    def requeue_all(self) -> Iterator[Requeued]:
        """Requeue one letter after the other, those that become visible meanwhile included."""
        with self._holding() as held:
            for letter in self._received(held):
                try:
                    yield Requeued(name_of(letter), self._done(letter, held))
                except ForgeError as problem:
                    yield Requeued(name_of(letter), problem)

    def count(self) -> int:
        """Return the queue's count of its letters, those included that cannot be seen now."""
        return self._dead.count()

    def _done(self, letter: Letter, held: set[str]) -> str:
        done = self._handled(letter)
        self._dead.delete(receipt_of(letter))
        held.remove(receipt_of(letter))
        return done

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

    @contextmanager
    def _holding(self) -> Generator[set[str]]:
        """Yield a set for the receipts of the letters that are hidden. At the end, also after Ctrl-C, those that are
        still in it are visible again.
        """
        held: set[str] = set()
        try:
            yield held
        finally:
            receipts = sorted(held)
            for first in range(0, len(receipts), _BATCH):
                self._dead.extend_all(receipts[first : first + _BATCH], 0)

    def _received(self, held: set[str]) -> Iterator[Letter]:
        """Yield each letter once; a run may have several. It ends when a batch has nothing new, as after
        `_HOLD_SECONDS`, when those of the beginning are visible again.
        """
        seen: set[str] = set()
        while batch := self._dead.receive_all(_BATCH, 0):
            receipts = [each.receipt for each in batch]
            held.update(receipts)
            self._dead.extend_all(receipts, _HOLD_SECONDS)
            new = [each for each in batch if each.message_id not in seen]
            yield from map(self._letter, new)
            if not new:
                return
            seen.update(each.message_id for each in new)

    def _letter(self, delivery: Delivery | UnreadableDelivery) -> Letter:
        if isinstance(delivery, UnreadableDelivery):
            return delivery
        if isinstance(delivery.body, RunMessage):
            return self._read(delivery, delivery.body)
        return DeadCommand(delivery, delivery.body.command_id)

    def _named(self, name: str, held: set[str]) -> Letter:
        for letter in self._received(held):
            if name_of(letter) == name:
                return letter
        raise NotFound(f"There is no dead letter {name}.")

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


def listed(seen: Seen) -> str:
    lines = list(map(line, seen.letters))
    if seen.more:
        lines.append(
            f"The queue counts {counted(seen.more, 'more letter')}, which cannot be seen now: behind ten of the same "
            "conversation (requeue or remove these first), or held by another command, for five minutes at most."
        )
    return "\n".join(lines) or NOTHING


def _requeue_all(letters: DeadLetters, say: Callable[[str], object]) -> int:
    """Return the exit status."""
    done = kept = 0
    for name, outcome in letters.requeue_all():
        if isinstance(outcome, ForgeError):
            kept += 1
            say(f"{name}: {outcome.detail} The letter stays.")
        else:
            done += 1
            say(f"{name}: {outcome}")
    more = max(0, letters.count() - kept)
    say(f"{counted(done, 'letter')} removed, {kept} left." if done or kept or more else NOTHING)
    if more:
        say(
            f"The queue still counts {counted(more, 'more letter')}: its count may be a minute behind, or another "
            "command holds them. List them then."
        )
    return 1 if kept or (more and not done) else 0


def main(arguments: list[str], environment: Mapping[str, str], say: Callable[[str], object]) -> int:
    """Return the exit status. Raises `ForgeError` and the errors of botocore."""
    settings = WorkerSettings.from_environment(environment)
    dead = settings.model_copy(update={"forge_queue_url": settings.forge_dead_letter_url})
    letters = DeadLetters(open_store(settings), open_queue(settings), open_queue(dead), system_clock)
    match arguments:
        case ["list"]:
            say(listed(letters.look()))
        case ["show", name]:
            say(details(letters.one(name)))
        case ["requeue", "all"]:
            return _requeue_all(letters, say)
        case ["requeue", name]:
            say(letters.requeue(name))
        case _:
            say(HELP)
            return 2
    return 0
