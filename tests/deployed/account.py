"""An AWS account on this computer: MiniStack, which verifies signatures and evaluates every role's policies."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from local_dev.processes.chosen_ports import ReservedPort
from local_dev.processes.processes import Processes
from local_dev.repository import ROOT

PYTHON = ROOT / ".tools" / "account" / "bin" / "python"
REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
OWNER = {"AWS_ACCESS_KEY_ID": "owner", "AWS_SECRET_ACCESS_KEY": "owner"}
"""Of the account's root user, as whom the operator acts: MiniStack takes the key pair of its environment for it."""

_NOT_OURS = ("AWS_", "FORGE_", "SAM_", "AUTH", "POWERTOOLS_", "TESTNET_", "MAINNET_")


class Check(NamedTuple):
    """A permission that was asked for. `role`: empty when it was no role."""

    role: str
    action: str
    resource: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Account:
    port: ReservedPort
    notes: Path

    @property
    def url(self) -> str:
        return self.port.url

    @property
    def environment(self) -> dict[str, str]:
        """For a program that acts as the operator."""
        return (
            clean_environment()
            | OWNER
            | {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        )

    def client(self, service: str, credentials: Mapping[str, str] = OWNER) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        )

    def credentials(self, role: str, name: str) -> dict[str, str]:
        """Of a session of the role, as variables of the environment."""
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"
        found = self.client("sts").assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }

    def checks(self) -> list[Check]:
        """What roles have been checked for until now."""
        lines = [line for line in self.notes.read_text().split("\n")[:-1] if ":assumed-role/" in line]
        return [Check(caller.split("/")[1], *rest) for caller, *rest in map(json.loads, lines)]


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}


@asynccontextmanager
async def running_account(processes: Processes, folder: Path) -> AsyncGenerator[Account]:
    account = Account(ReservedPort(), folder / "checks.jsonl")
    environment = (
        clean_environment()
        | OWNER
        | {
            "AUTH": "true",
            "BIND_HOST": account.port.host,
            "GATEWAY_PORT": str(account.port.number),
            "LOG_LEVEL": "WARNING",
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_HOST": account.port.host,
            "MINISTACK_REGION": REGION,
            "S3_DATA_DIR": str(folder / "s3"),
            "STATE_DIR": str(folder / "state"),
        }
    )
    recorder = Path(__file__).with_name("recorder.py")
    child = await processes.start("account", [str(PYTHON), str(recorder), str(account.notes)], environment)
    await processes.until_listening(child, account.port)
    yield account
