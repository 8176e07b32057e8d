"""A turn makes no more calls, frames and bytes than its budget: counts, never timings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forge.settings import Settings
from tests.cost.turns import BUDGETS, TURNS, Counted, counted_turn, title
from tests.virtual_loop import run_in_virtual_time
from worker.push.frame_pace import PACES, FramePace


@pytest.mark.slow
@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: title(*turn))
def test_a_turn_makes_no_more_calls_frames_and_bytes_than_its_budget(
    turn: tuple[int, int, FramePace],
) -> None:
    budget = json.loads(BUDGETS.read_text())[title(*turn)]
    made = counted_turn(*turn)
    assert {name: number for name, number in made.items() if number > budget.get(name, 0)} == {}, made


@pytest.mark.slow
@pytest.mark.parametrize("pace", PACES)
def test_the_first_text_comes_at_once_also_where_frames_are_saved(
    pace: FramePace, settings: Settings, dynamodb: Any, sqs: Any, queue_url: str
) -> None:
    """After a tool call and some calls of 10 ms, and before any pause between frames could have ended."""
    counted = Counted(settings, dynamodb, sqs, queue_url)
    run_in_virtual_time(lambda: counted.measure(1, 20, pace))
    assert counted.first_text_after < PACES["economic"].shortest
