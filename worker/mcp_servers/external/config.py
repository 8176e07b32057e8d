"""Reads `mcp.json`: the standard `mcpServers` form, with `${NAME}` and `${NAME:-default}` from the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class UnsetVariable(Exception):
    """A variable without a default is not set; the first argument names it."""


class ServerConfig(BaseModel):
    """A `command` is started and spoken to over stdio; a `url` is called over streamable HTTP.

    `allowed_tools`: null allows all. `trust_annotations`: believe the server's `readOnlyHint` and `idempotentHint`.
    `timeout` in milliseconds, as in other clients of this form. What the environment may fill in is in no `repr`.
    """

    model_config = ConfigDict(extra="ignore")

    command: str | None = None
    args: list[str] = Field(default=[], repr=False)
    env: dict[str, str] = Field(default={}, repr=False)
    cwd: str | None = None
    url: str | None = Field(default=None, pattern=r"^https?://", repr=False)
    headers: dict[str, str] = Field(default={}, repr=False)
    disabled: bool = False
    timeout: int = Field(default=30_000, ge=100, le=600_000)
    allowed_tools: frozenset[str] | None = Field(default=None, alias="allowedTools")
    trust_annotations: bool = Field(default=False, alias="trustAnnotations")

    @model_validator(mode="after")
    def _has_one_transport(self) -> ServerConfig:
        if (self.command is None) == (self.url is None):
            raise ValueError("give either `command` or `url`")
        return self


def read_config(path: Path, environment: Mapping[str, str]) -> tuple[dict[str, ServerConfig], list[str]]:
    """The enabled servers by name, and a notice for each entry that cannot be used. A missing file is empty."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = cast("dict[str, Any]", content["mcpServers"]).items()
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, [f"{path.name} is not a JSON object with `mcpServers`: no external tools."]
    servers: dict[str, ServerConfig] = {}
    notices: list[str] = []
    for name, entry in entries:
        try:
            server = _read_server(name, entry, environment)
        except (UnsetVariable, ValueError) as error:
            notices.append(f"External server {name[:40]!r} is left out: {_reason(error)}.")
            continue
        if not server.disabled:
            servers[name] = server
    return servers, notices


def _read_server(name: str, entry: Any, environment: Mapping[str, str]) -> ServerConfig:
    if not SERVER_NAME.fullmatch(name):
        raise ValueError("a server's name has 1 to 32 letters, digits, - or _")
    if isinstance(entry, dict) and cast("dict[str, Any]", entry).get("disabled") is True:
        return ServerConfig(command="-", disabled=True)
    return ServerConfig.model_validate(_substitute(entry, environment))


def _substitute(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _substitute(item, environment) for key, item in items}
    if isinstance(value, list):
        return [_substitute(item, environment) for item in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda match: _lookup(match, environment), value)


def _lookup(match: re.Match[str], environment: Mapping[str, str]) -> str:
    value = environment.get(match[1]) or match[2]
    if value is None:
        raise UnsetVariable(match[1])
    return value


def _reason(error: Exception) -> str:
    """Never the values: they may be secrets."""
    if isinstance(error, UnsetVariable):
        return f"the environment variable {error.args[0]} is not set"
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(f"{'.'.join(str(p) for p in f['loc']) or 'entry'}: {f['msg']}" for f in faults[:3])
    return str(error)
