"""A tool's result, cut to what is stored and given to the LLM."""

from __future__ import annotations

import json
from typing import Any

from forge.models.counted_words import counted
from worker.agent.messages.result_files import storable, without_encoded_data, without_files
from worker.agent.messages.result_parts import RESULT

RESULT_LIMIT = 100_000
"""Maximum characters of a tool's result that the LLM gets. A longer result would not fit into an item, nor into
most LLMs.
"""


def dump_result(value: Any) -> str:
    """Return the content as it is stored. Content that is too large is replaced by words, or cut if it is text."""
    for made_smaller in (storable, without_files):
        value = made_smaller(value)
        text = RESULT.dump_json(value).decode()
        if len(text) <= RESULT_LIMIT:
            return text
    text = without_encoded_data(text)
    if len(text) <= RESULT_LIMIT:
        return json.dumps(text)
    return json.dumps(
        f"{text[:RESULT_LIMIT]} … (cut: the whole result has {counted(len(text), 'character')})"
    )
