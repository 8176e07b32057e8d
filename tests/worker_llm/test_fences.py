"""Every provider gets tool results between marks, in the same words at each request."""

from __future__ import annotations

import json
import re

import pytest

from tests.worker_llm import wires
from tests.worker_llm.conversation import conversation
from tests.worker_llm.wires import arguments

FENCED = re.compile(r'<data (\w{24}) from=\\*"balance\\*">.*?Alice.*?</data \1>', re.DOTALL)


@pytest.mark.parametrize("wire", wires.WIRES)
async def test_every_provider_gets_results_between_marks(wire: str) -> None:
    async with conversation() as talk:
        call = ("a", "balance", arguments(who="Alice"))
        await talk.say(wire, wires.calls(wire, call), wires.text(wire, "Five."))
        await talk.say(wire, wires.text(wire, "Still five."))
        first, second = (FENCED.search(json.dumps(body)) for body in talk.prompts()[-2:])
        assert first
        assert second
        assert first[0] == second[0]
        assert talk.refusals == []
        assert not any("<data" in draft.content for draft in talk.drafts)
