"""The pauses before further attempts: how long, how many, and never the same for two callers."""

from __future__ import annotations

import ast
from itertools import islice

import pytest

from forge.backoff import pauses
from tests.syntax_trees import product_trees


def test_the_limit_grows_up_to_the_longest() -> None:
    drawn = [list(islice(pauses(1.0, growth=3, longest=5.0), 4)) for _ in range(200)]
    for limit, of_one_turn in zip((1.0, 3.0, 5.0, 5.0), zip(*drawn, strict=True), strict=True):
        assert 0 <= min(of_one_turn) <= limit / 4
        assert limit * 3 / 4 <= max(of_one_turn) <= limit


def test_two_callers_wait_for_different_times() -> None:
    assert next(pauses(1.0)) != next(pauses(1.0))


@pytest.mark.parametrize(("tries", "count"), [(1, 0), (2, 1), (6, 5)])
def test_there_is_a_pause_before_each_attempt_but_the_first(tries: int, count: int) -> None:
    assert len(list(pauses(1.0, tries=tries))) == count


def test_the_last_pause_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("forge.backoff.time.monotonic", lambda: now)
    for _ in range(200):
        now = 0.0
        for pause in pauses(0.2, longest=2.0, seconds=4.0):
            now += pause
        assert now == pytest.approx(4.0)


def test_after_an_attempt_beyond_the_deadline_there_is_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("forge.backoff.time.monotonic", lambda: now)
    drawn = pauses(0.2, seconds=4.0)
    assert next(drawn) <= 0.2
    now = 5.0
    assert list(drawn) == []


def test_pauses_without_an_end_stay_finite() -> None:
    assert max(islice(pauses(0.1, longest=1.0), 3_000)) <= 1.0


@pytest.mark.slow
def test_nothing_else_draws_its_own_pauses() -> None:
    """The client for Python is a package of its own."""
    drawing = {
        path
        for path, tree in product_trees().items()
        if not path.startswith(("bench", "clients"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "random" in {getattr(node, "module", None), *(each.name for each in node.names)}
    }
    assert drawing == {"layers/forge/forge/backoff.py"}
