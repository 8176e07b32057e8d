"""Numbers with their units in texts for people."""

from __future__ import annotations

_IRREGULAR = {"entry": "entries"}


def counted(number: int | str, unit: str) -> str:
    """`1 byte`, `0 bytes`, `1,024 bytes`. `number` may be written already; `unit` is in the singular."""
    return f"{number} {unit if str(number) == '1' else _IRREGULAR.get(unit, f'{unit}s')}"
