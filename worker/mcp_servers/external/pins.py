"""Remembers what each external tool looked like when it was first used."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from mcp_types import Tool
from pydantic import RootModel


def fingerprint(definition: Tool) -> str:
    """SHA-256 of the whole definition as the server gave it: name, texts, schemas, annotations."""
    raw = definition.model_dump(mode="json", by_alias=True, exclude_none=True)
    return hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Pins(Protocol):
    """Fingerprints by server and tool. `is_kept`: they outlast the worker, so a known server is known again."""

    @property
    def is_kept(self) -> bool: ...

    def read(self, server: str) -> dict[str, str]: ...

    def add(self, server: str, fingerprints: Mapping[str, str]) -> None: ...


class MemoryPins:
    """For as long as the process lives."""

    is_kept = False

    def __init__(self) -> None:
        self._pins: dict[str, dict[str, str]] = {}

    def read(self, server: str) -> dict[str, str]:
        return dict(self._pins.get(server, {}))

    def add(self, server: str, fingerprints: Mapping[str, str]) -> None:
        self._pins.setdefault(server, {}).update(fingerprints)


class _PinFile(RootModel[dict[str, dict[str, str]]]):
    pass


class FilePins:
    """A JSON file, replaced whole. Raises `OSError` or `ValueError` when it cannot be used: never taken for empty."""

    is_kept = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, server: str) -> dict[str, str]:
        return self._read().get(server, {})

    def add(self, server: str, fingerprints: Mapping[str, str]) -> None:
        pins = self._read()
        pins.setdefault(server, {}).update(fingerprints)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(pins, file, indent=2, sort_keys=True)
        Path(name).replace(self._path)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            return _PinFile.model_validate_json(self._path.read_bytes()).root
        except FileNotFoundError:
            return {}
