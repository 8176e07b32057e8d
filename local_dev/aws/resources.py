"""Creates the template's tables in the emulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from local_dev.processes.processes import START_SECONDS
from local_dev.template.resource_names import shapes
from local_dev.template.routes_and_queues import Wiring


def client(service: str, environment: Mapping[str, str]) -> Any:
    """A client of the emulator, with the same settings as the processes get."""
    session: Any = boto3.Session()  # the type stubs know each service by name; here it is chosen at run time
    return session.client(
        service,
        endpoint_url=environment[f"AWS_ENDPOINT_URL_{service.upper()}"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
        ),
    )


def create_tables(wiring: Wiring, environment: Mapping[str, str]) -> None:
    """Create the tables under the names of `resource_names`. Existing tables stay. The emulator may still be
    starting.
    """
    dynamodb = client("dynamodb", environment)
    existing = _when_reachable(dynamodb.list_tables)["TableNames"]
    for name, wanted in shapes(wiring).items():
        if name not in existing:
            dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)


def _when_reachable(call: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return call()
        except BotoCoreError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
