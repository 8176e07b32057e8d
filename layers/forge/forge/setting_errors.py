"""A program whose settings are wrong says which one in a sentence, and ends: a traceback would hide it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError
from pydantic import ValidationError

from forge.errors import InvalidRequest

_AWS = "The settings of AWS (a variable AWS_…, or a file that it names) cannot be used"


@contextmanager
def said_at_start(program: str) -> Generator[None]:
    """Around everything that reads settings. Nothing has been started yet, so there is nothing else to report."""
    try:
        yield
    except ValidationError as error:
        raise SystemExit(f"The {program} cannot start. {said(error)}.") from None
    except InvalidRequest as error:
        raise SystemExit(f"The {program} cannot start. {error}") from None
    except BotoCoreError as error:
        raise SystemExit(f"The {program} cannot start. {_AWS}: {error}.") from None


def said(error: ValidationError) -> str:
    """Return the variables' names and what is wrong with each. Values are left out: a setting may be a secret."""
    return "; ".join(map(_said_of_one, error.errors()))


def _said_of_one(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"]).upper()
    words = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{name}: {words}" if name else words
