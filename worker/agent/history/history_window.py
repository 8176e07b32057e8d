"""The part of a long history that an LLM gets, of what the run has read (`forge/models/llm_history_start.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from pydantic_ai.messages import ModelMessage, ModelResponse

from worker.agent.history import run_history as history
from worker.agent.history import shown_messages
from worker.agent.messages.message_codec import dump_message

_BYTES_PER_TOKEN = 4
"""An estimate, which is sufficient because the window only has to stay well below the provider's limit."""
_BLOCK = 0.4
"""The part of the window that is left out at once, so that at least 60 % of it stay filled."""


def _is_empty(message: ModelMessage) -> bool:
    return isinstance(message, ModelResponse) and not (
        message.tool_calls or shown_messages.response_text(message).strip()
    )


def window(messages: Sequence[ModelMessage], sizes: list[int], tokens: int) -> list[ModelMessage]:
    """Shorten a history whose estimated size is above `tokens`. Whole turns are left out, so that calls keep their
    results, and responses without anything in them.

    `sizes` has the stored sizes in bytes of the first messages; the sizes of the others are measured and added to it.

    Turns are left out by the block, so that the beginning stays the same for many requests, which keeps a provider's
    prompt cache valid.
    """
    sizes += [len(dump_message(message)) for message in messages[len(sizes) :]]
    told = [i for i, message in enumerate(messages) if not _is_empty(message)]
    kept = [messages[i] for i in told]
    return kept[_cut(kept, [sizes[i] // _BYTES_PER_TOKEN for i in told], tokens) :]


def _cut(messages: Sequence[ModelMessage], sizes: Sequence[int], most: int) -> int:
    """Return the index of the first message to keep. `sizes` are those of the messages in tokens."""
    excess, block = sum(sizes) - most, most * _BLOCK
    if excess <= 0:
        return 0
    least, left_out, cut = ceil(excess / block) * block, 0, 0
    for index, message in enumerate(messages):
        if index and history.starts_turn(message):
            cut = index
            if left_out >= least:
                break
        left_out += sizes[index]
    return cut
