"""An AWS account in this process's memory, for programs that are not tests; tests use fixtures instead."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

from moto import mock_aws

from tests.schema import TABLE_NAME

REGION = "us-east-1"
CONNECTIONS_URL = f"https://socketapi1.execute-api.{REGION}.amazonaws.com/ws"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "FORGE_TABLE": TABLE_NAME,
    "FORGE_CONNECTIONS_URL": CONNECTIONS_URL,
}


@contextmanager
def account() -> Generator[None]:
    """Clients that are made now reach it."""
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    try:
        with mock_aws():
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
