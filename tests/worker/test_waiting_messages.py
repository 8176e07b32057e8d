"""Messages that wait in one session are answered one after the other, without a pause."""

from __future__ import annotations

import pytest

from tests.worker.stage import Stage, saying


class Waits:
    """`RunQueue.extend` that notes for how long messages were put off."""

    def __init__(self, stage: Stage) -> None:
        self.seconds: list[int] = []
        self._extend = stage.queue.extend

    def extend(self, receipt: str, seconds: int) -> None:
        self.seconds.append(seconds)
        self._extend(receipt, seconds)


@pytest.mark.slow
async def test_messages_received_together_do_not_put_each_other_off(stage: Stage) -> None:
    stage.llm = saying("answer")
    waits = Waits(stage)
    stage.queue.extend = waits.extend
    page = await stage.open_page()
    runs = [await stage.say(f"message {number}") for number in range(4)]
    stage.start()
    for run_id in runs:
        await page.ended(run_id)
    texts = [f"message {number}" for number in range(4)]
    assert [content for sender, content in await stage.log() if sender == "user"] == texts
    assert set(waits.seconds) <= {0}
