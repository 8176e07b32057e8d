"""Creates the template's tables in the emulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError

from forge.aws.from_environment import EnvironmentCredentials
from forge.aws.json_client import JsonClient
from forge.aws.kept_connections import KeptConnections
from forge.aws.services import DYNAMODB
from local_dev.processes.processes import START_SECONDS
from local_dev.processes.table_form import missing_indexes
from local_dev.template.resource_names import shapes
from local_dev.template.wiring import Wiring

TABLES = replace(
    DYNAMODB,
    operations=DYNAMODB.operations | {"CreateTable", "DescribeTable", "ListTables", "Scan", "UpdateTable"},
)
"""What the gateway itself calls."""
CONNECT_SECONDS, READ_SECONDS = 2.0, 10.0


def table_client(environment: Mapping[str, str], posts: KeptConnections | None = None) -> Any:
    """A client of the emulator's tables, with the methods of botocore's, which takes many times the memory."""
    url = environment["AWS_ENDPOINT_URL_DYNAMODB"]
    key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    credentials = EnvironmentCredentials(key, secret, None)
    return JsonClient(TABLES, url, environment["AWS_REGION"], credentials, posts or _posts(environment))


def _posts(environment: Mapping[str, str]) -> KeptConnections:
    return KeptConnections(environment["AWS_ENDPOINT_URL_DYNAMODB"], CONNECT_SECONDS, READ_SECONDS)


def client(service: str, environment: Mapping[str, str]) -> Any:
    """botocore's client of the emulator for tools and tests, with the same settings as the processes get."""
    import boto3
    from botocore.config import Config

    session: Any = boto3.Session()  # the type stubs know each service by name; here it is chosen at run time
    return session.client(
        service,
        endpoint_url=environment[f"AWS_ENDPOINT_URL_{service.upper()}"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 5},
        ),
    )


def create_tables(wiring: Wiring, environment: Mapping[str, str]) -> None:
    """Create the tables under the names of `resource_names`. Existing tables stay, and get the indexes that an earlier
    version did not have. The emulator may still be starting.
    """
    with closing(_posts(environment)) as posts:
        dynamodb = table_client(environment, posts)
        existing = _when_reachable(dynamodb.list_tables)["TableNames"]
        for name, wanted in shapes(wiring).items():
            if name not in existing:
                dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)
                continue
            for missing in missing_indexes(dynamodb.describe_table(TableName=name)["Table"], wanted):
                dynamodb.update_table(TableName=name, **missing)


def _when_reachable(call: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return call()
        except BotoCoreError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
