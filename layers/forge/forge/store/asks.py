"""What a run changes of the tool calls that wait for the person's word, and of the reasons why they do."""

from __future__ import annotations

from collections.abc import Sequence

from forge.errors import InvalidRequest
from forge.models.asking import ASKS_BYTES, STRANGERS_LIMIT, Ask
from forge.models.run import Progress
from forge.store.commit import Transition


def heard(step: Transition, progress: Progress) -> Transition:
    """Words of strangers stay in the conversation: what was heard once is not forgotten in its life."""
    before = step.after.strangers
    new = [each for each in sorted(progress.strangers) if each not in before]
    if not new or len(before) >= STRANGERS_LIMIT:
        return step
    strangers = [*before, *new][:STRANGERS_LIMIT]
    step.change.set(strangers=strangers)
    return Transition(step.change, step.puts, step.after.model_copy(update={"strangers": strangers}))


def asked(step: Transition, progress: Progress, added: Sequence[Ask]) -> Transition:
    """Asks that were answered go, new ones come."""
    before = step.after.asks
    asks = [each for each in before if each.approval_id not in progress.answered]
    asks += [each for each in added if each not in asks]
    if asks == before:
        return step
    texts = [ask.model_dump_json() for ask in asks]
    if sum(len(text.encode()) for text in texts) > 2 * ASKS_BYTES:
        raise InvalidRequest("The tool calls that wait for the person's word are too large to be stored.")
    step.change.set(asks=texts)
    return Transition(step.change, step.puts, step.after.model_copy(update={"asks": asks}))
