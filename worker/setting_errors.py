"""A worker whose settings are wrong says which one in a sentence, and ends: a traceback would hide it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import Any

from pydantic import ValidationError

from forge.errors import InvalidRequest


@contextmanager
def said_at_start() -> Generator[None]:
    """Around everything that reads settings. Nothing has been started yet, so there is nothing else to report."""
    try:
        yield
    except ValidationError as error:
        raise SystemExit(f"The worker cannot start. {'; '.join(map(_said, error.errors()))}.") from None
    except InvalidRequest as error:
        raise SystemExit(f"The worker cannot start. {error}") from None


def number(environment: Mapping[str, str], name: str, default: float) -> float:
    """Return the variable's value; the default if it is unset or empty. Raises `InvalidRequest`."""
    text = environment.get(name, "").strip()
    try:
        found = float(text or default)
    except ValueError:
        found = -1.0
    if not isfinite(found) or found < 0:
        raise InvalidRequest(f"{name} is “{text[:40]}”, which is not a number of zero or more.")
    return found


def _said(error: Any) -> str:
    """The value is left out, because a setting may be a secret."""
    name = ".".join(str(part) for part in error["loc"]).upper()
    words = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{name}: {words}" if name else words
