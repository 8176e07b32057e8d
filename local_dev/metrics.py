"""`/metrics`: the counts of functions and workers, as Prometheus text.

They write their metrics as log lines (EMF), which CloudWatch reads in the cloud. Here the same lines are read on each
request, so nothing is counted a second time, and nothing is done without requests.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, Field, ValidationError
from starlette.types import Scope, Send

from forge.observability import GAUGES
from local_dev.error_lines import Tails
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import respond

METRICS_PATH = "/metrics"
_TYPE = [("content-type", "text/plain; version=0.0.4; charset=utf-8"), ("cache-control", "no-store")]
_SIGN = '"_aws"'
"""Each line with metrics contains this, so the other lines need not be parsed."""
_SCALES = {"Milliseconds": ("seconds", 0.001), "Seconds": ("seconds", 1.0), "Bytes": ("bytes", 1.0)}
"""Prometheus units for those of CloudWatch, with the factor for the value; any other unit is a count."""


class _Definition(BaseModel):
    name: str = Field(alias="Name", pattern=r"^\w+$")
    unit: str = Field(default="Count", alias="Unit")


class _Directive(BaseModel):
    metrics: list[_Definition] = Field(alias="Metrics")


class _Metadata(BaseModel):
    directives: list[_Directive] = Field(alias="CloudWatchMetrics")


class _Line(BaseModel, extra="allow"):
    """CloudWatch's embedded metric format, as far as Powertools writes it."""

    aws: _Metadata = Field(alias="_aws")
    service: str = ""

    def values(self) -> Iterator[tuple[_Definition, list[float]]]:
        given: dict[str, Any] = self.__pydantic_extra__ or {}
        for definition in (each for directive in self.aws.directives for each in directive.metrics):
            value = given.get(definition.name)
            values = cast("list[Any]", value) if isinstance(value, list) else [value]
            yield definition, [float(each) for each in values if isinstance(each, int | float)]


@dataclass
class _Series:
    count: int = 0
    total: float = 0.0
    last: float = 0.0

    def add(self, values: Iterable[float]) -> None:
        for value in values:
            self.count, self.total, self.last = self.count + 1, self.total + value, value


@dataclass
class Totals:
    """The sums of all metrics."""

    series: dict[tuple[str, str], dict[str, _Series]] = field(
        default_factory=dict[tuple[str, str], dict[str, _Series]]
    )
    """The sums by metric and unit, then by the labels' text."""

    def take(self, process: str, line: str) -> None:
        """A line without readable metrics changes nothing."""
        if _SIGN not in line:
            return
        try:
            read = _Line.model_validate_json(line)
        except ValidationError:
            return
        labels = f'{{process="{_escaped(process)}",service="{_escaped(read.service)}"}}'
        for definition, values in read.values():
            metric = self.series.setdefault((definition.name, definition.unit), {})
            metric.setdefault(labels, _Series()).add(values)

    def text(self) -> str:
        return "".join(
            f"{line}\n"
            for (name, unit), series in sorted(self.series.items())
            for line in _told(name, unit, series)
        )


def _told(name: str, unit: str, series: dict[str, _Series]) -> Iterator[str]:
    suffix, scale = _SCALES.get(unit, ("", 1.0))
    name_here = _named(name, suffix)
    labelled = sorted(series.items())
    if name in GAUGES:
        yield f"# TYPE {name_here} gauge"
        yield from (f"{name_here}{labels} {each.last * scale:.15g}" for labels, each in labelled)
    elif suffix:
        yield f"# TYPE {name_here} summary"
        for labels, each in labelled:
            yield f"{name_here}_sum{labels} {each.total * scale:.15g}"
            yield f"{name_here}_count{labels} {each.count}"
    else:
        yield f"# TYPE {name_here}_total counter"
        yield from (f"{name_here}_total{labels} {each.total:.15g}" for labels, each in labelled)


def _named(name: str, suffix: str) -> str:
    """Return for example `forge_run_seconds` for `RunSeconds` in seconds, `forge_queue_wait_seconds` for
    `QueueWait`.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"forge_{words}" if not suffix or words.endswith(f"_{suffix}") else f"forge_{words}_{suffix}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Metrics:
    """`logs`: the folder of the processes' logs, which start again with each start of the application; None: no
    logs.
    """

    def __init__(self, logs: Path | None) -> None:
        self._tails = Tails(logs, from_beginning=True) if logs else None
        self._totals = Totals()
        self._reading = asyncio.Lock()

    async def handle(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD") or self._tails is None:
            await respond(scope, send, Answer.message(404, "Not Found"))
            return
        async with self._reading:
            body = await asyncio.to_thread(self._read, self._tails)
        await respond(scope, send, Answer(200, body.encode(), _TYPE))

    def _read(self, tails: Tails) -> str:
        while lines := list(tails.lines()):
            for process, line in lines:
                self._totals.take(process, line)
        return self._totals.text()
