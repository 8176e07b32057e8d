"""The only place that starts programs which change something."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_REFUSED = 254
"""The exit status of the AWS CLI after a service has answered with an error, whose code is the first in parentheses."""
_ERROR_CODE = re.compile(r"\((\w+)\)")

ABSENT = {
    "bedrock get-inference-profile": {"ResourceNotFoundException", "ValidationException"},
    "cloudformation describe-stacks": {"ValidationError"},
    "ecr describe-images": {"ImageNotFoundException"},
    "ecr describe-repositories": {"RepositoryNotFoundException"},
    "iam get-role": {"NoSuchEntity"},
    "ssm get-parameter": {"ParameterNotFound"},
}
"""The error codes of AWS that mean that the thing does not exist, by the command that looks for it. (API references of
the services, 2026-11-27.) After any other error, such as a denied or lost request, nobody knows.
"""


class DeployFailed(Exception):
    """The deployment cannot continue. The message says why and what to do."""


class Programs:
    """Starts `aws`, `docker` and `sam` from the `environment`'s PATH. SAM may name another `sam`."""

    def __init__(self, environment: Mapping[str, str], folder: Path, region: str = "") -> None:
        self.environment = {**environment, "SAM_CLI_TELEMETRY": "0", "AWS_PAGER": ""}
        self.environment["AWS_CLI_ERROR_FORMAT"] = "legacy"  # The error's code is in parentheses.
        if region:
            self.environment |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        self.folder = folder
        self._names = {"sam": shlex.split(environment.get("SAM", "")) or ["sam"]}

    def aws(self, *arguments: str) -> Any:
        """Return the answer of the AWS CLI, or None if it prints nothing."""
        answer = self._start(["aws", *arguments, "--output", "json"], capture=True).stdout
        return json.loads(answer) if answer.strip() else None

    def found(self, service: str, operation: str, *arguments: str) -> Any:
        """Return the answer of the AWS CLI, or None if the thing that is looked for does not exist (`ABSENT`).

        Raises `DeployFailed` if that cannot be known: what is not seen for want of a permission must not be created
        again, or be called deleted.
        """
        command = ["aws", service, operation, *arguments, "--output", "json"]
        done = self._process(command, capture=True, text=None)
        if done.returncode == 0:
            return json.loads(done.stdout)
        code = _ERROR_CODE.search(done.stderr) if done.returncode == _REFUSED else None
        if code is None or code[1] not in ABSENT[f"{service} {operation}"]:
            raise _failed(command, done)
        return None

    def succeeds(self, *command: str) -> bool:
        """Return whether a command ends well, where a failure of any kind leads to a step that fails again."""
        return self._process(list(command), capture=True, text=None).returncode == 0

    def show(self, *command: str, text: str | None = None) -> None:
        """Run a command whose output the person sees. `text` is its input."""
        self._start(list(command), capture=False, text=text)

    def output(self, *command: str) -> str:
        return self._start(list(command), capture=True).stdout

    def _start(
        self, command: list[str], *, capture: bool, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = self._process(command, capture=capture, text=text)
        if done.returncode:
            raise _failed(command, done)
        return done

    def _process(
        self, command: list[str], *, capture: bool, text: str | None
    ) -> subprocess.CompletedProcess[str]:
        name, *arguments = command
        full = [*self._names.get(name, [name]), *arguments]
        try:
            return subprocess.run(
                full,
                cwd=self.folder,
                env=self.environment,
                input=text,
                capture_output=capture,
                text=True,
                check=False,
            )
        except FileNotFoundError as missing:
            raise DeployFailed(f"{full[0]} is needed and not on the PATH.") from missing


def _failed(command: list[str], done: subprocess.CompletedProcess[str]) -> DeployFailed:
    said = f"\n{done.stderr.strip()}" if done.stderr else ""
    return DeployFailed(f"`{shlex.join(command[:3])}` failed.{said}")


@contextmanager
def private_file(content: object) -> Generator[str]:
    """Yield `file://…` of a JSON file that nobody else can read, because every user can see a secret on a command
    line.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "input.json"
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            json.dump(content, file)
        yield f"file://{path}"
