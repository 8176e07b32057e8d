"""A tool call that waits for the person's word, because words of strangers may have brought it about."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from forge.models.ids import ApprovalId

ASKS_LIMIT = 5
ASKS_BYTES = 32_000
"""Of all that wait, as stored. What is longer cannot be shown whole, so nobody could say yes to it."""
STRANGERS_LIMIT = 20


class Ask(BaseModel):
    """`call_id` is the paused call of `run_id`. `strangers`: the tools whose results brought words of strangers.

    Its id stands for exactly this call: it is never changed. Times are epoch milliseconds.
    """

    model_config = ConfigDict(frozen=True)

    approval_id: ApprovalId
    run_id: str
    call_id: str
    tool: str
    arguments: dict[str, Any]
    network: str
    strangers: list[str]
    created_at: int
    expires_at: int
