"""The cost of an installation, line by line, before anything is created, by the table of prices (`prices.json`)."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.answer_cost import answer_dollars
from deploy.prices import Line, prices

HOURS = 730
PROCESSORS = {"arm64": "Arm", "x86_64": "x86"}
IDLE_METRICS = 3
"""Metrics that the worker sends each minute. All other metrics are billed only for the hours in which something
happens.
"""
ALARM_METRICS = 32
POLL_SECONDS = 2
"""Seconds between two polls of a worker, when both of its long polls return nothing."""
REST = 0.75
"""RecoverRuns every minute, the catalog, logs, the image."""


def idle(parameters: Mapping[str, str]) -> list[Line]:
    """Return the cost of a month without any message."""
    price = prices()
    processor = PROCESSORS[parameters["Architecture"]]
    task = float(parameters["WorkerCpu"]) / 1024 * price.of(f"{processor} vCPU hour")
    task += float(parameters["WorkerMemory"]) / 1024 * price.of(f"{processor} GB hour")
    share = price.assumed("spot share") if parameters["WorkerSpot"] == "true" else 1.0
    workers = int(parameters["WorkerCountMin"])
    size = f"{parameters['WorkerCpu']} CPU units, {parameters['WorkerMemory']} MB"
    own_network = 0.0 if parameters["VpcId"] else price.of("address hour", HOURS * workers)
    polls = price.of("SQS request", HOURS * 3_600 / POLL_SECONDS)
    return [
        Line(f"{workers} worker ({size}{', Spot' if share < 1 else ''})", task * share * HOURS * workers),
        Line("public IPv4 address of each worker", own_network),
        Line("metrics of the worker", price.of("metric month", IDLE_METRICS * min(workers, 1))),
        Line("alarms", price.of("alarm metric month", ALARM_METRICS)),
        Line("asking the queue for work", polls * workers),
        Line("the rest: schedule, logs, image, page", REST),
    ]


def thousand_answers() -> float:
    """Return the maximum cost of a thousand answers of 400 tokens, each with a tool call and a reload of the page."""
    return 1_000 * answer_dollars()


def told(parameters: Mapping[str, str]) -> list[str]:
    """Return the lines for a person."""
    lines = idle(parameters)
    total = sum(line.dollars for line in lines)
    return [
        f"It costs, by {prices().origin}, without taxes and free tiers:",
        *(f"  ${line.dollars:6.2f} a month  {line.what}" for line in lines),
        f"  ${total:6.2f} a month  in all while nobody asks anything",
        f"  ${thousand_answers():6.2f}           for a thousand answers, beside what the LLM's provider asks",
        "What the worst day can cost, and what keeps it there: docs/operations.md",
    ]
