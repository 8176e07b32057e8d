"""Ports of the pinned tool definitions of third-party servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Proposal(NamedTuple):
    """A tool's definition that waits until an operator accepts it."""

    fingerprint: str
    """SHA-256 of the definition."""
    shown: str
    """The whole definition, for the operator to read."""


class Pins(Protocol):
    """Fingerprints of the tools of third-party servers, by server and tool."""

    def read(self, server: str) -> dict[str, str]:
        """Return the pinned fingerprints; they are empty for a server that nobody has used yet."""
        ...

    def add(self, server: str, fingerprints: Mapping[str, str]) -> dict[str, str]:
        """Store the fingerprints of new tools and return all that are stored then, because another worker may have
        been first.
        """
        ...

    def propose(self, server: str, proposals: Mapping[str, Proposal]) -> None:
        """Replace the definitions of `server` that wait for the operator's agreement."""
        ...


class OperatorPins(Pins, Protocol):
    """Pins whose proposals an operator can read and accept."""

    def waiting(self, server: str) -> dict[str, Proposal]: ...

    def servers(self) -> list[str]: ...

    def agree(self, server: str, tool: str, fingerprint: str) -> None:
        """Accept the definition. Raises `NotFound` unless exactly this definition waits."""
        ...
