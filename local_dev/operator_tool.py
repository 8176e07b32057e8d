"""The operator's tools, for a deployed stack by its name, or for the application that runs here.

With `--stack NAME` the table and the queues are read from the stack's outputs with the operator's own AWS
credentials, so neither the worker's role nor its environment is needed.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from forge.errors import ForgeError
from local_dev.exit_statuses import INTERRUPTED
from local_dev.options import OptionError, Options
from local_dev.process_identity import started

OUTPUTS = {
    "FORGE_TABLE": "TableName",
    "FORGE_QUEUE_URL": "QueueUrl",
    "FORGE_DEAD_LETTER_URL": "DeadLetterQueueUrl",
}
"""Environment variables of the worker, with the stack outputs that hold their values."""

CANNOT_LOOK = 2
REFUSED = 1
NOTHING_RUNS = "No application runs here (make run starts one)."

Say = Callable[[str], object]
Command = Callable[[list[str], MutableMapping[str, str], Say], int]


class NoTarget(Exception):
    """There is no application to look at; the message says what to do."""


def of_stack(name: str, cloudformation: Any) -> dict[str, str]:
    """Return the three variables from the outputs of the stack `name`. Raises `NoTarget`."""
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        region = cloudformation.meta.region_name
        raise NoTarget(f"The stack {name} cannot be read in {region}: {error}") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if missing := sorted(set(OUTPUTS.values()) - set(outputs)):
        raise NoTarget(f"The stack {name} has no output {', '.join(missing)}: it is not one of forge-mcp.")
    return {variable: outputs[output] for variable, output in OUTPUTS.items()}


def of_this_computer(file: Path) -> dict[str, str]:
    """Return the variables of the running application's worker. Raises `NoTarget`."""
    try:
        described = json.loads(file.read_text())
        owner, environment = described.get("owner"), described["environment"]
        has_ended = owner is not None and started(int(owner["pid"])) != owner["started"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoTarget(NOTHING_RUNS) from error
    if has_ended:
        raise NoTarget(NOTHING_RUNS)
    return environment


@dataclass(frozen=True, slots=True)
class Tool:
    """One of the operator's tools."""

    target: str
    """The tool's name as a target of `make`."""
    help: str
    """The tool's purpose, for `--help`."""
    usage: str
    """The forms of the command that `run` accepts; without a form it is `list`."""
    run: Command
    """Carries out the command, and returns the exit status. May raise `ForgeError` and the errors of botocore."""

    def main(
        self, arguments: Sequence[str], environment: MutableMapping[str, str], say: Say, file: Path
    ) -> int:
        """`file` describes the application that runs here."""
        parser = ArgumentParser(f"make {self.target}", description=self.help, add_help=True)
        parser.add_argument(
            "--stack", default="", help="the CloudFormation stack; without it the application here"
        )
        parser.add_argument("command", nargs="*", default=["list"], help=self.usage)
        options = parser.parse_args(arguments)
        try:
            environment.update(target_of(options.stack, environment, file))
        except NoTarget as problem:
            say(
                str(problem)
                if options.stack
                else f"{problem} For a deployment: make {self.target} STACK=name"
            )
            return CANNOT_LOOK
        try:
            return self.run(list(options.command), environment, say)
        except (ForgeError, BotoCoreError, ClientError) as error:
            say(reason_of(error))
            return REFUSED

    def start(self) -> None:
        try:
            file = Options.from_environment(os.environ).stack_file
        except OptionError as error:
            sys.exit(str(error))
        try:
            sys.exit(self.main(sys.argv[1:], os.environ, lambda text: print(text, flush=True), file))
        except KeyboardInterrupt:
            print("\nInterrupted. The same command can be run again.", file=sys.stderr)
            sys.exit(INTERRUPTED)


def reason_of(error: ForgeError | BotoCoreError | ClientError) -> str:
    """Return the reason for an operator: what AWS says, such as the permission that is missing, belongs to it."""
    if not isinstance(error, ForgeError):
        return f"AWS does not do it: {error}"
    return f"{error.detail} AWS says: {error.__cause__}" if error.__cause__ else error.detail


def target_of(stack: str, environment: Mapping[str, str], file: Path) -> dict[str, str]:
    """Return the variables for `stack`, or those of the environment if it names a table itself."""
    if stack:
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
        session: Any = boto3.Session(region_name=region)
        try:
            cloudformation = session.client("cloudformation")
        except BotoCoreError as error:
            raise NoTarget(f"The stack {stack} cannot be read: {error} (AWS_REGION names one)") from error
        return of_stack(stack, cloudformation)
    if environment.get("FORGE_TABLE"):
        return {}
    return of_this_computer(file)
