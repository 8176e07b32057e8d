"""The cost of an answer, from its counted units (`turn.json`, which `tests/cost` checks) and the table of prices.

It covers a turn (a message, a tool call, 400 tokens over 20 s), a reload of the page, and a turn's part of the
deletion when its session has expired.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from deploy.prices import HERE, Line, Prices, prices

Counts = Mapping[str, float]
"""Units of one turn: write units, frames and so on, by their names in the meter."""

BUDGET = HERE / "turn.json"
GIGABYTE = 1e9


@cache
def budget() -> Mapping[str, Counts]:
    """The largest counts of a `turn`, a `reload` and the `expiry`."""
    return json.loads(BUDGET.read_text())


def turn_lines(counts: Counts, price: Prices) -> list[Line]:
    """Dollars of a million."""

    def line(what: str, dollars: float) -> Line:
        return Line(what, dollars * 1e6)

    def of(counted: str, name: str) -> float:
        return price.of(name, counts.get(counted, 0))

    calls = counts.get("function calls", 0)
    compute = calls * price.assumed("function seconds") * price.assumed("function GB")
    edge_bytes = counts.get("edge bytes", 0) + counts.get("frame bytes", 0)
    return [
        line("WebSocket frames", of("frames", "frame")),
        line("table, writes", of("write units", "write unit") + of("index write units", "write unit")),
        line("table, reads", of("read units", "read unit")),
        line("queue", of("SQS requests", "SQS request")),
        line("HTTP API", of("HTTP API requests", "HTTP API request")),
        line("functions", price.of("function call", calls) + price.of("function GB second", compute)),
        line(
            "CloudFront, requests",
            of("edge requests", "edge request") + of("edge function calls", "edge function call"),
        ),
        line("CloudFront, bytes", price.of("edge GB", edge_bytes / GIGABYTE)),
        line("logs", price.of("log GB", counts.get("log bytes", 0) / GIGABYTE)),
    ]


def worker_line(price: Prices) -> Line:
    seconds = price.assumed("worker CPU seconds") / price.assumed("worker use")
    hours = price.of("Arm vCPU hour") + 2 * price.of("Arm GB hour")
    return Line("worker on Fargate", seconds * hours / 3_600 * 1e6)


def connection_line(price: Prices) -> Line:
    return Line("connection", price.of("connection minute", price.assumed("connection minutes")) * 1e6)


def bill(counted: Mapping[str, Counts]) -> dict[str, list[Line]]:
    """Dollars of a million, by part."""
    price = prices()
    return {
        "turn": [*turn_lines(counted["turn"], price), worker_line(price), connection_line(price)],
        "expiry": turn_lines(counted["expiry"], price),
        "reload": turn_lines(counted["reload"], price),
    }


def answer_dollars() -> float:
    """The maximum cost of an answer and a reload of the page."""
    return sum(line.dollars for lines in bill(budget()).values() for line in lines) / 1e6
