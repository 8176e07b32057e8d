"""What an installation costs, line by line, before anything is created.

Prices: AWS's list for us-east-1, looked up on 2026-11-24, without free tiers; other regions cost up to a third more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

HOURS = 730
VCPU_HOUR = {"arm64": 0.03238, "x86_64": 0.04048}
GB_HOUR = {"arm64": 0.00356, "x86_64": 0.004445}
SPOT_SHARE = 0.35
"""Of the price on demand; it moves with the market."""
ADDRESS_HOUR = 0.005
METRIC_MONTH = 0.30
ALARM_METRIC_MONTH = 0.10
IDLE_METRICS = 3
"""What the worker says each minute. The others are billed only for the hours in which something happens."""
ALARM_METRICS = 31
POLLS = 0.66
"""SQS: a long poll every two seconds."""
REST = 0.75
"""RecoverRuns every minute, the catalog, logs, the image."""
TURNS_1000 = 0.26
"""A thousand answers of 400 tokens with a tool call and a reload each, counted on 2026-11-24: at most this."""


class Line(NamedTuple):
    what: str
    dollars: float


def idle(parameters: Mapping[str, str]) -> list[Line]:
    """A month in which nobody asks anything."""
    processor = parameters["Architecture"]
    task = float(parameters["WorkerCpu"]) / 1024 * VCPU_HOUR[processor]
    task += float(parameters["WorkerMemory"]) / 1024 * GB_HOUR[processor]
    share = SPOT_SHARE if parameters["WorkerSpot"] == "true" else 1.0
    workers = int(parameters["WorkerCountMin"])
    size = f"{parameters['WorkerCpu']} CPU units, {parameters['WorkerMemory']} MB"
    own_network = 0.0 if parameters["VpcId"] else ADDRESS_HOUR * HOURS * workers
    return [
        Line(f"{workers} worker ({size}{', Spot' if share < 1 else ''})", task * share * HOURS * workers),
        Line("public IPv4 address of each worker", own_network),
        Line("metrics of the worker", METRIC_MONTH * IDLE_METRICS * min(workers, 1)),
        Line("alarms", ALARM_METRIC_MONTH * ALARM_METRICS),
        Line("asking the queue for work", POLLS * workers),
        Line("the rest: schedule, logs, image, page", REST),
    ]


def told(parameters: Mapping[str, str]) -> list[str]:
    """Lines for a person."""
    lines = idle(parameters)
    total = sum(line.dollars for line in lines)
    return [
        "It costs, by AWS's list prices of us-east-1 (2026-11-24), without taxes and free tiers:",
        *(f"  ${line.dollars:6.2f} a month  {line.what}" for line in lines),
        f"  ${total:6.2f} a month  in all while nobody asks anything",
        f"  ${TURNS_1000:6.2f}           for a thousand answers, beside what the LLM's provider asks",
    ]
