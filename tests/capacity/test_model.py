"""The simulation of `make bench-capacity`: its rules are those of the template, and its sums are right."""

from __future__ import annotations

import random
from itertools import repeat
from statistics import fmean

import pytest

from bench.capacity import money, report
from bench.capacity.load import DAY_SECONDS, WEEK_SECONDS, Load, poisson
from bench.capacity.model import Model, Outcome
from bench.capacity.quotas import QUOTAS, Peak, Turn, own_limits
from bench.capacity.replay import Part
from bench.capacity.scaling import MINUTE, Point, Rules, Scaler, rules
from deploy.answer_cost import answer_dollars, worker_line
from deploy.prices import prices
from tests.template import ROOT, default, of

RULES = Rules(
    places=10,
    target=5,
    least=1,
    most=9,
    out_cooldown=60,
    in_cooldown=300,
    cpu_target=60,
    vcpu=1,
    memory_gb=2,
)


def simulated(per_second: int, seconds: int, *, duration: int, workers: int, rules: Rules = RULES) -> Outcome:
    model = Model(rules, lambda count: [duration] * count, workers, cpu_seconds=0)
    return model.run(repeat(per_second, seconds))


def test_its_rules_are_those_of_the_template() -> None:
    found = rules(WorkerCountMax="71")
    policy = of("WorkerScaling")["TargetTrackingScalingPolicyConfiguration"]
    assert (found.places, found.target) == (default("WorkerConcurrency"), default("RunsPerWorker"))
    assert (found.least, found.most) == (default("WorkerCountMin"), 71)
    assert (found.out_cooldown, found.in_cooldown) == (policy["ScaleOutCooldown"], policy["ScaleInCooldown"])
    assert (found.vcpu, found.memory_gb) == (1, 2)


def test_the_document_has_been_written_with_the_rules_of_now() -> None:
    assert report.rules_line(rules()) in (ROOT / "docs" / "capacity.md").read_text()


def test_workers_are_added_when_three_minutes_that_are_known_were_above_the_target() -> None:
    scaler, over = Scaler(RULES, 2), Point(waiting=10, running=11, workers=2, cpu=0)
    assert [scaler.minute(MINUTE * number, over) for number in range(1, 6)] == [2, 2, 2, 5, 5]


def test_workers_are_taken_away_after_fifteen_minutes_and_not_below_the_least() -> None:
    scaler, idle = Scaler(RULES, 4), Point(waiting=0, running=1, workers=4, cpu=0)
    assert [scaler.minute(MINUTE * number, idle) for number in range(1, 17)] == [*[4] * 15, 1]


def test_nothing_is_taken_away_while_the_processors_are_busy() -> None:
    scaler, idle = Scaler(RULES, 4), Point(waiting=0, running=1, workers=4, cpu=58)
    assert {scaler.minute(MINUTE * number, idle) for number in range(1, 40)} == {4}


def test_with_room_nobody_waits_and_the_runs_at_once_follow_from_rate_and_duration() -> None:
    outcome = simulated(1, 600, duration=8, workers=1)
    assert outcome.age(100) == 0
    assert max(minute.running for minute in outcome.minutes) == 8
    assert outcome.worker_seconds >= 600


def test_without_room_messages_wait_their_turn() -> None:
    """Ten places and ten seconds take one message a second; two come, so the wait grows by half of the time."""
    fixed = Rules(10, 1_000, 1, 1, 60, 300, 60, 1, 2)
    outcome = simulated(2, 600, duration=10, workers=1, rules=fixed)
    taken = sum(ages.total() for ages in outcome.ages.values())
    assert taken + outcome.left == 1_200
    assert outcome.left == pytest.approx(600, abs=15)
    assert outcome.age(100) == pytest.approx(300, abs=10)
    assert outcome.age(50) == pytest.approx(150, abs=10)


def test_new_workers_take_what_has_waited() -> None:
    outcome = simulated(2, 1_200, duration=10, workers=1)
    assert outcome.left == 0
    assert outcome.minutes[-1].oldest == 0
    assert max(minute.oldest for minute in outcome.minutes) > 60
    assert outcome.minutes[-1].workers == 9


def test_a_day_has_the_messages_of_its_conversations() -> None:
    load = Load.read()
    week = sum(load.usual_rate(second, 1_000) for second in range(0, WEEK_SECONDS, 60)) * 60
    assert week == pytest.approx(7 * 1_000 * load.messages_per_conversation, rel=0.001)
    assert load.rate(load.burst_begins, 1_000) == load.burst_times * load.usual_rate(load.burst_begins, 1_000)
    assert load.burst_begins // DAY_SECONDS == (load.burst_ends - 1) // DAY_SECONDS


@pytest.mark.parametrize("mean", [0.01, 0.7, 12.0, 80.0])
def test_arrivals_have_their_mean(mean: float) -> None:
    choose = random.Random(1)
    assert fmean(poisson(mean, choose) for _ in range(20_000)) == pytest.approx(mean, rel=0.08)


def test_the_replay_sends_what_the_model_is_told() -> None:
    part = Part.of(Load.read(), 100_000, 120, seed=1)
    assert len(part.arrivals) == 120
    assert sum(part.arrivals) == len(part.durations) > 100


def test_a_days_price_is_workers_turns_and_reloads() -> None:
    """Not the share of a worker that the counter's own bill has."""
    hour = money.worker_hour(RULES)
    assert 0.03 < hour < 0.06
    nothing, turns, reloads = (money.day(RULES, *each, 24) for each in ((0, 0), (2_000, 0), (0, 500)))
    assert nothing == pytest.approx(24 * hour)
    assert 0 < reloads - nothing < turns - nothing
    all_of_it = 1_000 * answer_dollars()
    assert money.day(RULES, 1_000, 1_000, 0) == pytest.approx(
        all_of_it - worker_line(prices()).dollars / 1_000
    )


def test_every_pushed_frame_counts_against_the_gateways_quota() -> None:
    turn = Turn.read()
    peak = Peak(turns=100, conversations=25, runs=2_000, workers=40, vcpu=1, turn=turn)
    gateway = next(quota for quota in QUOTAS if "@connections" in quota.name)
    assert gateway.needs(peak) > 100 * turn.frames
    assert {quota.name for quota in own_limits()} >= {"`WorkerCountMax`", "`DeploymentUnitsPerMinute`"}
