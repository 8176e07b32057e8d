"""`make dead-letters`: the operator's tool, for a deployed stack by its name or for the application that runs here.

With `--stack NAME` the table and the queues are read from the stack's outputs with the operator's own AWS credentials,
so neither the worker's role nor its environment is needed.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local_dev.options import Options
from worker import dead_letters

OUTPUTS = {
    "FORGE_TABLE": "TableName",
    "FORGE_QUEUE_URL": "QueueUrl",
    "FORGE_DEAD_LETTER_URL": "DeadLetterQueueUrl",
}
"""Environment variables of the worker, and the stack's outputs that hold their values."""

CANNOT_LOOK = 2


class NoTarget(Exception):
    """There is nothing to look at; the text says what to do."""


def of_stack(name: str, cloudformation: Any) -> dict[str, str]:
    """The three variables from the outputs of the stack `name`. Raises `NoTarget`."""
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise NoTarget(f"The stack {name} cannot be read: {error}") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if missing := sorted(set(OUTPUTS.values()) - set(outputs)):
        raise NoTarget(f"The stack {name} has no output {', '.join(missing)}: it is not one of forge-mcp.")
    return {variable: outputs[output] for variable, output in OUTPUTS.items()}


def of_this_computer(file: Path) -> dict[str, str]:
    """What the worker of the running application got. Raises `NoTarget`."""
    try:
        return json.loads(file.read_text())["environment"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoTarget(
            "No application runs here (make run starts one). For a deployment: make dead-letters STACK=name"
        ) from error


def main(
    arguments: Sequence[str], environment: MutableMapping[str, str], say: Callable[[str], object], file: Path
) -> int:
    parser = ArgumentParser("make dead-letters", description=dead_letters.HELP, add_help=True)
    parser.add_argument(
        "--stack", default="", help="the CloudFormation stack; without it the application here"
    )
    parser.add_argument("command", nargs="*", default=["list"], help="list | show RUN_ID | requeue RUN_ID")
    options = parser.parse_args(arguments)
    try:
        target = target_of(options.stack, environment, file)
    except NoTarget as problem:
        say(str(problem))
        return CANNOT_LOOK
    environment.update(target)
    return dead_letters.main(list(options.command), environment, say)


def target_of(stack: str, environment: Mapping[str, str], file: Path) -> dict[str, str]:
    """The variables for `stack`; those of the environment as they are, when it names a table itself."""
    if stack:
        session: Any = boto3.Session()
        return of_stack(stack, session.client("cloudformation"))
    if environment.get("FORGE_TABLE"):
        return {}
    return of_this_computer(file)


if __name__ == "__main__":
    file = Options.from_environment(os.environ).stack_file
    sys.exit(main(sys.argv[1:], os.environ, lambda text: sys.stdout.write(f"{text}\n"), file))
