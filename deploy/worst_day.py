"""The cost of the worst day with an installation's parameters: all daily limits are used up.

It uses the table of prices and the counted units of a turn. Refused requests are billed too, so the APIs' own rate is
a line.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploy.answer_cost import budget, turn_lines
from deploy.monthly_costs import PROCESSORS
from deploy.prices import Line, prices

SOCKETS = 50
"""Sockets that one session may have open (`forge.store.config`); each gets every frame."""
STREAM_SECONDS, STREAM_GB = 120, 0.25
"""The life of an event stream and the memory of its function. A socket costs less."""
WAIT_SECONDS, WAIT_GB, WAIT_WRITES = 25, 0.5, 10
"""The longest wait of a request for a worker (`forge.api.waiting_for_workers`), its function's memory and writes."""
REFUSED_SECONDS, REFUSED_LOG_GB = 0.02, 1e-6
OUTPUT_TOKEN = 15 / 1e6
"""Price of a large LLM's output (Claude Sonnet 4.5, https://www.anthropic.com/pricing, 2026-11-26); input costs a
fifth of it.
"""
DAY = 86_400


def worst_day(parameters: Mapping[str, str]) -> list[Line]:
    """Dollars of one day. A limit of 0 means no limit, and then this is no upper bound."""
    requests, streams, tokens = (
        int(parameters[f"Deployment{name}PerDay"]) for name in ("Requests", "Streams", "Tokens")
    )
    refused = 2 * int(parameters["ApiRequestsPerSecond"]) * DAY
    has_llm = parameters["ForgeLlm"] not in {"offline", "scripted"}
    return [
        Line("requests that are let in, each a message, answered to fifty sockets", requests * _message()),
        Line(
            "their waits for a worker, as long as one may be",
            _waits(requests, int(parameters["DeploymentWaits"])),
        ),
        Line("event streams", streams * _call(STREAM_SECONDS, STREAM_GB)),
        Line("requests that are refused, at both APIs' full rate", refused * _refused()),
        Line("workers, all that may be", int(parameters["WorkerCountMax"]) * _worker(parameters)),
        Line("the LLM's provider, if every token were output", tokens * OUTPUT_TOKEN if has_llm else 0.0),
    ]


def _message() -> float:
    counts = budget()["turn"]
    to_all = {**counts, **{name: counts[name] * SOCKETS for name in ("frames", "frame bytes")}}
    return sum(line.dollars for line in turn_lines(to_all, prices())) / 1e6


def _waits(requests: int, places: int) -> float:
    seconds = min(requests * WAIT_SECONDS, places * DAY)
    writes = prices().of("write unit", requests * WAIT_WRITES)
    return prices().of("function GB second", seconds * WAIT_GB) + writes


def _refused() -> float:
    price = prices()
    way_in = price.of("edge request") + price.of("edge function call") + price.of("HTTP API request")
    return way_in + _call(REFUSED_SECONDS, price.assumed("function GB")) + price.of("log GB", REFUSED_LOG_GB)


def _call(seconds: float, gigabytes: float) -> float:
    return prices().of("function call") + prices().of("function GB second", seconds * gigabytes)


def _worker(parameters: Mapping[str, str]) -> float:
    price, processor = prices(), PROCESSORS[parameters["Architecture"]]
    hour = float(parameters["WorkerCpu"]) / 1024 * price.of(f"{processor} vCPU hour")
    return 24 * (hour + float(parameters["WorkerMemory"]) / 1024 * price.of(f"{processor} GB hour"))
