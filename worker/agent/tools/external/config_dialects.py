"""The names that other programs use for the fields of an `mcpServers` entry, as rows of data.

A field without a row is not understood. Names are compared without case, `-` and `_`. `form_data.SOURCES` says where
each program's fields were read; rows marked with `?` were written from memory and not looked up.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from pydantic import FiniteFloat, TypeAdapter, ValidationError

from worker.agent.tools.external.config_dialect_data import HARMLESS

SECOND_MS = 1000
_BOOL = TypeAdapter(bool)
_TIME: TypeAdapter[float] = TypeAdapter(FiniteFloat)
"""Python's JSON reader accepts `1e400`, `Infinity` and `NaN`, but none of them is a time."""


class NotUnderstood(Exception):
    """An entry contains something that this program cannot follow, so its server is left out; the message says what."""


def switch(value: Any) -> bool:
    """Accept `true`, `"yes"`, `1` and the like. Any other value is refused, not guessed."""
    try:
        return _BOOL.validate_python(value)
    except ValidationError:
        raise NotUnderstood("whether it is switched off cannot be told") from None


def _same(value: Any) -> Any:
    return value


def _negated(value: Any) -> Any:
    return not switch(value)


def _milliseconds(value: Any) -> Any:
    """Programs use different units. No server is given less than a second, so a small number means seconds."""
    number = _number(value)
    return int(number) if number >= SECOND_MS else _seconds(number)


def _seconds(value: Any) -> Any:
    return int(_number(_number(value) * SECOND_MS))


def _number(value: Any) -> float:
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        raise NotUnderstood("a time must be a number") from None


def _tools(value: Any) -> Any:
    """A list of names; `["*"]` and `"*"` mean all names."""
    if value in ("*", ["*"]):
        return None
    if value is None or isinstance(value, list):
        return cast("Any", value)
    raise NotUnderstood("the tools must be a list of names")


FIELDS: tuple[tuple[str, str, Callable[[Any], Any], str], ...] = (
    # Each row: the name there, our field, how its value is converted, and who writes it.
    ("command", "command", _same, "all"),
    ("cmd", "command", _same, "Goose"),
    ("args", "args", _same, "all"),
    ("arguments", "args", _same, "hand-written files?"),
    ("env", "env", _same, "all"),
    ("environment", "env", _same, "opencode"),
    ("envs", "env", _same, "Goose"),
    ("cwd", "cwd", _same, "Gemini CLI, Cline, Roo, Codex"),
    ("workingdirectory", "cwd", _same, "LM Studio?, JetBrains?"),
    ("url", "url", _same, "all"),
    ("httpurl", "url", _same, "Gemini CLI"),
    ("serverurl", "url", _same, "Windsurf"),
    ("baseurl", "url", _same, "Cherry Studio"),
    ("uri", "url", _same, "Goose"),
    ("endpoint", "url", _same, "hand-written files?"),
    ("headers", "headers", _same, "all"),
    ("httpheaders", "headers", _same, "Codex"),
    ("type", "transport", _same, "VS Code, Cline, Roo, LibreChat, opencode"),
    ("transport", "transport", _same, "FastMCP, LangChain?"),
    ("transporttype", "transport", _same, "Cline"),
    ("disabled", "disabled", switch, "Cline, Roo, Windsurf?"),
    ("disable", "disabled", switch, "hand-written files?"),
    ("isdisabled", "disabled", switch, "hand-written files?"),
    ("enabled", "disabled", _negated, "opencode, Codex, Goose"),
    ("enable", "disabled", _negated, "hand-written files?"),
    ("isenabled", "disabled", _negated, "hand-written files?"),
    ("isactive", "disabled", _negated, "Cherry Studio"),
    ("active", "disabled", _negated, "hand-written files?"),
    (
        "timeout",
        "timeout",
        _milliseconds,
        "milliseconds: Gemini CLI, LibreChat; seconds: Cline, Roo, Cherry Studio",
    ),
    ("timeoutms", "timeout", _same, "hand-written files?"),
    ("timeoutseconds", "timeout", _seconds, "hand-written files?"),
    ("timeoutsec", "timeout", _seconds, "hand-written files?"),
    ("tooltimeoutsec", "timeout", _seconds, "Codex"),
    ("starttimeout", "startTimeout", _milliseconds, "ours"),
    ("startuptimeoutms", "startTimeout", _same, "Codex"),
    ("startuptimeoutsec", "startTimeout", _seconds, "Codex"),
    ("inittimeout", "startTimeout", _milliseconds, "LibreChat"),
    ("allowedtools", "allowedTools", _tools, "ours"),
    ("includetools", "allowedTools", _tools, "Gemini CLI"),
    ("enabledtools", "allowedTools", _tools, "Codex"),
    ("availabletools", "allowedTools", _tools, "Goose"),
    ("tools", "allowedTools", _tools, "GitHub Copilot"),
    ("disabledtools", "disabledTools", _same, "Roo, Cherry Studio, Codex, Windsurf?"),
    ("excludetools", "disabledTools", _same, "Gemini CLI"),
    ("trustannotations", "trustAnnotations", _same, "ours"),
)


def plain(name: str) -> str:
    return name.strip().lower().replace("-", "").replace("_", "").lstrip("$/#.")


def in_our_words(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the entry with our names and units. Raises `NotUnderstood`, also if two fields contradict each other."""
    ours: dict[str, Any] = {}
    for name, value in entry.items():
        field, convert = _FIELDS.get(plain(name), ("", _same))
        if not field:
            if plain(name) not in HARMLESS:
                raise NotUnderstood(
                    f"the field {name[:40]!r} is not known here and could restrict the server"
                )
            continue
        if not name[:1].isalpha():
            raise NotUnderstood(f"the field {name[:40]!r} may be meant as a comment or not")
        converted = _converted(name, value, convert)
        if field in ours and ours[field] != converted:
            raise NotUnderstood(f"the field {name[:40]!r} contradicts another one")
        ours[field] = converted
    return _command_line(ours)


def _converted(name: str, value: Any, convert: Callable[[Any], Any]) -> Any:
    try:
        return convert(value)
    except NotUnderstood as fault:
        raise NotUnderstood(f"{name[:40]}: {fault}") from None


def _command_line(ours: dict[str, Any]) -> dict[str, Any]:
    """opencode writes the program and its arguments as one list, other programs write them as one line."""
    command = ours.get("command")
    if isinstance(command, str) and any(map(str.isspace, command.strip())) and not _is_there(command):
        try:
            command = shlex.split(command)
        except ValueError:
            raise NotUnderstood("command: its quotes do not match") from None
    if isinstance(command, list):
        first, *more = cast("list[Any]", command) or [None]
        args: Any = ours.get("args") or []
        if not isinstance(args, list):
            raise NotUnderstood("args: the arguments must be a list")
        return ours | {"command": first, "args": [*more, *cast("list[Any]", args)]}
    return ours


def _is_there(path: str) -> bool:
    """The line may be longer than any file name can be, in which case the system refuses to look for the file."""
    try:
        return Path(path).exists()
    except OSError:
        return False


_FIELDS = {name: (field, convert) for name, field, convert, _ in FIELDS}
