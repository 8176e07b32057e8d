"""What a peak needs of the account's quotas and of our own parameters, compared with their defaults: rows with a
source.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from deploy.answer_cost import budget
from deploy.prices import prices
from local_dev.repository import ROOT
from local_dev.template.aws_variables import REGION
from local_dev.template.intrinsics import Template

FILE = Path(__file__).with_name("turn.json")
AWS = "https://docs.aws.amazon.com"
PING_SECONDS = 240
"""Seconds between two pings of the page (docs/protocol.md)."""
UNITS_PER_MESSAGE = 5
"""Units of the price list (`forge/models/request_prices.py`)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Counts of one turn: the counted ones (`deploy/turn.json`) and assumed ones (`turn.json`)."""

    frames: float
    """The WebSocket frames that are posted."""
    write_units: float
    """The write units of table and index."""
    read_units: float
    """The read units of the table."""
    queue_requests: float
    """The requests to the queue, of the most frequent kind."""
    function_calls_per_turn: float
    """The calls of functions for one message, with the page's pings."""
    function_calls_per_conversation: float
    """The calls of functions when the page is opened."""
    function_seconds: float
    """The mean duration of a call."""
    cpu_seconds: float
    """The processor time of a worker."""
    watching_minutes: float
    """The minutes for which a conversation's page stays open."""

    @classmethod
    def read(cls) -> Self:
        told: dict[str, Any] = json.loads(FILE.read_text())
        turn, reload, price = budget()["turn"], budget()["reload"], prices()
        return cls(
            frames=turn["frames"],
            write_units=turn["write units"] + turn["index write units"],
            read_units=turn["read units"],
            queue_requests=told["queue_requests"],
            function_calls_per_turn=turn["function calls"] + told["pings"],
            function_calls_per_conversation=reload["function calls"],
            function_seconds=price.assumed("function seconds"),
            cpu_seconds=price.assumed("worker CPU seconds"),
            watching_minutes=told["watching_minutes"],
        )


@dataclass(frozen=True, slots=True)
class Peak:
    """The busiest minute."""

    turns: float
    """The turns that begin in a second."""
    conversations: float
    """The conversations that begin in a second."""
    runs: int
    """The runs at that time."""
    workers: int
    """The workers at that time."""
    vcpu: float
    """The processors of one worker."""
    turn: Turn
    """The counts of one turn."""

    @property
    def calls(self) -> float:
        """Return invocations a second, including pings of open pages."""
        pings = self.watching / PING_SECONDS
        turn = self.turn
        return (
            self.turns * turn.function_calls_per_turn
            + self.conversations * turn.function_calls_per_conversation
            + pings
        )

    @property
    def watching(self) -> float:
        return self.conversations * self.turn.watching_minutes * 60

    @property
    def gateway(self) -> float:
        """Return requests a second over all APIs: the clients' requests and the pushed frames."""
        return self.calls + self.turns * self.turn.frames


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota of an AWS account."""

    name: str
    """The quota's name."""
    there: float
    """The default."""
    needs: Callable[[Peak], float]
    """Returns what a peak needs."""
    source: str
    """The page that states the quota."""
    least: tuple[str, float] | None = None
    """The place where the default is smaller, and how much it is there; None if it is the same everywhere."""
    is_read: bool = True
    """True if the figure was looked up in `source`; other figures are from memory."""


QUOTAS = (
    Quota(
        "API Gateway: requests a second, pushed frames (`@connections`) among them",
        10_000,
        lambda peak: peak.gateway,
        f"{AWS}/apigateway/latest/developerguide/limits.html",
        ("newer regions", 2_500),
    ),
    Quota(
        "API Gateway: new WebSocket connections a second",
        500,
        lambda peak: peak.conversations,
        f"{AWS}/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html",
    ),
    Quota(
        "Lambda: concurrent executions",
        1_000,
        lambda peak: peak.calls * peak.turn.function_seconds,
        f"{AWS}/lambda/latest/dg/gettingstarted-limits.html",
        ("new accounts", 10),
        is_read=False,
    ),
    Quota(
        "SQS: requests a second of one kind to the FIFO queue (high throughput)",
        70_000,
        lambda peak: peak.turns * peak.turn.queue_requests,
        f"{AWS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
        ("small regions", 2_400),
    ),
    Quota(
        "SQS: messages received and not deleted",
        120_000,
        lambda peak: peak.runs,
        f"{AWS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html",
        is_read=False,
    ),
    Quota(
        "DynamoDB: write units a second of one table",
        40_000,
        lambda peak: peak.turns * peak.turn.write_units,
        f"{AWS}/amazondynamodb/latest/developerguide/ServiceQuotas.html",
        ("a new table", 4_000),
    ),
    Quota(
        "DynamoDB: read units a second of one table",
        40_000,
        lambda peak: peak.turns * peak.turn.read_units,
        f"{AWS}/amazondynamodb/latest/developerguide/ServiceQuotas.html",
        ("a new table", 12_000),
    ),
    Quota(
        "Fargate: vCPUs",
        6,
        lambda peak: peak.workers * peak.vcpu * 2,
        f"{AWS}/AmazonECS/latest/developerguide/service-quotas.html",
        is_read=False,
    ),
)


def own_limits() -> list[Quota]:
    """Our own parameters that such a peak exceeds or nearly reaches."""
    template = Template.load(ROOT / "template.yaml", region=REGION)
    defaults = {name: each.get("Default") for name, each in template.section("Parameters").items()}
    return [
        Quota("`WorkerCountMax`", defaults["WorkerCountMax"], lambda peak: peak.workers, "template.yaml"),
        Quota(
            "`DeploymentUnitsPerMinute`",
            defaults["DeploymentUnitsPerMinute"],
            lambda peak: 60 * (peak.turns * UNITS_PER_MESSAGE + peak.calls),
            "template.yaml",
        ),
        Quota(
            "`ApiRequestsPerSecond`",
            defaults["ApiRequestsPerSecond"],
            lambda peak: peak.calls,
            "template.yaml",
        ),
    ]
