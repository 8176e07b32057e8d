"""dynoxide, the emulator of `make run`, in place of moto, which takes several times as long for each request.

Some tests of the store keep moto (`ON_MOTO` in tests/conftest.py), so that two emulators agree on what is written.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import Credentials

from forge.aws.json_client import JsonClient
from forge.aws.kept_connections import KeptConnections
from forge.aws.services import DYNAMODB
from local_dev.processes.chosen_ports import ReservedPort
from local_dev.processes.dynamodb_emulator import dynoxide
from tests.moto_speed import Answered, answered_elsewhere
from tests.patience import LOOK_SECONDS, PATIENCE_SECONDS


class Emulator:
    """A running program, whose tables are those of one test."""

    def __init__(self, url: str) -> None:
        credentials = Credentials("testing", "testing")
        self._posts = KeptConnections(url, PATIENCE_SECONDS, PATIENCE_SECONDS)
        self._client = JsonClient(DYNAMODB, url, "us-east-1", credentials, self._posts)

    @contextmanager
    def in_place_of_moto(self) -> Generator[None]:
        """It begins without a table."""
        for name in self._client.call("ListTables", {})["TableNames"]:
            self._client.call("DeleteTable", {"TableName": name})
        answered_elsewhere[DYNAMODB.name] = self._answer
        try:
            yield
        finally:
            del answered_elsewhere[DYNAMODB.name]

    def close(self) -> None:
        self._posts.close()

    def _answer(self, request: AWSPreparedRequest) -> Answered:
        sent = {_text(name): _text(value) for name, value in request.headers.items()}
        body: Any = request.body
        answer = self._posts.post("/", sent, body if isinstance(body, bytes) else body.encode())
        fields = {name.decode(): value.decode() for name, value in answer.fields.items()}
        return answer.status, fields, answer.body


@contextmanager
def running_emulator() -> Generator[Emulator | None]:
    """None where dynoxide is not built for this computer."""
    if (program := dynoxide()) is None:
        yield None
        return
    port = ReservedPort()
    command = [str(program), "serve", "--host", port.host, "--port", str(port.number)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_until_it_listens(process, port)
            emulator = Emulator(port.url)
            yield emulator
            emulator.close()
        finally:
            process.kill()


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: ReservedPort) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((port.host, port.number), PATIENCE_SECONDS):
            return
        assert process.poll() is None, "dynoxide has ended"
        time.sleep(LOOK_SECONDS)
    raise TimeoutError("dynoxide does not listen")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
