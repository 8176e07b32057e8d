"""The `Prefer` header (RFC 7240), of which two preferences are supported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Header

WAIT_LIMIT_SECONDS = 20
"""Upper limit of `wait`: an HTTP API waits 30 s for its function, and accepting and reading need part of that."""

_WAIT = re.compile(r"wait=([0-9]{1,9})")
_QUOTED = re.compile(r'=\s*"([^"\\]*)"\s*$')
"""RFC 7240 gives a value the same meaning as a token and as a quoted string."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the client prefers."""

    is_minimal: bool = False
    """True: answer with the public hot state without messages (`return=minimal`)."""
    wait_seconds: int = 0
    """The longest time to wait for the run's end (`wait`); 0: do not wait."""

    @property
    def applied(self) -> str:
        """Return the value of `Preference-Applied`; it is empty when the client stated no preference."""
        minimal = ["return=minimal"] if self.is_minimal else []
        return ", ".join(minimal + ([f"wait={self.wait_seconds}"] if self.wait_seconds else []))


NO_PREFERENCES = Preferences()


def preferences_of(headers: Iterable[str]) -> Preferences:
    """Parse all `Prefer` headers. Unknown preferences are ignored; if a name occurs twice, its first value counts."""
    is_minimal, wait = False, None
    for preference in _preferences(headers):
        is_minimal = is_minimal or preference == "return=minimal"
        if wait is None and (match := _WAIT.fullmatch(preference)):
            wait = min(int(match[1]), WAIT_LIMIT_SECONDS)
    return Preferences(is_minimal, wait or 0)


def _preferences(headers: Iterable[str]) -> Iterator[str]:
    """Yield each `name=value` in lower case, without parameters and white space."""
    for header in headers:
        for preference in header.split(","):
            token = _QUOTED.sub(r"=\1", preference.partition(";")[0].strip())
            name, sign, value = token.partition("=")
            yield f"{name.rstrip()}{sign}{value.lstrip()}".lower()


_Prefer = Annotated[
    list[str] | None,
    Header(
        description="`return=minimal` leaves the messages out; `wait=20` (seconds) waits for the run's end."
    ),
]
_PreferAtOnce = Annotated[
    list[str] | None, Header(alias="prefer", description="`return=minimal` leaves the messages out.")
]


async def _preferred(prefer: _Prefer = None) -> Preferences:
    return preferences_of(prefer or ())


async def _preferred_at_once(prefer: _PreferAtOnce = None) -> Preferences:
    return replace(preferences_of(prefer or ()), wait_seconds=0)


Preferred = Annotated[Preferences, Depends(_preferred)]
PreferredAtOnce = Annotated[Preferences, Depends(_preferred_at_once)]
"""Drop `wait` for an endpoint that does not support it, so that the answer does not claim to have applied it."""
