"""Reads `mcp.json`: the standard `mcpServers` form, and the forms that other programs write instead.

A server whose entry is not understood completely is left out, because the unknown part may be a restriction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from worker.agent.tools.external.commented_json import Document, Twice, Unreadable, read_document
from worker.agent.tools.external.config_dialect_data import SHELLS, TRANSPORTS
from worker.agent.tools.external.config_dialects import NotUnderstood, in_our_words, plain
from worker.agent.tools.external.hidden_secrets import secret_parts, secrets_in_arguments
from worker.agent.tools.external.placeholders import SHELL_FORMS, Filling, Unfilled
from worker.agent.tools.external.server_observations import without_secrets

LONGEST_NAME = 32
_DEMANDS = {
    "url": "it must begin with http:// or https:// and name a host",
    "timeout": "it must be from 1 second to 1 hour (1000 to 3600000 milliseconds)",
    "startTimeout": "it must be from 1 second to 10 minutes (1000 to 600000 milliseconds)",
}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


class ServerConfig(BaseModel):
    """One entry of `mcp.json`. A `command` is started and spoken to over stdio; a `url` is called over streamable
    HTTP or SSE.

    A field whose value may come from the environment is in no `repr`.
    """

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    command: str | None = Field(default=None, min_length=1, repr=False)
    """The program to start."""
    args: list[str] = Field(default=[], repr=False)
    """The program's arguments."""
    env: dict[str, str] = Field(default={}, repr=False)
    """Environment variables of the program."""
    cwd: str | None = Field(default=None, repr=False)
    """The program's working directory."""
    url: str | None = Field(default=None, pattern=r"^https?://[^/\s]", repr=False)
    """The server's address."""
    headers: dict[str, str] = Field(default={}, repr=False)
    """Header fields of each request."""
    transport: Literal["stdio", "http", "sse"] = "stdio"
    """How the server is spoken to."""
    disabled: bool = False
    """Whether the entry is ignored."""
    timeout: int = Field(default=30_000, ge=1000, le=3_600_000)
    """Time limit of a call, in milliseconds."""
    start_timeout: int | None = Field(default=None, ge=1000, le=600_000, alias="startTimeout")
    """Time limit of a start, in milliseconds; null: the deployment's limit applies."""
    allowed_tools: frozenset[str] | None = Field(default=None, alias="allowedTools", repr=False)
    """The tools that may be offered; null allows all but `disabled_tools`."""
    disabled_tools: frozenset[str] = Field(default=frozenset(), alias="disabledTools", repr=False)
    """Tools that are not offered."""
    trust_annotations: bool = Field(default=False, alias="trustAnnotations")
    """Whether the server's `readOnlyHint` and `idempotentHint` are believed."""
    secrets: frozenset[str] = Field(default=frozenset(), repr=False, exclude=True)
    """Values that must not appear anywhere."""
    runs_as: tuple[str, ...] = Field(default=(), repr=False, exclude=True)
    """The command that starts the program as a user of its own (`users`)."""

    @model_validator(mode="after")
    def _has_one_transport(self) -> ServerConfig:
        if (self.command is None) == (self.url is None):
            raise ValueError("give either `command` or `url`")
        if (self.command is None) == (self.transport == "stdio"):
            raise ValueError(
                "its type does not fit: a `command` is spoken to over stdio, a `url` over http or sse"
            )
        return self


def read_config(path: Path, environment: Mapping[str, str]) -> tuple[dict[str, ServerConfig], list[str]]:
    """Return the enabled servers by name, and for the operator a notice for each entry that cannot be used.

    A missing file counts as empty.
    """
    try:
        document = read_document(path)
        entries = _entries(document)
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{path.name} cannot be read ({type(error).__name__}): no external tools."]
    except Unreadable as error:
        return {}, [f"{error}: no external tools."]
    servers: dict[str, ServerConfig] = {}
    notices: list[str] = []
    for name, entry in entries.items():
        filling = Filling(environment)
        try:
            server = _read_server(entry, filling)
            if not server.disabled:
                _add(servers, offered_as(name), server)
        except (NotUnderstood, Unfilled, ValueError) as error:
            place = document.place("mcpServers", name)
            reason = without_secrets(_reason(error), filling.taken)
            notices.append(f"{place}: External server {name[:40]!r} is left out: {reason}.")
    return servers, notices


def offered_as(name: str) -> str:
    """Return the name in a form that tools and providers accept."""
    return _NOT_IN_NAMES.sub("_", name).strip("_-")[:LONGEST_NAME]


def _add(servers: dict[str, ServerConfig], name: str, server: ServerConfig) -> None:
    if not name:
        raise NotUnderstood("its name needs a letter or a digit from A to Z, a to z, 0 to 9")
    if name in servers:
        raise NotUnderstood(f"another server's tools are offered as {name}_… already")
    servers[name] = server


def _entries(document: Document) -> dict[str, Any]:
    entries = document.value.get("mcpServers")
    if not isinstance(entries, dict):
        found = ", ".join(f"`{key[:40]}`" for key in list(document.value)[:5]) or "nothing"
        raise Unreadable(f"{document.name} is not a JSON object with `mcpServers`; it has {found}")
    for whole in (document.value, cast("dict[str, Any]", entries)):
        if isinstance(whole, Twice):
            raise Unreadable(f"{document.name} has {whole.twice[:40]!r} twice")
    return cast("dict[str, Any]", entries)


def _read_server(raw: Any, filling: Filling) -> ServerConfig:
    if not isinstance(raw, dict):
        raise NotUnderstood("the entry is not a JSON object")
    _refuse_twice(raw)
    entry = in_our_words(cast("dict[str, Any]", raw))
    if entry.get("disabled") is True:
        return ServerConfig(command="-", disabled=True)
    is_shell = PurePath(str(entry.get("command"))).name in SHELLS
    filled = {
        key: _filled(value, filling, SHELL_FORMS if is_shell and key == "args" else frozenset())
        for key, value in entry.items()
    }
    filled["transport"] = _transport(filled, entry.get("transport"))
    config = ServerConfig.model_validate(filled)
    hidden = {*config.env.values(), *config.headers.values()}
    parts = {part for value in (*hidden, config.url or "") for part in secret_parts(value)}
    secrets = filling.taken | hidden | parts | secrets_in_arguments(config.args)
    return config.model_copy(update={"secrets": frozenset(secrets)})


def _transport(entry: dict[str, Any], unfilled: Any) -> Any:
    """Without another statement, SSE is recognised by the last part of a URL's path, because the paths of such
    servers end in it. `unfilled`: the statement without what came from the environment.
    """
    written = entry.get("transport")
    if written is None:
        url = str(entry.get("url") or "").partition("?")[0].rstrip("/")
        return "stdio" if not url else "sse" if url.endswith("/sse") else "http"
    if (known := TRANSPORTS.get(plain(str(written)))) is None:
        raise NotUnderstood(f"type: {str(unfilled)[:40]!r} is not spoken here (stdio, http and sse are)")
    return known


def _refuse_twice(value: Any) -> None:
    if isinstance(value, Twice):
        raise NotUnderstood(f"it has {value.twice[:40]!r} twice")
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = list(cast("dict[str, Any]", value).values())
    elif isinstance(value, list):
        parts = cast("list[Any]", value)
    for part in parts:
        _refuse_twice(part)


def _filled(value: Any, filling: Filling, allowed: frozenset[str]) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {filling.text(key): _filled(item, filling, allowed) for key, item in items}
    if isinstance(value, list):
        return [_filled(item, filling, allowed) for item in cast("list[Any]", value)]
    if isinstance(value, bool):
        return value
    return filling.text(value, allowed) if isinstance(value, str) else value


def _reason(error: Exception) -> str:
    """Describe the places of the errors, never the values, because values may be secrets. A place may be one, too."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(f"{_where(fault['loc'])}: {_demand(fault)}" for fault in faults[:3])
    return str(error)


def _demand(fault: ErrorDetails) -> str:
    """Describe the error without a regular expression, and with the unit of each number."""
    first = fault["loc"][0] if fault["loc"] else ""
    return _DEMANDS.get(str(first), fault["msg"])


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "entry"
