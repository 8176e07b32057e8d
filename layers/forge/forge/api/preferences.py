"""What a client prefers of an answer: the `Prefer` header of RFC 7240, of which two preferences are known here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Header

WAIT_LIMIT_SECONDS = 20
"""An HTTP API waits 30 s for its function; accepting and showing take their part of that."""

_WAIT = re.compile(r"wait=([0-9]{1,9})")
_QUOTED = re.compile(r'=\s*"([^"\\]*)"\s*$')
"""RFC 7240: a value means the same as a token and as a quoted string."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """`is_minimal`: the public hot state without messages. `wait_seconds`: how long to wait for the run's end."""

    is_minimal: bool = False
    wait_seconds: int = 0

    @property
    def applied(self) -> str:
        """The value of `Preference-Applied`; empty when nothing was preferred."""
        minimal = ["return=minimal"] if self.is_minimal else []
        return ", ".join(minimal + ([f"wait={self.wait_seconds}"] if self.wait_seconds else []))


NO_PREFERENCES = Preferences()


def preferences_of(headers: Iterable[str]) -> Preferences:
    """The preferences in all `Prefer` headers. Unknown ones are ignored; of two equal names the first counts."""
    is_minimal, wait = False, None
    for preference in _preferences(headers):
        is_minimal = is_minimal or preference == "return=minimal"
        if wait is None and (match := _WAIT.fullmatch(preference)):
            wait = min(int(match[1]), WAIT_LIMIT_SECONDS)
    return Preferences(is_minimal, wait or 0)


def _preferences(headers: Iterable[str]) -> Iterator[str]:
    """Each `name=value` in lower case, without its parameters and white space."""
    for header in headers:
        for preference in header.split(","):
            token = _QUOTED.sub(r"=\1", preference.partition(";")[0].strip())
            yield re.sub(r"\s*=\s*", "=", token).lower()


_Prefer = Annotated[
    list[str] | None,
    Header(
        description="`return=minimal` leaves the messages out; `wait=20` (seconds) waits for the run's end."
    ),
]
_PreferAtOnce = Annotated[
    list[str] | None, Header(alias="prefer", description="`return=minimal` leaves the messages out.")
]


def _preferred(prefer: _Prefer = None) -> Preferences:
    return preferences_of(prefer or ())


def _preferred_at_once(prefer: _PreferAtOnce = None) -> Preferences:
    return replace(preferences_of(prefer or ()), wait_seconds=0)


Preferred = Annotated[Preferences, Depends(_preferred)]
PreferredAtOnce = Annotated[Preferences, Depends(_preferred_at_once)]
"""For an endpoint that waits for nothing, so that it does not say it had."""
