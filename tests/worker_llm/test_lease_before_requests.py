"""A worker looks at its lease before each attempt at an LLM request, so that no response is paid for twice."""

from __future__ import annotations

import pytest

from forge.errors import LeaseLost
from tests.worker_llm import wires
from tests.worker_llm.conversation import MemoryRecord, conversation
from tests.worker_llm.provider_server import error


class LostAfter:
    """The lease as it is looked at: lost from the look after `looks` on."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    async def hold_lease(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise LeaseLost


@pytest.mark.parametrize("wire", wires.WIRES)
@pytest.mark.parametrize("looks", [0, 1, 2])
async def test_no_attempt_is_made_without_a_lease(
    wire: str, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempts fail for a reason that passes, and the lease may be lost in the pause after each."""
    monkeypatch.setattr(MemoryRecord, "hold_lease", LostAfter(looks).hold_lease)
    async with conversation() as talk:
        with pytest.raises(LeaseLost):
            await talk.say(wire, *[error(503, {"error": {"message": "overloaded"}})] * 3)
        assert len(talk.server.requests) == looks
