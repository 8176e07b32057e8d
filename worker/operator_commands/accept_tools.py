"""Accepts tools of external servers that are new or have changed: `list | agree SERVER TOOL FINGERPRINT`.

Until then nobody is offered such a tool. `list` shows the server's whole definition; `agree` accepts
exactly the definition with that fingerprint. The workers read the result within a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from forge.ports.tool_pins import OperatorPins
from forge.store import open_store
from worker.settings import WorkerSettings

HELP = "list | agree SERVER TOOL FINGERPRINT: tools of external servers that wait until somebody agrees"
NOTHING = "No tool of an external server waits."


def lines(pins: OperatorPins) -> Iterator[str]:
    for server in pins.servers():
        for tool, proposal in sorted(pins.waiting(server).items()):
            was = "changed" if tool in pins.read(server) else "new"
            yield f"{server} {tool} {proposal.fingerprint}  ({was})\n  {proposal.shown}"


def main(arguments: list[str], environment: Mapping[str, str], say: Callable[[str], object]) -> int:
    """Return the exit status. Raises `ForgeError` and the errors of botocore."""
    pins = open_store(WorkerSettings.from_environment(environment)).pins
    match arguments:
        case ["list"]:
            say("\n".join(lines(pins)) or NOTHING)
        case ["agree", server, tool, fingerprint]:
            pins.agree(server, tool, fingerprint)
            say(f"Agreed: the workers offer {server}/{tool} within a minute.")
        case _:
            say(HELP)
            return 2
    return 0
