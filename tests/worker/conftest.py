"""The worker's tests run the real parts; only the LLM, the tools and the other end of the sockets are small
stand-ins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from forge.settings import Settings
from tests.loglines import LogLines
from tests.schema import QUEUE_ATTRIBUTES
from tests.worker.gateway import Gateway, running_gateway
from tests.worker.machines import PollingQueue
from tests.worker.stage import KEY, Stage, stage_of


@pytest.fixture(autouse=True)
def no_line_names_a_session() -> Iterator[None]:
    """An anonymous session's id lets whoever reads it use the session, so no log line has it, whatever happens."""
    with LogLines.of("forge", "worker") as lines:
        yield
    assert lines.naming(KEY.session_id) == []


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with running_gateway() as gateway:
        yield gateway


@pytest.fixture
async def stage(
    settings: Settings, dynamodb: Any, sqs: Any, queue_url: str, gateway: Gateway
) -> AsyncIterator[Stage]:
    dead = sqs.create_queue(QueueName="dead.fifo", Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]
    async with stage_of(settings, dynamodb, PollingQueue(sqs, queue_url, dead), gateway) as stage:
        yield stage
