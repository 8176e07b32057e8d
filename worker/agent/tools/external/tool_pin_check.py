"""Decides which tool definitions of an external server may be offered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from mcp_types import Tool

from forge.ports.tool_pins import Pins, Proposal
from worker.agent.tools.external.config import ServerConfig
from worker.untrusted_text import visible

LARGEST_DEFINITION = 20_000
MOST_PROPOSED = 200_000
"""Bytes of a server's definitions that are shown to the operator at a time. Further ones are shown after these."""
MOST_TOOLS = 512
"""Maximum tools of one server. The maximum of all tools depends on the LLM's provider
(`worker.agent.llm.provider_limits`).
"""
NAME_SHOWN = 64
_OFFERED_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class Review:
    """The result of checking a server's tool definitions."""

    approved: dict[str, Tool] = field(default_factory=dict[str, Tool])
    """The definitions that may be offered, by the server's own names."""
    faults: list[str] = field(default_factory=list[str])
    """What was left out, and why, for the operator."""


def fingerprint(definition: Tool) -> str:
    """SHA-256 of the whole definition as the server sent it: name, texts, schemas, annotations."""
    raw = definition.model_dump(mode="json", by_alias=True, exclude_none=True)
    return hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def offered_name(server: str, tool: str) -> str:
    """The server's name is put before the tool's name, so that no external tool can replace another tool."""
    return f"{server}_{tool}"


def review(
    server: str, config: ServerConfig, definitions: list[Tool], pins: Pins, unreadable: Mapping[str, str]
) -> Review:
    """Pin the definitions that may be pinned. Raises the errors of `pins`."""
    result = Review()
    pinned = pins.read(server)
    waiting: dict[str, Proposal] = {}
    wanted = [definition for definition in definitions if _is_wanted(config, definition.name)]
    for definition in wanted[:MOST_TOOLS]:
        fault = _fault(server, definition, result.approved)
        if fault is None:
            fault = _suspicion(config, definition, pinned)
            if fault and not _propose(waiting, definition):
                fault = "it waits until those before it are agreed to or taken back"
        if fault is None:
            result.approved[definition.name] = definition
        else:
            result.faults.append(_left_out(server, definition.name, fault))
    result.faults += [
        _left_out(server, name, reason) for name, reason in unreadable.items() if _is_wanted(config, name)
    ]
    if len(wanted) > MOST_TOOLS:
        result.faults.append(
            f"External server {server} offers more than {MOST_TOOLS} tools: the rest is left out."
        )
    _pin(server, result, pinned, pins)
    if pinned:
        pins.propose(server, waiting)
    return result


def _pin(server: str, result: Review, pinned: Mapping[str, str], pins: Pins) -> None:
    """If another worker pins a definition first, that one counts, and a different definition is not offered."""
    prints = {name: fingerprint(definition) for name, definition in result.approved.items()}
    if prints.keys() <= pinned.keys():
        return
    kept = pins.add(server, prints)
    for name in [name for name, found in prints.items() if kept.get(name) != found]:
        del result.approved[name]
        result.faults.append(_left_out(server, name, "another worker has seen another definition of it"))


def _propose(waiting: dict[str, Proposal], definition: Tool) -> bool:
    """Keep the whole definition, as an operator must see all that they accept. Return False if there is no room."""
    shown = visible(definition.model_dump_json(by_alias=True, exclude_none=True))
    if sum(len(each.shown.encode()) for each in waiting.values()) + len(shown.encode()) > MOST_PROPOSED:
        return False
    waiting[definition.name] = Proposal(fingerprint(definition), shown)
    return True


def _left_out(server: str, tool: str, reason: str) -> str:
    return f"External tool {server}/{tool[:NAME_SHOWN]} is left out: {reason}."


def _is_wanted(config: ServerConfig, name: str) -> bool:
    return name not in config.disabled_tools and (
        config.allowed_tools is None or name in config.allowed_tools
    )


def _suspicion(config: ServerConfig, definition: Tool, pinned: Mapping[str, str]) -> str | None:
    """A definition that has changed, or that a known server added later, waits until a person has looked at it."""
    current = fingerprint(definition)
    how = f"review it, then agree to {current} (make mcp-pins)"
    if definition.name in pinned:
        changed = pinned[definition.name] != current
        return f"it changed since it was first used and is quarantined; {how}" if changed else None
    is_named = config.allowed_tools is not None
    if pinned and not is_named:
        return f"it is new since the server was first used and is quarantined; {how}"
    return None


def _fault(server: str, definition: Tool, approved: Mapping[str, Tool]) -> str | None:
    if definition.name in approved:
        return "it is defined twice"
    if not _OFFERED_NAME.fullmatch(offered_name(server, definition.name)):
        return "its name, with the server's before it, must have at most 64 letters, digits, - and _"
    if len(definition.model_dump_json()) > LARGEST_DEFINITION:
        return f"its definition is longer than {LARGEST_DEFINITION} bytes"
    try:
        Draft202012Validator.check_schema(definition.input_schema)
    except (SchemaError, RecursionError):
        return "its input schema is not valid"
    return None
