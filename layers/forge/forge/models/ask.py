"""A tool call that waits for the person's decision, because text from strangers may have caused it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from forge.models.ids import ApprovalId

ASKS_LIMIT = 5
ASKS_BYTES = 32_000
"""Maximum size of all waiting calls as stored. A longer call could not be shown whole, so nobody could allow it."""
STRANGERS_LIMIT = 20


class Ask(BaseModel):
    """A paused tool call. Its id stands for exactly this call, which never changes. Times are epoch milliseconds."""

    model_config = ConfigDict(frozen=True)

    approval_id: ApprovalId
    """The id under which the person's decision is given."""
    run_id: str
    """The run whose tool call is paused."""
    call_id: str
    """The paused tool call."""
    tool: str
    """The tool's name."""
    arguments: dict[str, Any]
    """The arguments of the call."""
    network: str
    """The session's network."""
    strangers: list[str]
    """The tools whose results brought text from strangers into the conversation."""
    created_at: int
    """The time at which the call was paused."""
    expires_at: int
    """The time at which the request ends without a decision."""
