"""Where the part of the LLM history begins that a run reads. `worker/agent/history/history_window.py` then leaves out
what is too much for the LLM.
"""

from __future__ import annotations

HISTORY_LEAST = 400
"""The smallest number of LLM history entries that a run gets, if there are so many. One run cannot add more than
this.
"""
HISTORY_STEP = 200
"""The first entry that a run gets moves in steps of this size, so that a provider's prompt cache stays valid in
between.
"""


def first_entry(entries: int) -> int:
    """Return the first of so many entries of the LLM history that a run gets. It moves on, so that a run's cost does
    not grow with the conversation.
    """
    return max(0, entries - HISTORY_LEAST) // HISTORY_STEP * HISTORY_STEP
