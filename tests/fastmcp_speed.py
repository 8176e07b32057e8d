"""A shortcut around work that FastMCP repeats: the schema of a tool of ours is made once in a process.

Most tests of the worker make our MCP servers anew, with tools over chains of their own. Half of the time of a test with
a wallet went into the schemas of thirteen tools. `tests/test_fastmcp_speed.py` compares both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from fastmcp.tools.function_parsing import ParsedFunction

OURS = "worker.mcp_servers."
"""Their tools are plain functions, whose annotations are of their module: the same code has the same schema."""
_parse: Callable[..., ParsedFunction] = ParsedFunction.from_function
_parsed: dict[Any, ParsedFunction] = {}


def parse_tools_once() -> None:
    """For every test of this process."""
    ParsedFunction.from_function = _parse_once  # type: ignore[method-assign]


def _parse_once(function: Any, **options: Any) -> ParsedFunction:
    if not _is_plain_and_ours(function):
        return _parse(function, **options)
    defaults = function.__defaults__, function.__kwdefaults__
    texts = repr((function.__annotations__, defaults, options))
    key = function.__code__, function.__qualname__, function.__doc__, texts
    if key not in _parsed:
        parsed = _parse(function, **options)
        if parsed.fn is not function:  # FastMCP passes something of its own to it
            return parsed
        _parsed[key] = parsed
    kept = _parsed[key]
    schemas = deepcopy((kept.input_schema, kept.output_schema))
    return replace(kept, fn=function, input_schema=schemas[0], output_schema=schemas[1])


def _is_plain_and_ours(function: Any) -> bool:
    is_plain = inspect.isfunction(function) and not hasattr(function, "__wrapped__")
    return is_plain and str(function.__module__).startswith(OURS)
