"""Stores the fingerprint of each external tool as of its first use."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mcp_types import Tool
from pydantic import RootModel

from forge.ports.tool_pins import Proposal


def fingerprint(definition: Tool) -> str:
    """SHA-256 of the whole definition as the server sent it: name, texts, schemas, annotations."""
    raw = definition.model_dump(mode="json", by_alias=True, exclude_none=True)
    return hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


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


class _PinFile(RootModel[dict[str, dict[str, str]]]):
    pass


class FilePins:
    """Keeps the fingerprints in a JSON file, which is replaced as a whole. Raises `OSError` or `ValueError` if it
    cannot be used; it never counts as empty then.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, server: str) -> dict[str, str]:
        return self._read().get(server, {})

    def propose(self, server: str, proposals: Mapping[str, Proposal]) -> None:
        """The log names what waits, and a person who accepts it writes it into the file."""

    def add(self, server: str, fingerprints: Mapping[str, str]) -> dict[str, str]:
        pins = self._read()
        pins[server] = {**fingerprints, **pins.get(server, {})}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(pins, file, indent=2, sort_keys=True)
        Path(name).replace(self._path)
        return pins[server]

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            return _PinFile.model_validate_json(self._path.read_bytes()).root
        except FileNotFoundError:
            return {}
