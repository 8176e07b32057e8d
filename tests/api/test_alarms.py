"""Each alarm on a metric of our own fires for its event, and not for slightly less.

Alarms on AWS's metrics fire in the deployed account (tests/deployed); those over expressions are tested in
tests/architecture/test_operation.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter

from forge.api import dependencies
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.models.request_prices import FREE
from functions.recover_runs.handler import handler as recover_runs
from tests.alarms import figures, fires, watched
from tests.api.conftest import Environment
from tests.api.gateway import Context, Gateway, http_event
from tests.api.test_upkeep import HOT, expire, removed
from tests.template import of, resources
from worker.operation.metrics import Metrics

STACK = "forge-mcp"
NONE: list[float] = []
SET_OFF = {
    "ExpiredRunsAlarm",
    "LoopLagAlarm",
    "NoWorkerAlarm",
    "UnexpectedErrorsAlarm",
    "WaitingRunsAlarm",
}
"""Below."""


@pytest.fixture(autouse=True)
def _stack(environment: Environment) -> None:
    environment.set(POWERTOOLS_METRICS_NAMESPACE=STACK)


def seen(alarm: str, capsys: pytest.CaptureFixture[str]) -> list[float]:
    return watched(alarm, STACK, figures(capsys.readouterr().out))


def test_no_alarm_on_our_figures_is_left_out() -> None:
    alarms = resources("AWS::CloudWatch::Alarm")
    assert {name for name in alarms if of(name).get("Namespace") == {"Ref": "AWS::StackName"}} == SET_OFF


def test_runs_that_expire_unanswered(gateway: Gateway, dynamodb: Any, table: str, capsys: Any) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    expire(removed(dynamodb, table))
    assert fires("ExpiredRunsAlarm", [seen("ExpiredRunsAlarm", capsys)])


def test_a_session_that_ends_answered_sets_nothing_off(
    gateway: Gateway, dynamodb: Any, table: str, capsys: Any
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    gateway.post("/api/interrupt", {"session_id": "s"})
    expire(removed(dynamodb, table))
    assert not fires("ExpiredRunsAlarm", [seen("ExpiredRunsAlarm", capsys)])


def test_messages_that_no_worker_takes(gateway: Gateway, dynamodb: Any, table: str, capsys: Any) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    minutes = [NONE]
    for _ in range(5):
        dynamodb.update_item(
            TableName=table,
            Key=HOT,
            UpdateExpression="SET work_due = :past",
            ExpressionAttributeValues={":past": {"N": str(dependencies.now() - 1)}},
        )
        recover_runs({}, Context("RecoverRuns"))
        assert not fires("WaitingRunsAlarm", [*[NONE] * 4, *minutes])
        minutes.append(seen("WaitingRunsAlarm", capsys))
    assert fires("WaitingRunsAlarm", minutes)


def test_errors_that_nobody_expected(environment: Environment, capsys: Any) -> None:
    router = APIRouter()

    @router.get("/")
    def fail() -> None:
        raise RuntimeError

    handler = lambda_handler(create_app(router, price=FREE))
    period = NONE
    for _ in range(6):
        assert not fires("UnexpectedErrorsAlarm", [period])
        handler(http_event("GET", "/", "", None, {}), Context("F"))
        period = period + seen("UnexpectedErrorsAlarm", capsys)
    assert fires("UnexpectedErrorsAlarm", [period])


def test_a_loop_that_is_held_up(capsys: Any) -> None:
    Metrics(enabled=True).loop_lag(1.2)
    late = seen("LoopLagAlarm", capsys)
    Metrics(enabled=True).loop_lag(0.02)
    usual = seen("LoopLagAlarm", capsys)
    assert fires("LoopLagAlarm", [late, usual, late, usual, late])
    assert not fires("LoopLagAlarm", [late, usual, late, usual, usual])


def test_workers_that_say_nothing_any_more(capsys: Any) -> None:
    Metrics(enabled=True).process(runs=0, memory=1)
    heard = seen("NoWorkerAlarm", capsys)
    assert fires("NoWorkerAlarm", [NONE] * 5)
    assert not fires("NoWorkerAlarm", [*[NONE] * 4, heard])
