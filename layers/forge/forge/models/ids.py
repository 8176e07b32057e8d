"""Identifiers as types, so that an invalid value is refused where it enters the program."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import StringConstraints

from forge.models import patterns

SessionId = Annotated[str, StringConstraints(pattern=patterns.SESSION_ID)]
RunId = Annotated[str, StringConstraints(pattern=patterns.HEX_ID)]
ApprovalId = Annotated[str, StringConstraints(pattern=patterns.HEX_ID)]


def new_session_id() -> str:
    """Return a UUIDv4. It has 122 random bits, because whoever knows an anonymous session's id may use the session."""
    return str(uuid.uuid4())


def new_run_id() -> str:
    return uuid.uuid4().hex
