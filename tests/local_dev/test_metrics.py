"""`/metrics` returns as Prometheus text the metrics of the log lines that CloudWatch reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.observability import Metric, Unit, emit_all
from local_dev.error_lines import Tails
from local_dev.logs import Log
from local_dev.metrics import Metrics, Totals
from tests.unlisted import tried

SAMPLE = re.compile(r'^(forge_[a-z_]+)\{process="([^"]*)",service="([^"]*)"\} (-?[0-9.e+-]+)$')


def samples(text: str) -> dict[tuple[str, str], float]:
    """By name and process. Each line is a comment or a sample, and each sample comes after its type."""
    found: dict[tuple[str, str], float] = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds
            kinds[name] = kind
            continue
        matched = SAMPLE.match(line)
        assert matched, line
        assert any(matched[1].startswith(name) for name in kinds)
        found[matched[1], matched[2]] = float(matched[4])
    return found


def written(capsys: pytest.CaptureFixture[str], metric: Metric, value: float, unit: Unit = "Count") -> str:
    """The line that is written for a metric."""
    capsys.readouterr()
    emit_all("worker", (metric, value, unit))
    return capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("metric", "unit", "values", "told"),
    [
        ("MessagesAccepted", "Count", [1, 1, 3], {"forge_messages_accepted_total": 5}),
        ("Tokens", "Count", [400, 20], {"forge_tokens_total": 420}),
        (
            "QueueWait",
            "Milliseconds",
            [20, 1_500],
            {"forge_queue_wait_seconds_sum": 1.52, "forge_queue_wait_seconds_count": 2},
        ),
        ("RunSeconds", "Seconds", [2.5], {"forge_run_seconds_sum": 2.5, "forge_run_seconds_count": 1}),
        ("WorkerRuns", "Count", [3, 1], {"forge_worker_runs": 1}),
        ("WorkerMemory", "Bytes", [1 << 28], {"forge_worker_memory_bytes": 1 << 28}),
        ("LoopLag", "Milliseconds", [9, 4], {"forge_loop_lag_seconds": 0.004}),
    ],
)
def test_a_metric_is_told_as_what_it_is(
    capsys: pytest.CaptureFixture[str],
    metric: Metric,
    unit: Unit,
    values: list[float],
    told: dict[str, float],
) -> None:
    totals = Totals()
    for value in values:
        totals.take("worker-1", written(capsys, metric, value, unit))
    assert samples(totals.text()) == {(name, "worker-1"): value for name, value in told.items()}


@pytest.mark.parametrize("metric", get_args(Metric))
def test_every_metric_has_a_name_in_prometheus(capsys: pytest.CaptureFixture[str], metric: Metric) -> None:
    totals = Totals()
    totals.take("functions", written(capsys, metric, 1))
    assert len(samples(totals.text())) == 1


def test_processes_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    totals = Totals()
    for process in ("worker-1", "worker-2", "worker-2"):
        totals.take(process, written(capsys, "RunsCompleted", 1))
    name = "forge_runs_completed_total"
    assert samples(totals.text()) == {(name, "worker-1"): 1, (name, "worker-2"): 2}


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_DEFINITION = st.fixed_dictionaries(
    {"Name": st.text(max_size=5) | _JSON, "Unit": st.text(max_size=5) | _JSON}
)


@given(
    st.fixed_dictionaries({"CloudWatchMetrics": _JSON | st.just([{"Metrics": []}])})
    | st.fixed_dictionaries(
        {"CloudWatchMetrics": st.lists(st.fixed_dictionaries({"Metrics": st.lists(_DEFINITION)}), max_size=2)}
    ),
    st.dictionaries(st.sampled_from(["service", "A", "b"]) | st.text(max_size=3), _JSON, max_size=3),
)
def test_any_line_is_read_without_an_error(metadata: dict[str, Any], fields: dict[str, Any]) -> None:
    tried("lines with metrics", (metadata, fields))
    totals = Totals()
    totals.take("worker-1", json.dumps({**fields, "_aws": metadata}))
    totals.take("worker-1", "not JSON, with _aws in it")
    totals.text()


class Answered:
    """One request to the route, as the gateway's server makes it."""

    def __init__(self) -> None:
        self.status, self.body = 0, ""

    async def __call__(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"").decode()


async def asked(metrics: Metrics, method: str = "GET") -> Answered:
    answered = Answered()
    await metrics.handle({"method": method}, answered)
    return answered


async def test_what_was_counted_before_the_first_look_and_since_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "worker-1.log"
    line = written(capsys, "RunsCompleted", 1) + "\n"
    log.write_text(line * 3)
    metrics = Metrics(tmp_path)
    for count in (3, 3, 4):
        log.write_text(line * count)
        told = await asked(metrics)
        assert samples(told.body) == {("forge_runs_completed_total", "worker-1"): count}
    assert (await asked(metrics, "POST")).status == 404
    assert (await asked(Metrics(None))).status == 404


def test_what_was_written_before_a_log_was_moved_aside_is_read(tmp_path: Path) -> None:
    log = Log(tmp_path / "worker-1.log", lambda _: None, limit=20)
    tails, read = Tails(tmp_path), list[str]()
    for number in range(20):
        log.write(f"line {number:02}\n".encode())
        if number % 2:
            read += [line for _, line in tails.lines()]
    log.close()
    assert read == [f"line {number:02}" for number in range(20)]
