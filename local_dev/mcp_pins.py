"""`make mcp-pins`: which external tools wait for a word, in a stack by its name or in the application here."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path

from local_dev.dead_letters import CANNOT_LOOK, NoTarget, target_of
from local_dev.options import Options
from worker import pins


def main(
    arguments: Sequence[str], environment: MutableMapping[str, str], say: Callable[[str], object], file: Path
) -> int:
    parser = ArgumentParser("make mcp-pins", description=pins.HELP, add_help=True)
    parser.add_argument(
        "--stack", default="", help="the CloudFormation stack; without it the application here"
    )
    parser.add_argument("command", nargs="*", default=["list"], help="list | agree SERVER TOOL FINGERPRINT")
    options = parser.parse_args(arguments)
    try:
        environment.update(target_of(options.stack, environment, file))
    except NoTarget as problem:
        say(str(problem))
        return CANNOT_LOOK
    return pins.main(list(options.command), environment, say)


if __name__ == "__main__":
    file = Options.from_environment(os.environ).stack_file
    sys.exit(main(sys.argv[1:], os.environ, lambda text: sys.stdout.write(f"{text}\n"), file))
