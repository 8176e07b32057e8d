"""What counts as a loss of a run's worker, and when its takeover begins to count."""

from __future__ import annotations

import pytest

from bench.soak.checker import ENOUGH, missed_aims
from bench.soak.events import Event
from bench.soak.losses import losses


def events(*happened: tuple[float, str, str, str]) -> list[Event]:
    return [Event(at, client, crossing, what, frozenset()) for at, client, what, crossing in happened]


CLAIM = (1.0, "a", "applied", "runs.claim")
KILL = (2.0, "a", "kill", "*")


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([CLAIM, KILL, (9.0, "b", "applied", "runs.take_over")], [7.0]),
        ([CLAIM, KILL, (2.5, "c", "applied", "runs.finish")], [None]),
        ([CLAIM, (2.0, "b", "kill", "*")], []),
        # The message comes to b, which is killed before it can claim; then to the poll of a, which is dead.
        (
            [
                CLAIM,
                KILL,
                (8.0, "b", "applied", "queue.receive"),
                (8.1, "b", "kill", "*"),
                (16.0, "b", "applied", "runs.take_over"),
            ],
            [pytest.approx(7.9)],
        ),
        (
            [CLAIM, KILL, (8.0, "b", "unheard", "queue.receive"), (16.0, "c", "applied", "runs.take_over")],
            [8.0],
        ),
        # The claim takes effect when its worker is dead already.
        ([(1.0, "a", "unheard", "runs.claim"), (9.0, "b", "applied", "runs.take_over")], [8.0]),
        ([CLAIM, (1.5, "a", "applied", "runs.finish"), KILL], []),
    ],
)
def test_a_takeover_is_counted_from_the_last_loss(
    happened: list[tuple[float, str, str, str]], expected: list[float | None]
) -> None:
    assert [loss.seconds for loss in losses(events(*happened))] == expected


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        ([2.9] * 90 + [4.9] * 9 + [7.9], []),
        ([2.9] * 40 + [3.2] * 60, ["50 in 100 took up to 3.2 s, and 3 s are aimed at"]),
        ([2.0] * 90 + [5.5] * 10, ["99 in 100 took up to 5.5 s, and 5 s are aimed at"]),
        ([9.0] * (ENOUGH - 1), []),
    ],
)
def test_what_many_takeovers_aim_at_together(seconds: list[float], told: list[str]) -> None:
    assert missed_aims(seconds) == told
