"""AWS's prices of the counted units: a dated table (`prices.json`), with the page of each price."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


class Line(NamedTuple):
    """One line of an estimate."""

    what: str
    """What is paid for, in words."""
    dollars: float
    """The price in US dollars: of a month, or of a million turns."""


class Prices:
    def __init__(self) -> None:
        self._table = json.loads((HERE / "prices.json").read_text())

    @property
    def origin(self) -> str:
        return f"AWS's list prices of {self._table['region']} ({self._table['looked_up']})"

    def of(self, name: str, count: float = 1) -> float:
        row = self._table["prices"][name]
        return count * row["dollars"] / row["per"]

    def assumed(self, name: str) -> float:
        return self._table["assumed"][name]["value"]

    @property
    def sources(self) -> dict[str, str]:
        return {name: row["source"] for name, row in self._table["prices"].items()}


@cache
def prices() -> Prices:
    return Prices()
