"""Pins of third-party tools that last as long as the test."""

from __future__ import annotations

from collections.abc import Mapping

from forge.ports.tool_pins import Proposal


class MemoryPins:
    """Keeps the fingerprints while the process lives."""

    def __init__(self) -> None:
        self._pins: dict[str, dict[str, str]] = {}

    def read(self, server: str) -> dict[str, str]:
        return dict(self._pins.get(server, {}))

    def add(self, server: str, fingerprints: Mapping[str, str]) -> dict[str, str]:
        self._pins[server] = {**fingerprints, **self._pins.get(server, {})}
        return self.read(server)

    def propose(self, server: str, proposals: Mapping[str, Proposal]) -> None:
        """Nobody could accept a definition here, so the log names what waits."""
