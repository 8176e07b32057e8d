"""Which of an external server's tool definitions are fit to be offered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from mcp_types import Tool

from worker.mcp_servers.external.config import ServerConfig
from worker.mcp_servers.external.pins import Pins, fingerprint

LARGEST_DEFINITION = 20_000
MOST_TOOLS = 128
_OFFERED_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class Review:
    """`approved` by the server's own names; `notices` say what was left out, and why."""

    approved: dict[str, Tool] = field(default_factory=dict[str, Tool])
    notices: list[str] = field(default_factory=list[str])


def offered_name(server: str, tool: str) -> str:
    """With the server's name before it, no external tool can take the place of another one."""
    return f"{server}_{tool}"


def review(server: str, config: ServerConfig, definitions: list[Tool], pins: Pins) -> Review:
    """Pins what is new. Raises what `pins` raises."""
    result = Review()
    pinned = pins.read(server)
    wanted = [d for d in definitions if config.allowed_tools is None or d.name in config.allowed_tools]
    for definition in wanted[:MOST_TOOLS]:
        fault = _fault(server, definition, result.approved)
        if fault is None and pinned.get(definition.name, fingerprint(definition)) != fingerprint(definition):
            fault = "changed since it was first used and is quarantined; review it, then remove its pin"
        if fault is None:
            result.approved[definition.name] = definition
        else:
            result.notices.append(f"External tool {server}/{definition.name[:64]} is left out: {fault}.")
    if len(wanted) > MOST_TOOLS:
        result.notices.append(
            f"External server {server} offers more than {MOST_TOOLS} tools: the rest is left out."
        )
    new = {name: fingerprint(d) for name, d in result.approved.items() if name not in pinned}
    if new:
        pins.add(server, new)
    return result


def _fault(server: str, definition: Tool, approved: dict[str, Tool]) -> str | None:
    if definition.name in approved:
        return "it is defined twice"
    if not _OFFERED_NAME.fullmatch(offered_name(server, definition.name)):
        return "its name, with the server's before it, must have at most 64 letters, digits, - and _"
    if len(definition.model_dump_json()) > LARGEST_DEFINITION:
        return f"its definition is longer than {LARGEST_DEFINITION} bytes"
    try:
        Draft202012Validator.check_schema(definition.input_schema)
    except SchemaError:
        return "its input schema is not valid"
    return None
